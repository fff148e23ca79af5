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
  let key: ResultCache.Key
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
    let known = entry.spelling?.isOf(request) == true ? entry.spelling?.key : nil
    guard let key = known ?? CacheKey.of(request, head: keyHead(of: entry)) else { return false }
    switch look(for: key, isAlone: request.isAlone) {
    case .value(let result):
      remember(request, entry, key, isNew: known == nil)
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
    return isAlone ? kept.value(key, at: now).map { .value($0) } : kept.look(for: key, at: now)
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
    _ id: RequestID, from result: [UInt8], _ entry: Catalogue.Entry, bytesIn: Int,
    trace: TraceParent?
  ) {
    session.reply(to: id, result: result)
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
  func keep(_ result: consuming [UInt8], _ outcome: Outcome, lifetime: Int64?, isWhole: Bool) {
    guard let writes = slot?.writes, outcome == .answered, isWhole else { return }
    var nanoseconds = entry.keptFor
    if let lifetime {
      let (said, overflow) = lifetime.multipliedReportingOverflow(by: 1_000_000)
      nanoseconds = overflow ? nanoseconds : min(nanoseconds, max(0, said))
    }
    let kept = gateway.kept
    guard nanoseconds > 0, writes == kept.writes(to: entry.service) else { return }
    let now = EventLoop.turnTime
    let expires = now.advanced(byNanoseconds: nanoseconds)
    // A copy is older than what the service says of its result.
    if lifetime != nil { result = Self.withoutLifetime(result) }
    let value = ResultCache.Value(
      bytes: result, owner: entry.service, label: entry.ownName, expires: expires,
      usableUntil: expires.advanced(byNanoseconds: entry.keptStaleFor))
    guard let place = slot?.place else {
      if let key = slot?.key { kept.store(value, under: key) }
      return
    }
    slot?.place = nil
    kept.land(value, at: place)
  }

  /// Without what would let a client keep it for as long as one that was just made.
  private static func withoutLifetime(_ result: [UInt8]) -> [UInt8] {
    let bytes = result.span.bytes
    return JSON.rebuildObject(
      ByteRange(start: 0, end: result.count), in: bytes,
      dropping: { JSON.equals($0, "ttlMs", in: bytes) || JSON.equals($0, "cacheScope", in: bytes) },
      adding: [])
  }

  /// What stands in for an answer that did not come, marked as such; nil if nothing may.
  func standIn() -> [UInt8]? {
    guard entry.policy.stale != nil, let slot,
      let result = gateway.kept.staleValue(slot.key, at: EventLoop.turnTime)
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
    keep(bytes, outcome, lifetime: nil, isWhole: true)
  }
}
