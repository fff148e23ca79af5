import Cache
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// What of a call is kept for others, and what others have left for it.
@EventLoop
struct CacheSlot {
  /// Nil where the place is all that will be asked for.
  var key: ResultCache.Key?
  /// Where equal calls wait for the result; nil where none do, and once they have been told.
  var place: ResultCache.Place?
  /// Writes to the service that had begun or ended when the call began.
  let writes: Int
}

extension Gateway {
  /// Whether a call is answered without asking a service, or waits for an equal one. If neither,
  /// the slot is where its result goes.
  func takesFromKept(
    _ request: Incoming, _ entry: Catalogue.Entry, _ slot: inout CacheSlot?
  ) -> Bool {
    guard kept.isOn, entry.policy.cache != nil else { return false }
    if let known = entry.spelling, known.isOf(request) {
      let finding = look(for: known.key, isAlone: request.isAlone)
      return settles(finding, request, entry, known.key, isNew: false, &slot)
    }
    guard let bytes = CacheKey.of(request, head: keyHead(of: entry), in: kept.keyMemory) else {
      return false
    }
    if request.isAlone || entry.keptStaleFor > 0 {
      let key = ResultCache.Key(Array(bytes))
      let finding = look(for: key, isAlone: request.isAlone)
      return settles(finding, request, entry, key, isNew: true, &slot)
    }
    let finding = kept.look(for: bytes, ByteKey.digest(of: bytes.bytes), at: EventLoop.turnTime)
    // Nearly always nobody has asked before, and then the key itself is not needed again.
    if case .begun(let place) = finding {
      slot = CacheSlot(place: place, writes: kept.writes(to: entry.service))
      return false
    }
    return settles(finding, request, entry, ResultCache.Key(Array(bytes)), isNew: true, &slot)
  }

  /// - Parameter isNew: the key was made of the request and not known by how that is written.
  private func settles(
    _ finding: ResultCache.Finding?, _ request: Incoming, _ entry: Catalogue.Entry,
    _ key: ResultCache.Key, isNew: Bool, _ slot: inout CacheSlot?
  ) -> Bool {
    switch finding {
    case .value(let result):
      remember(request, entry, key, isNew: isNew)
      answer(
        request.id, from: result, entry, bytesIn: request.line.count,
        trace: wantsSpans ? traceParent(of: request) : nil)
      return true
    case .underWay(let place):
      wait(for: place, request, entry)
      return true
    case .begun(let place):
      slot = CacheSlot(key: key, place: place, writes: kept.writes(to: entry.service))
    case nil:
      slot = CacheSlot(key: key, writes: kept.writes(to: entry.service))
    }
    return false
  }

  /// - Parameter isAlone: an equal one has failed, so this waits for none and none for it: nil where
  ///   nothing is kept.
  func look(for key: ResultCache.Key, isAlone: Bool) -> ResultCache.Finding? {
    let now = EventLoop.turnTime
    if isAlone { return kept.value(key, at: now).map { .value($0) } }
    return key.bytes.withUnsafeBytes { kept.look(for: $0, key.digest, at: now) }
  }

  func wait(for place: ResultCache.Place, _ request: Incoming, _ entry: Catalogue.Entry) {
    let waiter = CacheWaiter(request, entry, of: self)
    session.ledger.open(request.id, waiter)
    kept.join(place, waiter)
  }

  /// How a call was written that was answered from memory: the next one is recognised by that.
  private func remember(
    _ request: Incoming, _ entry: Catalogue.Entry, _ key: ResultCache.Key, isNew: Bool
  ) {
    guard request.line.count <= KeptResults.longestSpelling else { return }
    if isNew { entry.spelling = CacheSpelling(key, of: request) }
    // With profiles, what is called is not always what the client wrote, nor may it write that.
    if views == nil { repeated = RepeatedCall(request, entry, key, in: self) }
  }

  func answer(
    _ id: RequestID, from result: RefilledBytes, _ entry: Catalogue.Entry, bytesIn: Int,
    trace: TraceParent?
  ) {
    result.withUnsafeBytes { session.reply(to: id, result: $0) }
    observed(
      Observation(
        service: entry.service, entry: entry, method: .toolsCall, outcome: .fromCache,
        duration: 0, bytesIn: bytesIn, bytesOut: result.count, attempt: 0, trace: trace))
  }

  /// The group or service to which results of a tool belong, and its name. Services that change
  /// make another catalogue, and with it other entries.
  private func keyHead(of entry: Catalogue.Entry) -> [UInt8] {
    if entry.keyHead.isEmpty {
      let manifest = manifest(entry.service)
      let owner = manifest?.group.map { "group " + $0 } ?? "service " + (manifest?.name ?? "")
      entry.keyHead = Array(owner.utf8) + [0] + entry.publicName + [0]
    }
    return entry.keyHead
  }

  /// A call that changes something has begun or ended: what is kept of its service, and of those
  /// that stand in for it, may be untrue.
  func written(by entry: Catalogue.Entry) {
    let group = manifest(entry.service)?.group
    kept.written(entry.service, clearing: entry.policy.clears)
    guard let group else { return }
    let members =
      services.map { ($0.index, $0.manifest) } + restServices.map { ($0.index, $0.manifest) }
    for (service, manifest) in members
    where service != entry.service && manifest.group?.utf8.elementsEqual(group.utf8) == true {
      kept.written(service, clearing: entry.policy.clears)
    }
  }
}

extension CallPlan {
  /// The answer of a service, as the client gets it; kept if it may be given again.
  ///
  /// - Parameters:
  ///   - result: the JSON of the result.
  ///   - lifetime: what the service says itself, in milliseconds.
  func keep(
    _ result: UnsafeRawBufferPointer, _ outcome: Outcome, lifetime: Int64?, isWhole: Bool
  ) {
    guard let writes = slot?.writes, outcome == .answered, isWhole else { return }
    guard let lifetime else { return keep(result, for: entry.keptFor, writes) }
    let (said, overflow) = lifetime.multipliedReportingOverflow(by: 1_000_000)
    let time = overflow ? entry.keptFor : min(entry.keptFor, max(0, said))
    // A copy is older than what the service says of its result.
    Self.withoutLifetime(result).withUnsafeBytes { keep($0, for: time, writes) }
  }

  /// - Parameter writes: those that were known when the call began.
  private func keep(_ result: UnsafeRawBufferPointer, for nanoseconds: Int64, _ writes: Int) {
    let kept = gateway.kept
    guard nanoseconds > 0, writes == kept.writes(to: entry.service) else { return }
    let expires = EventLoop.turnTime.advanced(byNanoseconds: nanoseconds)
    let terms = ResultCache.Terms(
      owner: entry.service, label: entry.ownName, expires: expires,
      usableUntil: expires.advanced(byNanoseconds: entry.keptStaleFor))
    guard let place = slot?.place else {
      if let key = slot?.key { kept.store(result, terms, under: key) }
      return
    }
    slot?.place = nil
    kept.land(result, terms, at: place)
  }

  /// Without what would let a client keep it for as long as one that was just made.
  private static func withoutLifetime(_ result: UnsafeRawBufferPointer) -> [UInt8] {
    let bytes = result.bytes
    return JSON.rebuildObject(
      ByteRange(start: 0, end: result.count), in: bytes,
      dropping: { JSON.equals($0, "ttlMs", in: bytes) || JSON.equals($0, "cacheScope", in: bytes) },
      adding: [])
  }

  /// What stands in for an answer that did not come, marked as such; nil if nothing may.
  func standIn() -> [UInt8]? {
    guard entry.policy.stale != nil, let key = slot?.key,
      let result = gateway.kept.staleValue(key, at: EventLoop.turnTime)?.array
    else { return nil }
    let bytes = result.span.bytes
    let whole = ByteRange(start: 0, end: result.count)
    let meta = JSON.rebuildObject(
      JSON.member("_meta", of: whole, in: bytes), in: bytes, dropping: { _ in false },
      adding: Array(#""switchyard/stale":true"#.utf8))
    gateway.log(.warning, "cache.stale", ["service": gateway.manifest(entry.service)?.name ?? ""])
    return JSON.rebuildObject(
      whole, in: bytes, dropping: { JSON.equals($0, "_meta", in: bytes) },
      adding: Array(#""_meta":"#.utf8) + meta)
  }

  /// The call has come to nothing that could be kept: those who waited for its answer are served by
  /// themselves, after this turn.
  func releaseWaiters(_ outcome: Outcome) {
    guard let place = slot?.place else { return }
    slot?.place = nil
    let waiters = gateway.kept.giveUp(place)
    guard !waiters.isEmpty else { return }
    EventLoop.atEndOfTurn {
      for waiter in waiters { waiter.resume(isAlone: outcome != .cancelled) }
    }
  }
}

extension CallPlan {
  /// The result of a tool that the gateway ran itself.
  func keep(_ result: ToolResult, _ outcome: Outcome, isWhole: Bool) {
    guard slot != nil, isWhole else { return }
    var bytes: [UInt8] = []
    result.write { bytes.append(contentsOf: $0) }
    bytes.withUnsafeBytes { keep($0, outcome, lifetime: nil, isWhole: true) }
  }
}
