/// A point on the monotonic clock, in nanoseconds since an arbitrary start.
///
/// Everything that waits takes an `Instant` as an argument instead of asking a
/// clock, so that tests run on virtual time. The wall clock never enters: a
/// jump of the date moves no deadline (reliability row T01).
public struct Instant: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  @inlinable @inline(__always)
  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The start of virtual time in tests.
  @inlinable package static var zero: Instant { Instant(nanoseconds: 0) }
  /// A deadline that never comes.
  @inlinable package static var distantFuture: Instant { Instant(nanoseconds: .max) }

  @inlinable @inline(__always)
  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// Saturates instead of trapping: no configured duration can overflow a deadline (row T04).
  package static func + (instant: Instant, duration: Duration) -> Instant {
    let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.inNanoseconds)
    if overflow { return duration < .zero ? Instant(nanoseconds: .min) : .distantFuture }
    return Instant(nanoseconds: sum)
  }

  /// The same for a span in nanoseconds. On the way of a message `Duration`, which counts 128 bits
  /// of attoseconds, costs a division for each use.
  @inlinable @inline(__always)
  package func advanced(byNanoseconds span: Int64) -> Instant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(span)
    if overflow { return span < 0 ? Instant(nanoseconds: .min) : .distantFuture }
    return Instant(nanoseconds: sum)
  }

  package static func - (left: Instant, right: Instant) -> Duration {
    let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
    if overflow { return .nanoseconds(left < right ? Int64.min : Int64.max) }
    return .nanoseconds(difference)
  }
}

extension Duration {
  /// The whole duration in nanoseconds, saturated to 64 bits (292 years).
  package var inNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    return carried ? (seconds < 0 ? .min : .max) : sum
  }

  /// The whole duration in milliseconds, rounded up, never negative.
  package var inMilliseconds: UInt64 {
    let nanoseconds = inNanoseconds
    guard nanoseconds > 0 else { return 0 }
    return (UInt64(nanoseconds) + 999_999) / 1_000_000
  }
}
