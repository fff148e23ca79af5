package import Resilience

/// When which service is checked: jittered, at most one check of a service at a time.
///
/// The owner asks `due` when `nextDue` has come, starts what it is given and reports each end.
/// A check that has no answer in its time is given back by `due` as overdue. After a leap of the
/// clock (the machine slept, this process was stopped) what is under way gets its whole time
/// again and each service is checked once, not as often as it was missed (reliability row T02).
package struct CheckSchedule: Sendable {
  private struct Plan: Sendable {
    let service: Int
    var every: Duration
    var due: Instant
    /// When the check that is under way counts as unanswered.
    var deadline: Instant?
  }

  /// How long a check may take.
  package var patience: Duration
  /// In the order of their numbers.
  private var plans: [Plan] = []
  private var lastAsked: Instant?

  package init(patience: Duration) { self.patience = patience }

  /// Late by more than this, the clock has leapt or nothing could run.
  static let leap = Duration.seconds(10)

  /// Plans the checks of a service, the first after a random part of `every`.
  ///
  /// - Parameter random: in 0..<1.
  package mutating func add(_ service: Int, every: Duration, at now: Instant, random: Double) {
    guard every > .zero else { return }
    remove(service)
    let plan = Plan(service: service, every: every, due: now + Self.part(random, of: every))
    plans.insert(plan, at: plans.firstIndex { $0.service > service } ?? plans.count)
  }

  package mutating func remove(_ service: Int) { plans.removeAll { $0.service == service } }

  /// The interval of a planned service; nil if it has none.
  package func interval(of service: Int) -> Duration? {
    plans.first { $0.service == service }?.every
  }

  /// When `due` should be asked next.
  package var nextDue: Instant? { plans.map { $0.deadline ?? $0.due }.min() }

  package struct Due: Hashable, Sendable {
    /// To be checked now, in the order of their numbers.
    package var checks: [Int] = []
    /// Their check was not answered in time.
    package var overdue: [Int] = []

    package init(checks: [Int] = [], overdue: [Int] = []) {
      self.checks = checks
      self.overdue = overdue
    }
  }

  /// What is to be done at `now`. The services in `checks` count as being checked from now on.
  package mutating func due(at now: Instant, random: () -> Double) -> Due {
    forgiveLeap(at: now)
    lastAsked = now
    var result = Due()
    for index in plans.indices {
      var plan = plans[index]
      var isOverdue = false
      if let deadline = plan.deadline {
        guard now >= deadline else { continue }
        result.overdue.append(plan.service)
        isOverdue = true
        plan.deadline = nil
        plan.due = max(plan.due, now)
      }
      if now >= plan.due, !isOverdue {
        result.checks.append(plan.service)
        plan.deadline = now + patience
        // A tenth of jitter keeps services apart that were started together.
        plan.due = now + Self.part(0.95, of: plan.every) + Self.part(random() / 10, of: plan.every)
      }
      plans[index] = plan
    }
    return result
  }

  /// The check of a service has ended, or could not be made: nothing of it is under way.
  package mutating func ended(_ service: Int) {
    if let index = plans.firstIndex(where: { $0.service == service }) {
      plans[index].deadline = nil
    }
  }

  /// A part from 0 to 1 of a span.
  private static func part(_ share: Double, of span: Duration) -> Duration {
    let nanoseconds = Double(span.inNanoseconds) * min(max(share, 0), 1)
    return .nanoseconds(Int64(exactly: nanoseconds.rounded(.down)) ?? span.inNanoseconds)
  }

  private mutating func forgiveLeap(at now: Instant) {
    guard let lastAsked, let expected = nextDue else { return }
    guard now - max(expected, lastAsked) > Self.leap else { return }
    for index in plans.indices where plans[index].deadline != nil {
      plans[index].deadline = now + patience
    }
  }
}
