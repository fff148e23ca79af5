import Resilience

/// Bounds how many log messages of one service reach the client, and counts the rest.
///
/// A value without a clock. What a second may bring may come at once; what was
/// dropped is told once it is over, at most once a second.
struct FloodGate {
  static let burst = perSecond
  static let perSecond = 50

  /// Nanoseconds that one message costs.
  private static let price: Int64 = 1_000_000_000 / Int64(perSecond)

  /// When the bucket would be full again.
  private var fullAt = Instant.zero
  private var dropped = 0
  private var nextReport = Instant.zero

  /// When `takeReport` has something to tell; `nil` if nothing was dropped.
  var due: Instant? { dropped == 0 ? nil : nextReport }

  /// Whether one more message may pass now.
  mutating func admits(at now: Instant) -> Bool {
    let start = max(fullAt, now)
    let after = start.advanced(byNanoseconds: Self.price)
    guard after <= now.advanced(byNanoseconds: Self.price * Int64(Self.burst)) else {
      drop(at: now)
      return false
    }
    fullAt = after
    return true
  }

  /// Counts a message that was dropped for another reason.
  mutating func drop(at now: Instant) {
    if dropped == 0 { nextReport = max(nextReport, now + .seconds(1)) }
    dropped += 1
  }

  /// How many were dropped since the last report, if it is time to tell.
  mutating func takeReport(at now: Instant) -> Int? {
    guard dropped > 0, now >= nextReport else { return nil }
    defer { dropped = 0 }
    return dropped
  }
}
