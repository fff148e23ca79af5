/// The pause before another attempt: random between nothing and a bound that doubles (full jitter),
/// so that a crowd which failed together does not come back together.
package struct Backoff: Hashable, Sendable {
  package var first: Duration
  package var longest: Duration

  package init(first: Duration = .milliseconds(50), longest: Duration = .seconds(2)) {
    self.first = first
    self.longest = longest
  }

  /// - Parameters:
  ///   - attempts: that have failed, from 1.
  ///   - random: in 0..<1.
  package func pause(after attempts: Int, random: Double) -> Duration {
    var bound = min(first, longest)
    var doublings = attempts - 1
    while doublings > 0 && bound < longest {
      bound = bound * 2
      doublings -= 1
    }
    return min(bound, longest) * min(max(random, 0), 1)
  }
}
