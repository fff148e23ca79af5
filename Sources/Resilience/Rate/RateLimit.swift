/// One allowance that a server grants: so many requests within a window, or so many at a time.
package struct RateLimit: Hashable, Sendable {
  /// How people know it: `requests`, `reads`, `search`.
  package var name: String
  /// Nil sets no rate.
  package var rate: Rate?
  /// Nil sets no number.
  package var inFlight: Int?

  package struct Rate: Hashable, Sendable {
    package var requests: Int
    package var window: Duration

    package init(_ requests: Int, each window: Duration) {
      self.requests = requests
      self.window = window
    }
  }

  package init(_ name: String, rate: Rate? = nil, inFlight: Int? = nil) {
    self.name = name
    self.rate = rate
    self.inFlight = inFlight
  }
}

/// What is in use of one limit.
///
/// The server counts a request at some moment between its sending and its answer. It therefore
/// holds its place from the sending until one window after the answer: then no window of the
/// server, wherever it begins, can hold more requests than the rate says, whatever the network
/// does to their order and spacing.
struct RateUse: Sendable {
  private let limit: RateLimit
  /// Sent and not answered.
  private var held = 0
  /// When the places of answered requests come free, in order.
  private var releases = InstantQueue()

  init(_ limit: RateLimit) { self.limit = limit }

  /// Whether a request of this cost fits now. One that costs more than the whole limit fits when
  /// nothing else is in use.
  mutating func hasRoom(for cost: Int, at now: Instant) -> Bool {
    isWithinNumber(cost) && isWithinRate(cost, at: now)
  }

  /// When the rate has room, if `waiting` go first; nil when it has now, or sets no limit.
  mutating func earliest(for cost: Int, behind waiting: Int, at now: Instant) -> Instant? {
    guard let rate = limit.rate else { return nil }
    releases.drop(until: now)
    let wanted = max(0, waiting) + min(cost, rate.requests)
    let missing = held + releases.count + wanted - rate.requests
    guard missing > 0 else { return nil }
    // Places that are held come free one window after answers that are still to come. Who waits
    // behind more than all places waits a window longer for each time they are handed on.
    let (rounds, place) = (missing - 1).quotientAndRemainder(dividingBy: max(1, rate.requests))
    return (releases.element(place) ?? now + rate.window) + rate.window * rounds
  }

  /// Whether the number of requests at a time is what keeps this one back.
  func isFull(for cost: Int) -> Bool { !isWithinNumber(cost) }

  mutating func take(_ cost: Int) { held += cost }

  mutating func answered(_ cost: Int, at now: Instant) {
    held = max(0, held - cost)
    guard let rate = limit.rate else { return }
    let release = now + rate.window
    for _ in 0..<min(cost, rate.requests) { releases.append(release) }
  }

  /// It was never sent, so the server never counted it.
  mutating func returned(_ cost: Int) { held = max(0, held - cost) }

  /// When the next place comes free by time alone.
  mutating func nextRelease(after now: Instant) -> Instant? {
    releases.drop(until: now)
    return releases.element(0)
  }

  var name: String { limit.name }

  private func isWithinNumber(_ cost: Int) -> Bool {
    guard let number = limit.inFlight else { return true }
    return held == 0 || held + cost <= number
  }

  private mutating func isWithinRate(_ cost: Int, at now: Instant) -> Bool {
    guard let rate = limit.rate else { return true }
    releases.drop(until: now)
    let used = held + releases.count
    return used == 0 || used + cost <= rate.requests
  }
}

/// Instants in the order in which they were appended, which never decreases.
struct InstantQueue: Sendable {
  private var storage: [Instant] = []
  private var head = 0

  var count: Int { storage.count - head }

  func element(_ index: Int) -> Instant? {
    index >= 0 && index < count ? storage[head + index] : nil
  }

  mutating func append(_ instant: Instant) { storage.append(instant) }

  /// Forgets those at or before `now`. The memory follows once half of it is unused.
  mutating func drop(until now: Instant) {
    while head < storage.count && storage[head] <= now { head += 1 }
    guard head > 64 && head * 2 > storage.count else { return }
    storage.removeFirst(head)
    head = 0
  }
}
