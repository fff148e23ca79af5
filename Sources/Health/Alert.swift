/// How much an alert matters.
package enum AlertLevel: String, CaseIterable, Comparable, Hashable, Sendable {
  case info, warning, error, critical

  package static func < (left: AlertLevel, right: AlertLevel) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .info: 0
    case .warning: 1
    case .error: 2
    case .critical: 3
    }
  }
}

/// The conditions that people can be alerted of, from the least to the worst.
package enum AlertRule: String, CaseIterable, Comparable, Hashable, Sendable {
  case degraded, down, flapping

  package static func < (left: AlertRule, right: AlertRule) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .degraded: 0
    case .down: 1
    case .flapping: 2
    }
  }

  /// The rule that a state and its reason fulfil, if any.
  package init?(_ state: HealthState, _ reason: HealthReason) {
    switch state {
    case .degraded: self = .degraded
    case .down: self = reason == .flapping ? .flapping : .down
    case .up, .asleep, .off: return nil
    }
  }
}

/// What is told, how soon, and how often.
package struct AlertPolicy: Hashable, Sendable {
  /// Of each rule; those without one raise nothing.
  package var degraded: AlertLevel?
  package var down: AlertLevel?
  package var flapping: AlertLevel?
  /// For how long a condition must hold.
  package var after: Duration
  /// For how long it must be over before the alert is resolved.
  package var clearAfter: Duration
  /// The same alert of a service is told at most this often.
  package var cooldown: Duration

  package init(
    degraded: AlertLevel? = .warning, down: AlertLevel? = .error,
    flapping: AlertLevel? = .critical, after: Duration = .seconds(5),
    clearAfter: Duration = .seconds(10),
    cooldown: Duration = .seconds(300)
  ) {
    self.degraded = degraded
    self.down = down
    self.flapping = flapping
    self.after = after
    self.clearAfter = clearAfter
    self.cooldown = cooldown
  }

  package func level(of rule: AlertRule) -> AlertLevel? {
    switch rule {
    case .degraded: degraded
    case .down: down
    case .flapping: flapping
    }
  }
}

/// One alert, or its end.
package struct AlertEvent: Hashable, Sendable {
  package var service: Int
  package var rule: AlertRule
  /// `info` when it is resolved.
  package var level: AlertLevel
  package var reason: HealthReason
  package var isResolved: Bool
  /// How often it was raised since it was last told, this time not counted.
  package var suppressed: Int
}
