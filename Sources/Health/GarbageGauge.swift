package import Resilience

/// How much garbage a service wrote in the last minute, in steps of five seconds.
package struct GarbageGauge: Hashable, Sendable {
  private static let steps = 12
  /// Where a step stops to count: far above every limit.
  private static let most = 1 << 32
  private static let step = Duration.seconds(5).inNanoseconds

  private var counts = [Int](repeating: 0, count: steps)
  /// The number of the newest step since the clock's start.
  private var newest: Int64 = 0

  package init() {}

  package mutating func add(_ lines: Int, at now: Instant) {
    advance(to: now)
    let step = Int(newest % Int64(Self.steps))
    counts[step] = min(Self.most, counts[step] + min(max(0, lines), Self.most))
  }

  /// Lines in the minute before `now`; up to five seconds more than a minute count.
  package mutating func inLastMinute(at now: Instant) -> Int {
    advance(to: now)
    return counts.reduce(0, +)
  }

  private mutating func advance(to now: Instant) {
    let current = max(newest, max(0, now.nanoseconds / Self.step))
    guard current > newest else { return }
    for passed in 0..<min(current - newest, Int64(Self.steps)) {
      counts[Int((current - passed) % Int64(Self.steps))] = 0
    }
    newest = current
  }
}
