import Cache
import Loop
import MCP
import Manifest
import RawJSON
import Resilience

/// Results that are given again without asking a service, and equal calls that wait for one.
@EventLoop
final class KeptResults {
  /// Bytes of arguments up to which a call is looked for.
  static let longestArguments = 64 << 10
  /// Bytes of a request up to which it is remembered how it was written, once for each tool.
  static let longestSpelling = 4 << 10

  private(set) var results: ResultCache
  private var flights = SingleFlight<CacheWaiter>()
  /// By service: how often something was written to it. A result that was asked for before a write
  /// is not kept after it.
  private var writes: [Int: Int] = [:]
  let isOn: Bool

  init(_ limits: GatewayConfiguration.Cache) {
    isOn = limits.entries > 0
    results = ResultCache(
      .init(entries: limits.entries, bytes: limits.bytes, entryBytes: limits.entry))
  }

  func value(_ key: ResultCache.Key, at now: Instant) -> [UInt8]? {
    results.value(key, at: now)
  }

  func staleValue(_ key: ResultCache.Key, at now: Instant) -> [UInt8]? {
    results.staleValue(key, at: now)
  }

  func writes(to service: Int) -> Int { writes[service] ?? 0 }

  func store(_ value: ResultCache.Value, under key: ResultCache.Key) {
    results.store(value, under: key)
  }

  /// A call that changes something begins or ends.
  func written(_ service: Int, clearing patterns: [NamePattern]) {
    writes[service, default: 0] += 1
    results.removeAll(of: service) { label in patterns.contains { $0.matches(label) } }
  }

  /// A service is gone, or is another one under the same name.
  func forget(_ service: Int) { written(service, clearing: [NamePattern("*")]) }

  // MARK: Equal calls

  func isUnderWay(_ key: ResultCache.Key) -> Bool { flights.isUnderWay(key) }
  func begin(_ key: ResultCache.Key) { flights.begin(key) }
  func join(_ key: ResultCache.Key, _ waiter: CacheWaiter) { flights.join(key, waiter) }
  func end(_ key: ResultCache.Key) -> [CacheWaiter] { flights.end(key) }
}

/// How a call was written, and its key: an assistant that asks again writes the same, and the key
/// takes longer to make than to compare what it is made of.
///
/// A class, so that asking it copies nothing.
@EventLoop
final class CacheSpelling {
  let key: ResultCache.Key
  private let revision: Revision
  private let arguments: [UInt8]
  private let meta: [UInt8]

  init(_ key: ResultCache.Key, of request: Incoming) {
    let bytes = request.line.bytes
    self.key = key
    revision = request.client.revision
    arguments = JSON.copy(request.envelope.arguments, in: bytes)
    meta = JSON.copy(request.envelope.meta, in: bytes)
  }

  /// Whether a request says the same in everything of which keys are made.
  func isOf(_ request: Incoming) -> Bool {
    let envelope = request.envelope
    return revision == request.client.revision && envelope.task.isAbsent
      && envelope.requestState.isAbsent && envelope.inputResponses.isAbsent
      && holds(arguments, at: envelope.arguments, of: request.line)
      && holds(meta, at: envelope.meta, of: request.line)
  }

  private func holds(
    _ text: [UInt8], at range: ByteRange, of line: UnsafeRawBufferPointer
  ) -> Bool {
    text.count == range.count
      && (range.isAbsent
        || ByteKey.haveEqualBytes(
          text.span.bytes, line.bytes.extracting(range.start..<range.end)))
  }
}

/// What a result is kept under: the group or service, the tool, who asks and in which revision,
/// and the arguments in a form in which only their meaning counts.
@EventLoop
enum CacheKey {
  /// Nil where the call is not like others: it brings a state or a task, or something in `_meta`
  /// that may change the answer.
  static func of(_ request: Incoming, head: [UInt8]) -> ResultCache.Key? {
    let envelope = request.envelope
    let bytes = request.line.bytes
    guard envelope.task.isAbsent, envelope.requestState.isAbsent,
      envelope.inputResponses.isAbsent,
      envelope.arguments.count <= KeptResults.longestArguments, isPlain(envelope.meta, in: bytes)
    else { return nil }
    var key = head
    key.reserveCapacity(head.count + envelope.arguments.count + 128)
    key += request.client.revision.rawValue.utf8
    for identity in [envelope.clientInfo, envelope.clientCapabilities] {
      key.append(0)
      if !identity.isAbsent { JSON.appendCanonical(identity, in: bytes, to: &key) }
    }
    key.append(0)
    // No arguments and an empty object are the same to a service.
    if envelope.arguments.isAbsent {
      key += "{}".utf8
    } else {
      JSON.appendCanonical(envelope.arguments, in: bytes, to: &key)
    }
    return ResultCache.Key(key)
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
