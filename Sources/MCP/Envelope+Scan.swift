import RawJSON

extension Envelope {
  /// Reads one line: checks every byte of it as JSON, and the message's own members by the rules
  /// of JSON-RPC 2.0 and MCP.
  ///
  /// One pass, no allocation unless a key that matters contains an escape. The elements of a
  /// batch are JSON afterwards and nothing more; scan each one, found by `JSON.forEachElement`
  /// over `whole`, as a span of its own.
  package static func scan(_ bytes: RawSpan) throws(EnvelopeError) -> Envelope {
    var scan = EnvelopeScan()
    do throws(JSONError) {
      try scan.read(bytes)
    } catch {
      throw scan.failure(.notJSON(error), in: bytes)
    }
    scan.judge(bytes)
    if let fault = scan.fault { throw scan.failure(.invalid(fault), in: bytes) }
    return scan.envelope
  }
}

/// The state of one pass. A broken rule is remembered and reading goes on, because a fault of
/// the JSON itself weighs more and because the id may still come.
struct EnvelopeScan {
  private(set) var envelope = Envelope()
  private(set) var fault: EnvelopeError.Fault?
  private var cursor = JSONCursor()
  /// The keys that have occurred, a bit each.
  private var seen: UInt64 = 0
  /// Whether there was more than one id.
  private var isAmbiguous = false

  /// Reads the line to its end.
  mutating func read(_ bytes: RawSpan) throws(JSONError) {
    let first = cursor.peek(in: bytes)
    let start = cursor.offset
    switch first {
    case UInt8(ascii: "{"): try members(of: .message, in: bytes)
    case UInt8(ascii: "["): try elements(in: bytes)
    default:
      _ = try cursor.value(in: bytes)
      fault = .notAnObject
    }
    envelope.whole = ByteRange(start: start, end: cursor.offset)
    try cursor.finish(in: bytes)
  }

  /// Goes at most three levels deep, whatever the input.
  private mutating func members(of level: EnvelopeLevel, in bytes: RawSpan) throws(JSONError) {
    guard try cursor.beginObject(in: bytes) else { return }
    repeat {
      let name = try cursor.key(in: bytes)
      if let key = level.key(name, in: bytes) {
        try member(key, of: level, in: bytes)
      } else {
        _ = try cursor.value(in: bytes)
      }
    } while try cursor.anotherMember(in: bytes)
  }

  private mutating func member(
    _ key: EnvelopeKey, of level: EnvelopeLevel, in bytes: RawSpan
  ) throws(JSONError) {
    let start = cursor.offset
    if let inner = level.level(under: key), cursor.peek(in: bytes) == UInt8(ascii: "{") {
      try members(of: inner, in: bytes)
    } else {
      _ = try cursor.value(in: bytes)
    }
    let bit: UInt64 = 1 << UInt64(key.rawValue)
    if seen & bit != 0 {
      fault = fault ?? .duplicateKey(key)
      if key == .id { isAmbiguous = true }
    }
    seen |= bit
    envelope[key] = ByteRange(start: start, end: cursor.offset)
  }

  private mutating func elements(in bytes: RawSpan) throws(JSONError) {
    guard try cursor.beginArray(in: bytes) else { return }
    repeat {
      _ = try cursor.value(in: bytes)
      envelope.batchCount += 1
    } while try cursor.anotherElement(in: bytes)
  }
}

extension EnvelopeScan {
  /// Applies the rules that need the whole message.
  mutating func judge(_ bytes: RawSpan) {
    guard fault == nil, bytes.byte(at: envelope.whole.start) == UInt8(ascii: "{") else { return }
    fault = brokenRule(bytes)
  }

  private mutating func brokenRule(_ bytes: RawSpan) -> EnvelopeError.Fault? {
    guard bytes.holds("\"2.0\"", at: envelope[.jsonrpc])
      || JSON.equals(envelope[.jsonrpc], "2.0", in: bytes)
    else { return .badVersion }
    let hasOutcome = has(.result) || has(.error)
    if has(.method) && hasOutcome { return .methodAndOutcome }
    if has(.result) && has(.error) { return .resultAndError }
    if !has(.method) && !hasOutcome { return .missingMethod }
    if let fault = brokenIDRule(bytes) { return fault }
    if has(.method) {
      guard JSON.isString(envelope.methodText, in: bytes),
        envelope.methodText.count - 2 <= Envelope.maximumMethodLength
      else { return .badMethod }
      envelope.method = .named(envelope.methodText, in: bytes)
      if has(.params), !JSON.isObject(envelope.params, in: bytes) { return .badParams }
      envelope.kind = has(.id) ? .request : .notification
    } else if has(.error) {
      guard JSON.isObject(envelope.error, in: bytes) else { return .badError }
      envelope.kind = .failure
    } else {
      envelope.kind = .result
    }
    return brokenMetaRule(bytes)
  }

  private mutating func brokenIDRule(_ bytes: RawSpan) -> EnvelopeError.Fault? {
    guard has(.id) else { return has(.result) ? .missingID : nil }
    if RequestID.isLegal(envelope.id, in: bytes) { return nil }
    // Whoever could not read a request's id answers with a null one (JSON-RPC 2.0 section 5).
    guard has(.error), bytes.holds("null", at: envelope.id) else { return .badID }
    envelope[.id] = .absent
    return nil
  }

  private mutating func brokenMetaRule(_ bytes: RawSpan) -> EnvelopeError.Fault? {
    guard has(.meta), !JSON.isObject(envelope.meta, in: bytes) else { return nil }
    guard bytes.holds("null", at: envelope.meta) else { return .badMeta }
    envelope[.meta] = .absent
    return nil
  }

  /// The error for `reason`, with what has been read so far.
  func failure(_ reason: EnvelopeError.Reason, in bytes: RawSpan) -> EnvelopeError {
    let isLegal = !isAmbiguous && RequestID.isLegal(envelope.id, in: bytes)
    let shape: EnvelopeError.Shape =
      if has(.result) || has(.error) {
        .response
      } else if has(.id) {
        .request
      } else if has(.method) {
        .notification
      } else {
        .unknown
      }
    return EnvelopeError(reason: reason, id: isLegal ? envelope.id : .absent, shape: shape)
  }

  private func has(_ key: EnvelopeKey) -> Bool { seen & (1 << UInt64(key.rawValue)) != 0 }
}
