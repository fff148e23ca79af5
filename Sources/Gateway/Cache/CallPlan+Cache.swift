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
  var key: ResultCache.Key
  /// Writes to the service that had begun or ended when the call began.
  var writes: Int
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
    if let result = kept.value(key, at: EventLoop.turnTime) {
      if request.line.count <= KeptResults.longestSpelling {
        if known == nil { entry.spelling = CacheSpelling(key, of: request) }
        // With profiles, what is called is not always what the client wrote, nor may it write that.
        if views == nil { repeated = RepeatedCall(request, entry, key, in: self) }
      }
      answer(
        request.id, from: result, entry, bytesIn: request.line.count,
        trace: wantsSpans ? traceParent(of: request) : nil)
      return true
    }
    if !request.isAlone {
      if kept.isUnderWay(key) {
        let waiter = CacheWaiter(request, entry, of: self)
        session.ledger.open(request.id, waiter)
        kept.join(key, waiter)
        return true
      }
      kept.begin(key)
    }
    health.record(at: entry.service)?.counts.add(to: .cacheMisses)
    slot = CacheSlot(key: key, writes: kept.writes(to: entry.service))
    return false
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
  func keep(_ result: [UInt8], _ outcome: Outcome, lifetime: Int64?, isWhole: Bool) {
    guard let slot, outcome == .answered, isWhole, let time = entry.policy.cache else { return }
    var nanoseconds = time.inNanoseconds
    if let lifetime {
      let (said, overflow) = lifetime.multipliedReportingOverflow(by: 1_000_000)
      nanoseconds = overflow ? nanoseconds : min(nanoseconds, max(0, said))
    }
    let kept = gateway.kept
    guard nanoseconds > 0, slot.writes == kept.writes(to: entry.service) else { return }
    let now = EventLoop.turnTime
    let expires = now.advanced(byNanoseconds: nanoseconds)
    let stale = entry.policy.stale?.inNanoseconds ?? 0
    // A copy is older than what the service says of its result.
    let copy = lifetime == nil ? result : Self.withoutLifetime(result)
    kept.store(
      ResultCache.Value(
        bytes: copy, owner: entry.service, label: entry.ownName, expires: expires,
        usableUntil: expires.advanced(byNanoseconds: stale)), under: slot.key)
    for waiter in kept.end(slot.key) { waiter.answered(copy) }
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

  /// The call is over: those who waited for its answer and have got none are served by themselves.
  func releaseWaiters(_ outcome: Outcome) {
    if !entry.policy.clears.isEmpty, outcome.repetition != .always { gateway.written(by: entry) }
    guard let slot else { return }
    // After this turn: the answer that ends the call may be about to be kept.
    EventLoop.atEndOfTurn { [gateway] in
      for waiter in gateway.kept.end(slot.key) {
        waiter.resume(isAlone: outcome != .cancelled)
      }
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
