import Backend
import Cache
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// What of a `resources/read` is kept for others, and who waits for it.
///
/// Results of reads lie with those of tools and share their bounds. They are kept where
/// `resources.cache` of the manifest has a time for the URI, for no longer than the service says in
/// `ttlMs`; under the service, its own URI, the revision and who asks. Whatever `cacheScope` says,
/// nobody gets what another was given.
@EventLoop
final class KeptRead {
  /// A service's time counts up to this, in nanoseconds: longer than anything is kept.
  private nonisolated static let longestTime: Int64 = 86_400 * 1_000_000_000

  private let gateway: Gateway
  private let key: ResultCache.Key
  private let service: Int
  private let uri: [UInt8]
  /// The manifest's time.
  private let longest: Duration
  /// Writes to the service that had begun or ended when the read began.
  private let writes: Int
  /// Where equal reads wait for the result; nil where none do, and once they have been told.
  private var place: ResultCache.Place?

  fileprivate init(
    _ key: ResultCache.Key, at place: ResultCache.Place?, _ uri: [UInt8], of service: Service,
    for longest: Duration, in gateway: Gateway
  ) {
    self.gateway = gateway
    self.key = key
    self.place = place
    self.uri = uri
    self.service = service.index
    self.longest = longest
    writes = gateway.kept.writes(to: service.index)
  }

  /// Keeps the answer of the service if it may be given again, and gives it to those who wait.
  ///
  /// - Parameters:
  ///   - result: as the client gets it.
  ///   - said: `ttlMs` of the service; nil where it says none.
  fileprivate func keep(_ result: [UInt8], lifetime said: Int64?) {
    guard writes == gateway.kept.writes(to: service) else { return }
    var time = longest.inNanoseconds
    var isGoodFor: Int64 = 0
    if let said {
      let (nanoseconds, overflow) = max(0, said).multipliedReportingOverflow(by: 1_000_000)
      isGoodFor = min(overflow ? .max : nanoseconds, Self.longestTime)
      time = min(time, isGoodFor)
    }
    guard time > 0 else { return }
    let now = EventLoop.turnTime
    let expires = now.advanced(byNanoseconds: time)
    let copy = KeptCopy.bytes(of: result, goodUntil: now.advanced(byNanoseconds: isGoodFor))
    let terms = ResultCache.Terms(
      owner: service, label: uri, expires: expires, usableUntil: expires)
    copy.withUnsafeBytes { copy in
      guard let place else { return gateway.kept.store(copy, terms, under: key) }
      self.place = nil
      gateway.kept.land(copy, terms, at: place, answer: result)
    }
  }

  /// The read is over: those who waited for its answer and have got none are served by themselves.
  func ended(_ outcome: Outcome) {
    guard place != nil else { return }
    // After this turn: the answer that ends the read may be about to be kept.
    EventLoop.atEndOfTurn { [self] in
      guard let place else { return }
      self.place = nil
      for waiter in gateway.kept.giveUp(place) { waiter.resume(isAlone: outcome != .cancelled) }
    }
  }

  /// What an update of a resource makes untrue: what was read of it, of its parts, and of what it
  /// is a part of.
  nonisolated static func patterns(touchedBy uri: [UInt8]) -> [NamePattern]? {
    let places = uri.indices.filter { uri[$0] == UInt8(ascii: "/") }
    guard places.count <= 32 else { return nil }
    let texts =
      [uri + [UInt8(ascii: "*")]] + places.flatMap { [Array(uri[..<$0]), Array(uri[...$0])] }
    return texts.map { NamePattern(String(decoding: $0, as: UTF8.self)) }
  }
}

extension Gateway {
  /// Whether a read is answered without asking its service, or waits for an equal one. If neither,
  /// `read` is where its result goes; nil where it is not kept.
  ///
  /// - Parameter uri: as the service calls it.
  func takesFromKept(
    _ request: Incoming, _ uri: [UInt8], of service: Service, _ read: inout KeptRead?
  ) -> Bool {
    let rules = service.manifest.resources
    guard kept.isOn, !rules.cache.isEmpty, let time = rules.lifetime(of: uri),
      saysNothingButURI(request),
      let bytes = CacheKey.of(
        request, head: Array("resource \(service.name)".utf8) + [0] + uri + [0],
        in: kept.keyMemory)
    else { return false }
    let key = ResultCache.Key(Array(bytes))
    var place: ResultCache.Place?
    switch look(for: key, isAlone: request.isAlone) {
    case .value(let copy):
      answer(request, KeptCopy.result(of: copy.array, at: EventLoop.turnTime), of: service)
      return true
    case .underWay(let place):
      let entry = Catalogue.Entry(
        service: service.index, publicName: uri, ownName: uri, json: [])
      wait(for: place, request, entry)
      return true
    case .begun(let begun): place = begun
    case nil: break
    }
    health.record(at: service.index)?.counts.add(to: .cacheMisses)
    read = KeptRead(key, at: place, uri, of: service, for: time, in: self)
    return false
  }

  private func answer(_ request: Incoming, _ result: [UInt8], of service: Service) {
    session.reply(to: request.id, result: result)
    observed(
      Observation(
        service: service.index, method: .resourcesRead, outcome: .fromCache, duration: 0,
        bytesIn: request.line.count, bytesOut: result.count, attempt: 0,
        trace: wantsSpans ? traceParent(of: request) : nil))
  }

  /// Nothing beside it that could make the answer another one; `CacheKey` looks at `_meta`.
  private func saysNothingButURI(_ request: Incoming) -> Bool {
    let bytes = request.line.bytes
    var saysNothing = true
    JSON.forEachMember(of: request.envelope.params, in: bytes) { key, _ in
      if !JSON.equals(key, "uri", in: bytes), !JSON.equals(key, "_meta", in: bytes) {
        saysNothing = false
      }
    }
    return saysNothing
  }

  /// A service says that a resource, or its list, is another one now.
  ///
  /// - Parameter uri: nil for the list.
  func forgetReads(of service: Service, touchedBy uri: [UInt8]?) {
    let rules = service.manifest.resources
    guard !rules.cache.isEmpty else { return }
    let all = rules.cache.map(\.pattern)
    kept.written(
      service.index, clearing: uri.flatMap { KeptRead.patterns(touchedBy: $0) } ?? all)
  }
}

extension Call {
  /// Answers a read, and keeps the answer if it may be given again.
  func answerRead(_ line: UnsafeRawBufferPointer, _ envelope: Envelope, _ read: KeptRead) {
    let edits = service.renames ? renamings(line, envelope) : []
    guard !edits.isEmpty else { return keep(line, envelope, read) }
    Splice(edits).applied(to: line.bytes).withUnsafeBytes { renamed in
      guard let envelope = try? Envelope.scan(renamed.bytes) else { return }
      keep(renamed, envelope, read)
    }
  }

  private func keep(_ line: UnsafeRawBufferPointer, _ envelope: Envelope, _ read: KeptRead) {
    let bytes = line.bytes
    translate(line, envelope)
    if envelope.resultType.isAbsent || JSON.equals(envelope.resultType, "complete", in: bytes) {
      let result = session.splice.applied(to: bytes, within: envelope.result)
      // A time that cannot be read is none.
      let said = envelope.ttlMs.isAbsent ? nil : JSON.integer(envelope.ttlMs, in: bytes) ?? 0
      read.keep(result, lifetime: said)
    }
    write(line)
  }
}
