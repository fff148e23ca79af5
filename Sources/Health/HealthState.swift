// Health: how well services do, from what is observed of them.
//
//   observations ─▶ ServiceHealth ─▶ HealthChange ─▶ AlertBook ─▶ AlertEvent
//   (calls, checks, starts, garbage)      │
//                                         └─▶ history, status, order of candidates
//
// Values: the owner passes the monotonic time and does what comes back. The wall clock never
// enters (reliability rows T01, T02); nothing here waits, reads or writes.
//
// Invariants: a service has one state at a time and each change of it has one reason; a
// threshold is entered at its value and left at a lower one, so that a service at the border
// does not flicker; an alert that was raised is resolved exactly once.
// Costs: a healthy answer is a handful of integer operations and allocates nothing. Memory of a
// service is fixed: 32 outcomes, five response times, twelve counts of garbage.
// It refuses to judge what says nothing about health: cancels, `isError`, invalid arguments are
// answers (Resilience decides which outcomes are ill).

/// How a service does.
package enum HealthState: String, CaseIterable, Hashable, Sendable {
  case up
  /// It answers, but slowly, not always, or among garbage.
  case degraded
  /// It does not answer, does not start, or ends again and again.
  case down
  /// Not running and not needed; the next call starts it.
  case asleep
  /// Switched off by people or by a mistake in its manifest.
  case off

  /// Whether time in this state says anything about reliability.
  var isCounted: Bool { self != .asleep && self != .off }
}

/// Why a service has the state that it has: a closed set, for logs and metrics.
package enum HealthReason: String, CaseIterable, Hashable, Sendable {
  /// Nothing is wrong.
  case answers
  /// Checks take longer than `degraded_over`.
  case slow
  /// A part of what it was asked lately failed.
  case failing
  /// More lines on its stdout are no messages than is bearable (reliability row B08).
  case garbage
  /// Nothing that it was asked lately was answered.
  case unanswered
  /// It ended by itself and is being started again.
  case crashed
  /// It cannot be started.
  case cannotStart = "cannot_start"
  /// It ends again and again.
  case flapping
  case idle
  case disabled
}

/// A change of state, to be told to people.
package struct HealthChange: Hashable, Sendable {
  package var from: HealthState
  package var to: HealthState
  package var reason: HealthReason

  package init(from: HealthState, to: HealthState, reason: HealthReason) {
    self.from = from
    self.to = to
    self.reason = reason
  }
}
