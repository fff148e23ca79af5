/// Keeps calls away from a service that does not answer, and finds out when it does again.
///
/// ```
///   closed ──5 in a row, or half of 20 in 10 s──▶ open ──time is over──▶ half open ──▶ probing
///     ▲                                            ▲                                     │ │
///     │                                            └────────── ill, for longer ──────────┘ │
///     └──────────────────────────────── healthy ──────────────────────────────────────────┘
/// ```
///
/// Only ill health counts (`Outcome.verdict`). Failures at one and the same instant count as one:
/// a process that dies with a hundred calls in flight has failed once. After the time is over
/// exactly one probe is let through, and it alone decides.
///
/// A value: no clock; randomness is passed in.
package struct CircuitBreaker: Hashable, Sendable {
  package struct Limits: Hashable, Sendable {
    /// Failures in a row that open it; 0 switches the breaker off.
    package var failures = 5
    /// It opens when this part of the calls of the window failed ...
    package var percent = 50
    /// ... and there were at least so many.
    package var calls = 20
    package var window = Duration.seconds(10)
    /// How long it stays open first; doubled each time that the probe fails.
    package var open = Duration.seconds(1)
    package var longest = Duration.seconds(60)
    /// The part of that time that is random: 0.5 makes 1 s be 0.5 to 1 s.
    package var jitter = 0.5

    package init() {}
  }

  package enum State: Hashable, Sendable {
    case closed
    /// Nothing goes out before `until`.
    case open(until: Instant)
    /// One probe may go out.
    case halfOpen
    /// A probe is out and decides.
    case probing
  }

  private let limits: Limits
  /// Whether calls pass. All that the way of a call looks at.
  package private(set) var isClosed = true
  private var openUntil = Instant.zero
  private var isProbing = false
  private var failuresInARow = 0
  private var lastFailure: Instant?
  private var window: FailureWindow
  /// Openings since the last call that was answered.
  private var openings = 0

  package init(_ limits: Limits = Limits()) {
    self.limits = limits
    window = FailureWindow(length: limits.window)
  }

  package func state(at now: Instant) -> State {
    if isClosed { return .closed }
    if isProbing { return .probing }
    return now < openUntil ? .open(until: openUntil) : .halfOpen
  }

  /// Takes the place of the one probe; false if it is not free.
  package mutating func beginProbe(at now: Instant) -> Bool {
    guard state(at: now) == .halfOpen else { return false }
    isProbing = true
    return true
  }

  /// The end of a call. While the breaker is not closed, calls that were sent before say nothing.
  ///
  /// - Parameter random: in 0..<1; asked for only when the breaker opens.
  package mutating func record(
    _ outcome: Outcome, at now: Instant, random: @autoclosure () -> Double
  ) {
    guard isClosed, limits.failures > 0 else { return }
    switch outcome.verdict {
    case .nothing: return
    case .healthy:
      failuresInARow = 0
      openings = 0
      window.count(isFailure: false, at: now)
    case .ill:
      guard lastFailure != now else { return }
      lastFailure = now
      failuresInARow += 1
      window.count(isFailure: true, at: now)
      if failuresInARow >= limits.failures || isWindowBad { open(at: now, random()) }
    }
  }

  /// The end of the probe. One that says nothing makes room for another.
  package mutating func recordProbe(
    _ outcome: Outcome, at now: Instant, random: @autoclosure () -> Double
  ) {
    guard isProbing else { return }
    isProbing = false
    switch outcome.verdict {
    case .nothing: openUntil = now
    case .healthy: close()
    case .ill: open(at: now, random())
    }
  }

  private var isWindowBad: Bool {
    window.calls >= limits.calls && window.failures * 100 >= limits.percent * window.calls
  }

  private mutating func close() {
    isClosed = true
    failuresInARow = 0
    lastFailure = nil
    window.clear()
  }

  private mutating func open(at now: Instant, _ random: Double) {
    isClosed = false
    openings += 1
    let share = min(max(random, 0), 1)
    openUntil = now + time * (1 - limits.jitter + limits.jitter * share)
  }

  private var time: Duration {
    var time = limits.open
    var doublings = openings - 1
    while doublings > 0 && time < limits.longest {
      time = time * 2
      doublings -= 1
    }
    return min(time, limits.longest)
  }
}

/// How many calls of the last while failed, counted in tenths of it.
struct FailureWindow: Hashable, Sendable {
  private struct Slot: Hashable {
    var calls = 0
    var failures = 0
  }

  private static let parts = 10

  private var slots = [Slot](repeating: Slot(), count: parts)
  private var current = 0
  private var endOfSlot = Instant(nanoseconds: .min)
  private let slotLength: Int64
  private(set) var calls = 0
  private(set) var failures = 0

  init(length: Duration) { slotLength = max(1, length.inNanoseconds / Int64(Self.parts)) }

  mutating func count(isFailure: Bool, at now: Instant) {
    if now >= endOfSlot { advance(to: now) }
    slots[current].calls += 1
    calls += 1
    if isFailure {
      slots[current].failures += 1
      failures += 1
    }
  }

  mutating func clear() {
    for index in slots.indices { slots[index] = Slot() }
    calls = 0
    failures = 0
  }

  /// Forgets the parts that are over.
  private mutating func advance(to now: Instant) {
    var steps = 0
    while now >= endOfSlot, steps < Self.parts {
      current = (current + 1) % Self.parts
      calls -= slots[current].calls
      failures -= slots[current].failures
      slots[current] = Slot()
      endOfSlot = endOfSlot.advanced(byNanoseconds: slotLength)
      steps += 1
    }
    // Everything was over, or this is the first call.
    if now >= endOfSlot { endOfSlot = now.advanced(byNanoseconds: slotLength) }
  }
}
