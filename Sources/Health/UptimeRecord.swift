package import Resilience

/// For how long a service was there, and for how much of that it was not down.
///
/// Time asleep and time switched off count on neither side.
package struct UptimeRecord: Hashable, Sendable {
  private var state: HealthState
  private var since: Instant
  /// Nanoseconds.
  private var counted: Int64 = 0
  private var lost: Int64 = 0

  package init(_ state: HealthState, at now: Instant) {
    self.state = state
    since = now
  }

  package mutating func changed(to next: HealthState, at now: Instant) {
    let total = totals(at: now)
    (counted, lost) = total
    state = next
    since = max(since, now)
  }

  /// The part of the counted time in which it was up or degraded, 0 to 100; nil before any time
  /// has counted.
  package func percent(at now: Instant) -> Double? {
    let (counted, lost) = totals(at: now)
    guard counted > 0 else { return nil }
    return 100 * (1 - Double(lost) / Double(counted))
  }

  /// The time that counts.
  package func counted(at now: Instant) -> Duration { .nanoseconds(totals(at: now).counted) }

  private func totals(at now: Instant) -> (counted: Int64, lost: Int64) {
    guard state.isCounted, now > since else { return (counted, lost) }
    let span = (now - since).inNanoseconds
    return (
      counted.addingSaturating(span), state == .down ? lost.addingSaturating(span) : lost
    )
  }
}

extension Int64 {
  fileprivate func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
