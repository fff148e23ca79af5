import Cache
import Loop
import MCP
import Manifest
import RawJSON
import Resilience

/// Results that are given again without asking a service, and equal calls that wait for one: the
/// first of them is asked for, the others get what comes.
@EventLoop
final class KeptResults {
  /// Bytes of arguments up to which a call is looked for.
  static let longestArguments = 64 << 10
  /// Bytes of a request up to which it is remembered how it was written, once for each tool.
  static let longestSpelling = 4 << 10

  private(set) var results: ResultCache
  /// Who waits for the result of a flight, by its place; nearly always nobody.
  private var waiters: [Int: [CacheWaiter]] = [:]
  /// By service: how often something was written to it. A result that was asked for before a write
  /// is not kept after it.
  private var writes: [Int: Int] = [:]
  let isOn: Bool
  /// Where the key of a call is made that is looked for.
  let keyMemory: UnsafeMutableRawBufferPointer

  init(_ limits: GatewayConfiguration.Cache) {
    isOn = limits.entries > 0
    keyMemory = .allocate(byteCount: isOn ? CacheKey.longest : 0, alignment: 16)
    results = ResultCache(
      .init(entries: limits.entries, bytes: limits.bytes, entryBytes: limits.entry))
  }

  isolated deinit { keyMemory.deallocate() }

  func value(_ key: ResultCache.Key, at now: Instant) -> RefilledBytes? {
    results.value(key, at: now)
  }

  func staleValue(_ key: ResultCache.Key, at now: Instant) -> RefilledBytes? {
    results.staleValue(key, at: now)
  }

  func writes(to service: Int) -> Int { writes.isEmpty ? 0 : writes[service] ?? 0 }

  func store(
    _ value: UnsafeRawBufferPointer, _ terms: consuming ResultCache.Terms,
    under key: ResultCache.Key
  ) {
    results.store(value.bytes, terms, under: key)
  }

  /// A call that changes something begins or ends.
  func written(_ service: Int, clearing patterns: [NamePattern]) {
    writes[service, default: 0] += 1
    results.removeAll(of: service) { label in patterns.contains { $0.matches(label) } }
  }

  /// A service is gone, or is another one under the same name.
  func forget(_ service: Int) { written(service, clearing: [NamePattern("*")]) }

  // MARK: Equal calls

  /// What is kept, or who asks for it.
  func look(
    for key: UnsafeRawBufferPointer, _ digest: UInt64, at now: Instant
  ) -> ResultCache.Finding {
    results.look(for: key.bytes, digest, at: now)
  }

  /// Waits for a call that is under way.
  func join(_ place: ResultCache.Place, _ waiter: CacheWaiter) {
    waiters[place.index, default: []].append(waiter)
  }

  /// The call has got a result that may be kept, and those who waited for it get it.
  ///
  /// - Parameter answer: what they get, where that is not what is kept.
  func land(
    _ value: UnsafeRawBufferPointer, _ terms: consuming ResultCache.Terms,
    at place: ResultCache.Place, answer: [UInt8]? = nil
  ) {
    for waiter in release(place) { waiter.answered(answer ?? Array(value)) }
    results.land(value.bytes, terms, at: place)
  }

  /// The call has got nothing that could be given to those who waited for it.
  func giveUp(_ place: ResultCache.Place) -> [CacheWaiter] {
    results.giveUp(place)
    return release(place)
  }

  private func release(_ place: ResultCache.Place) -> [CacheWaiter] {
    waiters.isEmpty ? [] : waiters.removeValue(forKey: place.index) ?? []
  }
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
