import RawJSON

/// The state of one pass over a line.
struct EnvelopeScan {
  var envelope = Envelope.blank
  /// The first key that was found a second time.
  var repeated: EnvelopeKey?
  private var version = ByteRange.absent
  private var paramsToken = ByteRange.absent
  private var seen: UInt64 = 0
  /// Whether there was more than one id.
  private var isAmbiguous = false

  /// Whether a member was there, of whatever value.
  func has(_ key: EnvelopeKey) -> Bool { seen & key.bit != 0 }

  /// Reads the line to its end.
  mutating func read(_ bytes: RawSpan) throws(JSONError) {
    var cursor = JSONCursor()
    let first = cursor.peek(in: bytes)
    if first == UInt8(ascii: "{") {
      envelope.whole = try JSON.outline(bytes, EnvelopeKey.table) { slot, range in
        found(EnvelopeKey(slot: slot), range)
      }
      return
    }
    let start = cursor.offset
    if first == UInt8(ascii: "[") {
      try countElements(&cursor, in: bytes)
    } else {
      _ = try cursor.value(in: bytes)
    }
    envelope.whole = ByteRange(start: start, end: cursor.offset)
    try cursor.finish(in: bytes)
  }

  private mutating func countElements(
    _ cursor: inout JSONCursor, in bytes: RawSpan
  ) throws(JSONError) {
    guard try cursor.beginArray(in: bytes) else { return }
    repeat {
      _ = try cursor.value(in: bytes)
      envelope.batchCount += 1
    } while try cursor.anotherElement(in: bytes)
  }

  private mutating func found(_ key: EnvelopeKey, _ range: ByteRange) {
    if seen & key.bit != 0 {
      repeated = repeated ?? key
      if key == .id { isAmbiguous = true }
    }
    seen |= key.bit
    switch key {
    case .jsonrpc: version = range
    case .id: envelope.id = range
    case .method: envelope.methodText = range
    case .params: envelope.params = range
    case .result: envelope.result = range
    case .error: envelope.error = range
    case .name: envelope.name = range
    case .uri: envelope.uri = range
    case .arguments: envelope.arguments = range
    case .cursor: envelope.cursor = range
    case .requestId: envelope.requestId = range
    case .progress: envelope.progress = range
    case .progressToken: paramsToken = range
    case .meta: envelope.meta = range
    case .metaProgressToken: envelope.progressToken = range
    default: foundRarely(key, range)
    }
  }

  private mutating func foundRarely(_ key: EnvelopeKey, _ range: ByteRange) {
    switch key {
    case .metaProtocolVersion: envelope.protocolVersion = range
    case .metaClientInfo: envelope.clientInfo = range
    case .metaClientCapabilities: envelope.clientCapabilities = range
    case .metaLogLevel: envelope.logLevel = range
    case .metaSubscriptionId: envelope.subscriptionId = range
    case .resultType: envelope.resultType = range
    case .task: envelope.task = range
    case .ttlMs: envelope.ttlMs = range
    case .cacheScope: envelope.cacheScope = range
    case .isError: envelope.isError = range
    case .requestState: envelope.requestState = range
    case .inputResponses: envelope.inputResponses = range
    case .errorCode: envelope.errorCode = range
    default: break  // Looked at only for being there twice.
    }
  }

  /// The error for `reason`, with what has been read so far.
  func failure(_ reason: EnvelopeError.Reason, in bytes: RawSpan) -> EnvelopeError {
    let id = envelope.id
    let isLegal = !isAmbiguous && RequestID.isLegal(id, in: bytes)
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
    return EnvelopeError(reason: reason, id: isLegal ? id : .absent, shape: shape)
  }
}

// The rules that need the whole message, in the order in which they are reported.
extension EnvelopeScan {
  /// Settles what kind of message it is, or says why it is none.
  mutating func brokenRule(_ bytes: RawSpan) -> EnvelopeError.Fault? {
    guard bytes.byte(at: envelope.whole.start) == UInt8(ascii: "{") else { return .notAnObject }
    if let repeated { return .duplicateKey(repeated) }
    guard bytes.holds("\"2.0\"", at: version) || JSON.equals(version, "2.0", in: bytes) else {
      return .badVersion
    }
    if has(.method) && (has(.result) || has(.error)) { return .methodAndOutcome }
    if has(.result) && has(.error) { return .resultAndError }
    if let fault = brokenIDRule(bytes) { return fault }
    if has(.method) {
      if let fault = brokenMethodRule(bytes) { return fault }
      envelope.kind = has(.id) ? .request : .notification
    } else if has(.error) {
      guard bytes.isObject(at: envelope.error) else { return .badError }
      envelope.kind = .failure
    } else {
      guard has(.result) else { return .missingMethod }
      envelope.kind = .result
    }
    return has(.meta) ? brokenMetaRule(bytes) : nil
  }

  private mutating func brokenMethodRule(_ bytes: RawSpan) -> EnvelopeError.Fault? {
    let text = envelope.methodText
    guard bytes.byte(at: text.start) == UInt8(ascii: "\""), isShort(text, in: bytes) else {
      return .badMethod
    }
    envelope.method = Method(text, in: bytes)
    if has(.params), !bytes.isObject(at: envelope.params) { return .badParams }
    if envelope.method == .progress { envelope.progressToken = paramsToken }
    if envelope.method == .initialize { describeInitialize(bytes) }
    return nil
  }

  /// A name with escapes may be longer than the limit as it is written.
  private func isShort(_ method: ByteRange, in bytes: RawSpan) -> Bool {
    let count = method.end - method.start - 2
    if count <= Envelope.maximumMethodLength { return true }
    guard count <= 6 * Envelope.maximumMethodLength else { return false }
    return (JSON.string(method, in: bytes) ?? []).count <= Envelope.maximumMethodLength
  }

  private mutating func brokenIDRule(_ bytes: RawSpan) -> EnvelopeError.Fault? {
    guard has(.id) else { return has(.result) ? .missingID : nil }
    if RequestID.isLegal(envelope.id, in: bytes) { return nil }
    // Whoever could not read a request's id answers with a null one (JSON-RPC 2.0 section 5).
    guard has(.error), bytes.holds("null", at: envelope.id) else { return .badID }
    envelope.id = .absent
    return nil
  }

  private mutating func brokenMetaRule(_ bytes: RawSpan) -> EnvelopeError.Fault? {
    if bytes.isObject(at: envelope.meta) {
      envelope.isModern = has(.metaProtocolVersion)
      return nil
    }
    guard bytes.holds("null", at: envelope.meta) else { return .badMeta }
    envelope.meta = .absent
    return nil
  }

  /// A legacy `initialize` says in its parameters what a modern request says in `_meta`.
  private mutating func describeInitialize(_ bytes: RawSpan) {
    guard !has(.metaProtocolVersion) else { return }
    envelope.protocolVersion = JSON.member("protocolVersion", of: envelope.params, in: bytes)
    envelope.clientInfo = JSON.member("clientInfo", of: envelope.params, in: bytes)
    envelope.clientCapabilities = JSON.member("capabilities", of: envelope.params, in: bytes)
  }
}

extension EnvelopeKey {
  /// The key of a slot of `table`, which has no others.
  @inline(__always)
  fileprivate init(slot: UInt8) { self = unsafe unsafeBitCast(slot, to: EnvelopeKey.self) }

  /// The key as one bit of a set.
  @inline(__always)
  fileprivate var bit: UInt64 { 1 &<< UInt64(rawValue) }
}
