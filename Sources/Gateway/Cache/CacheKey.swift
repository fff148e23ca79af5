import Cache
import Loop
import MCP
import RawJSON

/// What a result is kept under: the group or service, the tool, who asks and in which revision,
/// and the arguments in a form in which only their meaning counts.
@EventLoop
enum CacheKey {
  /// Bytes of a key; a call with a longer one is not looked for.
  static let longest = 128 << 10

  /// Nil where the call is not like others: it brings a state or a task, or something in `_meta`
  /// that may change the answer.
  ///
  /// - Returns: bytes of `memory`, which is `longest`.
  static func of(
    _ request: Incoming, head: [UInt8], in memory: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    let envelope = request.envelope
    let line = request.line
    guard envelope.task.isAbsent, envelope.requestState.isAbsent,
      envelope.inputResponses.isAbsent,
      envelope.arguments.count <= KeptResults.longestArguments,
      isPlain(envelope.meta, in: line.bytes)
    else { return nil }
    let mark = mark(of: request.client.revision)
    if isPlain(envelope.clientInfo, in: line), isPlain(envelope.clientCapabilities, in: line),
      isPlain(envelope.arguments, in: line)
    {
      return plain(head, mark, envelope, of: line, in: memory)
    }
    return rebuilt(head, mark, envelope, of: line.bytes, in: memory)
  }

  private static func rebuilt(
    _ head: [UInt8], _ mark: UInt8, _ envelope: Envelope, of bytes: RawSpan,
    in memory: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    var key = head
    key.append(mark)
    for part in [envelope.clientInfo, envelope.clientCapabilities] {
      if !part.isAbsent { JSON.appendCanonical(part, in: bytes, to: &key) }
      key.append(0)
    }
    // No arguments and an empty object are the same to a service.
    if envelope.arguments.isAbsent {
      key += "{}".utf8
    } else {
      JSON.appendCanonical(envelope.arguments, in: bytes, to: &key)
    }
    guard key.count <= memory.count else { return nil }
    key.withUnsafeBytes { memory.copyMemory(from: $0) }
    return UnsafeRawBufferPointer(rebasing: memory[..<key.count])
  }

  /// The same where every part is in canonical form as the client wrote it, which nearly all are.
  private static func plain(
    _ head: [UInt8], _ mark: UInt8, _ envelope: Envelope, of line: UnsafeRawBufferPointer,
    in memory: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    let (info, abilities) = (envelope.clientInfo, envelope.clientCapabilities)
    let arguments = envelope.arguments
    let count =
      head.count + info.count + abilities.count + (arguments.isAbsent ? 2 : arguments.count) + 3
    guard count <= memory.count else { return nil }
    head.withUnsafeBytes { memory.copyMemory(from: $0) }
    memory[head.count] = mark
    var place = add(info, of: line, to: memory, at: head.count + 1)
    memory[place] = 0
    place = add(abilities, of: line, to: memory, at: place + 1)
    memory[place] = 0
    _ = add(arguments, of: line, to: memory, at: place + 1)
    if arguments.isAbsent {
      (memory[count - 2], memory[count - 1]) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
    }
    return UnsafeRawBufferPointer(rebasing: memory[..<count])
  }

  private static func isPlain(_ part: ByteRange, in line: UnsafeRawBufferPointer) -> Bool {
    part.isAbsent || JSON.isPlainlyCanonical(part, in: line.bytes)
  }

  /// The place behind it.
  private static func add(
    _ part: ByteRange, of line: UnsafeRawBufferPointer, to key: UnsafeMutableRawBufferPointer,
    at place: Int
  ) -> Int {
    guard !part.isAbsent else { return place }
    UnsafeMutableRawBufferPointer(rebasing: key[place...]).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: line[part.start..<part.end]))
    return place + part.count
  }

  private static func mark(of revision: Revision) -> UInt8 {
    switch revision {
    case .r2024_11_05: 1
    case .r2025_03_26: 2
    case .r2025_06_18: 3
    case .r2025_11_25: 4
    case .r2026_07_28: 5
    }
  }

  /// Whether `_meta` says nothing but who asks, how progress is called, and where a trace belongs.
  private static func isPlain(_ meta: ByteRange, in bytes: RawSpan) -> Bool {
    if meta.isAbsent { return true }
    var isPlain = true
    JSON.forEachMember(of: meta, in: bytes) { key, _ in
      let isKnown =
        JSON.equals(key, MetaKey.progressToken, in: bytes)
        || JSON.equals(key, MetaKey.protocolVersion, in: bytes)
        || JSON.equals(key, MetaKey.clientInfo, in: bytes)
        || JSON.equals(key, MetaKey.clientCapabilities, in: bytes)
        || JSON.equals(key, "traceparent", in: bytes) || JSON.equals(key, "tracestate", in: bytes)
        || JSON.equals(key, "baggage", in: bytes)
      if !isKnown { isPlain = false }
    }
    return isPlain
  }
}
