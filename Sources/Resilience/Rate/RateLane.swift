/// The way to one server for all who share its allowances (rows H05, H24): who may send now, who
/// waits and until when.
///
/// ```
/// request ─▶ admitted ─────────────────────────▶ answered | notSent
///        ├─▶ waits ─▶ advance ─▶ (admitted) ───▶ answered | notSent
///        │        └─▶ withdraw
///        └─▶ refused: it would wait beyond its deadline
/// ```
///
/// A value: it gets every event with its time. Whoever owns it calls `advance` after each event
/// and at `nextEvent`, and sends what that admits.
///
/// Among those that wait, priorities share what is admitted as 4 : 2 : 1 by cost while all of them
/// wait, so that none starves; within a priority it is first come, first served among those whose
/// limits have room. One that lacks room keeps those behind it from taking that very room.
package struct RateLane: Sendable {
  package enum Priority: Int, Hashable, Sendable, CaseIterable {
    case high, medium, low
  }

  /// What one request asks for.
  package struct Demand: Hashable, Sendable {
    package var priority: Priority
    /// Indices of the lane's limits it counts for.
    package var limits: [Int]
    /// How many requests the server counts it as (a batch counts its actions).
    package var cost: Int
    /// It is refused at once when it cannot be sent by then.
    package var deadline: Instant
    /// The ticket of an attempt that the server rejected: keeps the place in the queue.
    package var retryOf: Ticket?

    package init(
      _ priority: Priority = .medium, limits: [Int], cost: Int = 1, deadline: Instant,
      retryOf: Ticket? = nil
    ) {
      self.priority = priority
      self.limits = limits
      self.cost = max(1, cost)
      self.deadline = deadline
      self.retryOf = retryOf
    }
  }

  /// One request in the lane; later requests have higher numbers.
  package struct Ticket: Hashable, Comparable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static func < (left: Ticket, right: Ticket) -> Bool { left.number < right.number }
  }

  /// Why a request does not go at once.
  package enum Reason: Hashable, Sendable {
    /// The server said `Retry-After`, or rejected requests without saying for how long.
    case paused
    /// The rate of the limit with this name is used up.
    case rate(String)
    /// As many requests as the limit with this name allows are under way.
    case inFlight(String)
  }

  package enum Admission: Hashable, Sendable {
    case admitted(Ticket)
    /// `until`: the earliest time as far as is known; nil when another request has to end first.
    case waits(Ticket, until: Instant?, Reason)
    case refused(Refusal)
  }

  package struct Refusal: Hashable, Sendable {
    /// How long the wait would be: `retryAfterMs` of the error.
    package var retryAfter: Duration
    package var reason: Reason

    package init(retryAfter: Duration, reason: Reason) {
      self.retryAfter = retryAfter
      self.reason = reason
    }
  }

  /// The longest pause a server can impose; afterwards requests try again.
  package static let longestPause = Duration.seconds(3600)
  /// The first pause when the server does not say how long, doubled up to the longest.
  static let firstPause = Duration.seconds(1)
  static let longestGuess = Duration.seconds(60)

  var uses: [RateUse]
  var queues = LaneQueues()
  private var underWay: [Ticket: Demand] = [:]
  package private(set) var pausedUntil: Instant?
  private var rejectionsInARow = 0
  private var lastNumber: UInt64 = 0

  package init(_ limits: [RateLimit]) { uses = limits.map { RateUse($0) } }

  /// Requests that wait.
  package var waiting: Int { queues.count }

  /// Asks to send one request. Indices outside the lane's limits count for nothing.
  package mutating func request(_ demand: Demand, at now: Instant) -> Admission {
    var demand = demand
    if !demand.limits.allSatisfy(uses.indices.contains) {
      demand.limits = demand.limits.filter { uses.indices.contains($0) }
    }
    if let ticket = admitAtOnce(demand, at: now) { return .admitted(ticket) }
    let ticket = demand.retryOf ?? nextTicket()
    let (until, reason) = obstacle(for: demand, at: now)
    queues.append(ticket, demand)
    if !isPaused(at: now), let place = nextInTurn(at: now), queues.first(at: place)?.0 == ticket {
      _ = queues.takeFirst(at: place)
      admit(ticket, demand)
      return .admitted(ticket)
    }
    if let until, until > demand.deadline {
      queues.remove(ticket)
      return .refused(Refusal(retryAfter: until - now, reason: reason))
    }
    return .waits(ticket, until: until, reason)
  }

  /// Admits a request that nobody waits before and that there is room for; nil changes nothing.
  package mutating func admitAtOnce(_ demand: Demand, at now: Instant) -> Ticket? {
    guard queues.isEmpty, !isPaused(at: now), demand.limits.allSatisfy(uses.indices.contains)
    else { return nil }
    for index in demand.limits where !uses[index].hasRoom(for: demand.cost, at: now) { return nil }
    let ticket = demand.retryOf ?? nextTicket()
    admit(ticket, demand)
    return ticket
  }

  /// Takes from the queue what may be sent now, in the order in which to send it.
  package mutating func advance(at now: Instant) -> [Ticket] {
    guard !queues.isEmpty, !isPaused(at: now) else { return [] }
    var admitted: [Ticket] = []
    while let place = nextInTurn(at: now), let (ticket, demand) = queues.takeFirst(at: place) {
      admit(ticket, demand)
      admitted.append(ticket)
    }
    return admitted
  }

  /// When `advance` has something to do although nothing happened; nil when only an event helps.
  package mutating func nextEvent(after now: Instant) -> Instant? {
    guard !queues.isEmpty else { return nil }
    if let pausedUntil, pausedUntil > now { return pausedUntil }
    return uses.indices.compactMap { uses[$0].nextRelease(after: now) }.min()
  }

  /// The server answered, whatever it said, or may have seen the request.
  package mutating func answered(_ ticket: Ticket, at now: Instant) {
    guard let demand = underWay.removeValue(forKey: ticket) else { return }
    for index in demand.limits { uses[index].answered(demand.cost, at: now) }
  }

  /// The server never saw the request.
  package mutating func notSent(_ ticket: Ticket) {
    guard let demand = underWay.removeValue(forKey: ticket) else { return }
    for index in demand.limits { uses[index].returned(demand.cost) }
  }

  /// The one who asked no longer wants it. For a request that waits; another is left as it is.
  package mutating func withdraw(_ ticket: Ticket) { queues.remove(ticket) }

  /// The server accepted a request: the next rejection without a time is a first one again.
  package mutating func accepted() { rejectionsInARow = 0 }

  /// The server rejected a request for its rate. Nothing is admitted until the pause is over; an
  /// earlier end is never taken over. Answers those that cannot wait as long: they left the queue.
  ///
  /// - retryAfter: nil where the server did not say, or nothing that makes sense. Then, and where
  ///   it said zero, the pause is a guess: one second, doubled with each rejection in a row.
  package mutating func rejected(
    retryAfter: Duration?, at now: Instant
  ) -> [(ticket: Ticket, refusal: Refusal)] {
    var pause = min(retryAfter ?? .zero, Self.longestPause)
    // Many requests that were under way may be rejected at once: that is one reason to wait.
    if pause <= .zero { pause = isPaused(at: now) ? .zero : guess() }
    let until = max(now + pause, pausedUntil ?? now)
    pausedUntil = until
    return queues.removeAll { $0.deadline < until }.map {
      ($0, Refusal(retryAfter: until - now, reason: .paused))
    }
  }

  /// When the latest pause ends, or ended.
  package var pauseEnd: Instant? { pausedUntil }

  /// Whether nothing is admitted at `now`, because the server said so.
  package func isPaused(at now: Instant) -> Bool { pausedUntil.map { $0 > now } ?? false }

  private mutating func admit(_ ticket: Ticket, _ demand: Demand) {
    for index in demand.limits { uses[index].take(demand.cost) }
    underWay[ticket] = demand
  }

  private mutating func nextTicket() -> Ticket {
    lastNumber += 1
    return Ticket(lastNumber)
  }

  private mutating func guess() -> Duration {
    let doublings = min(rejectionsInARow, 6)
    rejectionsInARow += 1
    return min(Self.firstPause * (1 << doublings), Self.longestGuess)
  }
}
