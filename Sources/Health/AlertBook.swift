package import Resilience

/// Which alerts are open, and what is to be told of them.
///
/// A service has at most one alert. A condition is raised once it has held for `after`, replaced
/// by a worse one in the same way, and resolved once nothing has been wrong for `clearAfter`. What
/// was told is resolved exactly once; what the cooldown kept quiet is not told when it ends. A
/// service that falls asleep is neither well nor ill: what is open stays open until it runs again.
package struct AlertBook: Sendable {
  private struct Slot: Sendable {
    /// What holds now, and since when.
    var condition: AlertRule?
    var reason = HealthReason.answers
    var since: Instant
    /// What is open.
    var open: AlertRule?
    /// What of it has been told: its rule.
    var told: AlertRule?
    /// Last told, and how often it was kept quiet since.
    var lastTold: [AlertRule: Instant] = [:]
    var quiet: [AlertRule: Int] = [:]
  }

  /// A reload may bring another; it holds for what happens from then on.
  package var policy: AlertPolicy
  private var slots: [Int: Slot] = [:]

  package init(_ policy: AlertPolicy) { self.policy = policy }

  /// The state of a service, whenever it changes.
  package mutating func noted(
    _ service: Int, _ state: HealthState, _ reason: HealthReason, at now: Instant
  ) {
    var slot = slots[service] ?? Slot(since: now)
    var rule = AlertRule(state, reason).flatMap { policy.level(of: $0) == nil ? nil : $0 }
    // A service that nobody needs has not shown that it does well.
    if state == .asleep { rule = slot.open }
    if slot.condition != rule {
      slot.condition = rule
      slot.since = now
    }
    if rule != nil, state != .asleep { slot.reason = reason }
    slots[service] = slot
  }

  /// Forgets a service that is no longer served; its open alert is resolved, with the reason
  /// `disabled`.
  package mutating func remove(_ service: Int) -> AlertEvent? {
    guard let slot = slots.removeValue(forKey: service), let told = slot.told else { return nil }
    return resolution(of: told, .disabled, service)
  }

  /// What is open and was told, for the status.
  package func open(_ service: Int) -> AlertRule? { slots[service]?.told }

  /// When `advance` has something to do next.
  package var nextDue: Instant? {
    slots.values.compactMap { slot in
      if slot.condition == slot.open { return resumption(of: slot) }
      return slot.since + (slot.condition == nil ? policy.clearAfter : policy.after)
    }.min()
  }

  /// What is to be told at `now`, in the order of the services.
  package mutating func advance(to now: Instant) -> [AlertEvent] {
    var events: [AlertEvent] = []
    for service in slots.keys.sorted() {
      guard var slot = slots[service] else { continue }
      if let event = advance(&slot, service, at: now) { events.append(event) }
      slots[service] = slot
    }
    return events
  }

  private func advance(_ slot: inout Slot, _ service: Int, at now: Instant) -> AlertEvent? {
    guard slot.condition != slot.open else { return tellLate(&slot, service, at: now) }
    guard let rule = slot.condition else {
      guard now >= slot.since + policy.clearAfter else { return nil }
      slot.open = nil
      guard let told = slot.told else { return nil }
      slot.told = nil
      return resolution(of: told, slot.reason, service)
    }
    guard now >= slot.since + policy.after else { return nil }
    slot.open = rule
    return tell(rule, &slot, service, at: now)
  }

  /// What the cooldown has kept quiet is told when it is over and the condition still holds.
  private func tellLate(_ slot: inout Slot, _ service: Int, at now: Instant) -> AlertEvent? {
    guard let rule = slot.open, let due = resumption(of: slot), now >= due else { return nil }
    slot.quiet[rule, default: 1] -= 1
    return tell(rule, &slot, service, at: now)
  }

  private func resumption(of slot: Slot) -> Instant? {
    guard let rule = slot.open, slot.told != rule, let last = slot.lastTold[rule] else {
      return nil
    }
    return last + policy.cooldown
  }

  private func tell(
    _ rule: AlertRule, _ slot: inout Slot, _ service: Int, at now: Instant
  ) -> AlertEvent? {
    guard let level = policy.level(of: rule) else { return nil }
    if let last = slot.lastTold[rule], now < last + policy.cooldown {
      slot.quiet[rule, default: 0] += 1
      return nil
    }
    slot.lastTold[rule] = now
    slot.told = rule
    return AlertEvent(
      service: service, rule: rule, level: level, reason: slot.reason, isResolved: false,
      suppressed: slot.quiet.removeValue(forKey: rule) ?? 0)
  }

  private func resolution(
    of rule: AlertRule, _ reason: HealthReason, _ service: Int
  ) -> AlertEvent {
    AlertEvent(
      service: service, rule: rule, level: .info, reason: reason, isResolved: true, suppressed: 0)
  }
}
