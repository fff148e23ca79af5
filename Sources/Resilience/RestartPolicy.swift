/// When a service that ended may be started again.
///
/// Each start in a row waits longer, from 100 ms doubled to 30 s; more than
/// five starts within ten seconds make it *flapping*, tried once a minute; a
/// minute of being up forgets all of it. It never gives up for good.
///
/// A value: no clock, no timer; randomness is passed in.
package struct RestartPolicy: Hashable, Sendable {
  package struct Limits: Hashable, Sendable {
    package var firstDelay = Duration.milliseconds(100)
    package var longestDelay = Duration.seconds(30)
    /// The part of a delay that is random: 0.5 makes 1 s be 0.5 to 1 s. (A flapping service
    /// waits up to a tenth longer instead.)
    package var jitter = 0.5
    /// This many starts within `window` are borne; one more is flapping.
    package var startsInWindow = 5
    package var window = Duration.seconds(10)
    package var flappingDelay = Duration.seconds(60)
    /// Up for this long, it is as if nothing had happened.
    package var stableAfter = Duration.seconds(60)

    package init() {}
  }

  package enum Decision: Hashable, Sendable {
    case start
    /// Not before then. `isFlapping`: say so, and refuse calls meanwhile.
    case wait(until: Instant, isFlapping: Bool)
  }

  private let limits: Limits
  /// The latest starts, oldest first, at most one more than the window bears.
  private var starts: [Instant] = []
  private var failures = 0
  private var earliest: Instant?
  package private(set) var isFlapping = false

  package init(_ limits: Limits = Limits()) { self.limits = limits }

  /// Ends in a row, without having been up for long, so far.
  package var failuresInARow: Int { failures }

  /// When the next start is allowed; nil when it is now.
  package func nextStart(after now: Instant) -> Instant? {
    earliest.flatMap { $0 > now ? $0 : nil }
  }

  /// Asks whether a start may happen at `now`.
  package func decide(at now: Instant) -> Decision {
    guard let until = nextStart(after: now) else { return .start }
    return .wait(until: until, isFlapping: isFlapping)
  }

  /// A process is being started.
  package mutating func started(at now: Instant) {
    starts.append(now)
    if starts.count > limits.startsInWindow + 1 { starts.removeFirst() }
  }

  /// The process ended without having been asked to, or could not be started.
  /// `random` is in 0..<1.
  package mutating func failed(at now: Instant, random: Double) {
    if let last = starts.last, now - last >= limits.stableAfter { forget() }
    failures += 1
    isFlapping = isFlapping || startsTooOften
    let share = min(max(random, 0), 1)
    // A flapping service is tried no more often than its delay says; others may be tried earlier.
    let wait =
      isFlapping
      ? limits.flappingDelay * (1 + 0.1 * share)
      : delay * (1 - limits.jitter + limits.jitter * share)
    earliest = now + wait
  }

  /// It was stopped on purpose, or its manifest changed: nothing is held against it.
  package mutating func forget() {
    starts = []
    failures = 0
    earliest = nil
    isFlapping = false
  }

  private var startsTooOften: Bool {
    guard starts.count > limits.startsInWindow, let first = starts.first, let last = starts.last
    else { return false }
    return last - first <= limits.window
  }

  private var delay: Duration {
    var delay = limits.firstDelay
    var doublings = failures - 1
    while doublings > 0 && delay < limits.longestDelay {
      delay = delay * 2
      doublings -= 1
    }
    return min(delay, limits.longestDelay)
  }
}
