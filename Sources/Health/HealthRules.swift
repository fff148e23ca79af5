/// When a service counts as degraded or down. Leaving a state always takes more than entering it.
package struct HealthRules: Hashable, Sendable {
  /// The median of the latest checks above which a service is degraded; nil for never.
  package var degradedOver: Duration?
  /// Failures in a row that make a service down.
  package var failures: Int
  /// Answers in a row that end being down.
  package var recoveries = 2
  /// A minute's lines of garbage above which a service is degraded (reliability row B08).
  package var garbagePerMinute = 1_000
  /// The part of the latest outcomes that may fail; leaving takes half of it.
  package var failingShare = 0.25
  /// Outcomes that must be known before a part of them says anything.
  package var leastOutcomes = 8

  package init(degradedOver: Duration? = .seconds(2), failures: Int = 3) {
    self.degradedOver = degradedOver
    self.failures = max(1, failures)
  }

  /// The part of a limit below which a state is left again.
  static let leaving = 0.8
}
