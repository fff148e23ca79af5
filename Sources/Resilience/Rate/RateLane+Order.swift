extension RateLane {
  /// Where the next request waits that has room and whose turn it is.
  mutating func nextInTurn(at now: Instant) -> LaneQueues.Place? {
    // Limits that somebody whose turn came earlier waits for.
    var claimed: Set<Int> = []
    for place in queues.placesInTurn() {
      guard let (_, demand) = queues.first(at: place) else { continue }
      let lacking = demand.limits.filter { !uses[$0].hasRoom(for: demand.cost, at: now) }
      if lacking.isEmpty && claimed.isDisjoint(with: demand.limits) {
        return place
      }
      claimed.formUnion(lacking)
    }
    return nil
  }

  /// What is likely to keep a new request from being sent, and until when at least.
  mutating func obstacle(for demand: Demand, at now: Instant) -> (until: Instant?, Reason) {
    var earliest: Instant?
    var reason: Reason?
    func note(_ instant: Instant, _ why: Reason) {
      if earliest.map({ instant > $0 }) ?? true { (earliest, reason) = (instant, why) }
    }
    if let pausedUntil, pausedUntil > now { note(pausedUntil, .paused) }
    for index in demand.limits {
      let ahead = queues.cost(ahead: demand, limit: index)
      guard let until = uses[index].earliest(for: demand.cost, behind: ahead, at: now) else {
        continue
      }
      note(until, .rate(uses[index].name))
    }
    if let earliest, let reason { return (earliest, reason) }
    let full = demand.limits.first { uses[$0].isFull(for: demand.cost) } ?? demand.limits.first
    return (nil, .inFlight(full.map { uses[$0].name } ?? ""))
  }
}
