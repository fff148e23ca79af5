package import Resilience

/// The health of one service, from everything that is observed of it.
///
/// ```
///             failures in a row, a crash, no start
///   up ◀─▶ degraded ───────────────────────────▶ down
///    ▲        ▲                                    │
///    └────────┴───── answers in a row ─────────────┘     asleep, off: as the owner says
/// ```
package struct ServiceHealth: Hashable, Sendable {
  /// Whether there is anything to observe.
  package enum Presence: Hashable, Sendable {
    case off
    case asleep
    /// It runs, or is being started for the first time.
    case running
    /// It ended by itself, and its next start is planned.
    case crashed
    case flapping
    case cannotStart
  }

  /// Another manifest may bring others.
  package var rules: HealthRules
  package private(set) var state: HealthState
  package private(set) var reason: HealthReason
  package private(set) var since: Instant
  /// Of calls and checks alike.
  package private(set) var failuresInARow = 0
  package private(set) var uptime: UptimeRecord

  private var presence: Presence
  private var answersInARow = 0
  private var lastFailure = Instant.zero
  private var outcomes = OutcomeWindow()
  private var times = ResponseTimes()
  private var garbage = GarbageGauge()
  private var wroteGarbage = false

  package init(_ rules: HealthRules, presence: Presence = .asleep, at now: Instant) {
    self.rules = rules
    self.presence = presence
    since = now
    state = .asleep
    reason = .idle
    uptime = UptimeRecord(.asleep, at: now)
    _ = judge(at: now)
  }

  /// The middle one of the latest checks.
  package var responseTime: Duration? { times.median }
  /// The part of the latest 32 outcomes that failed, and how many are known.
  package var failedShare: Double { outcomes.failedShare }
  package var knownOutcomes: Int { outcomes.count }

  // MARK: Observations

  /// A call was answered, well or with an error. The usual case is decided in the first line.
  package mutating func succeeded(at now: Instant) -> HealthChange? {
    outcomes.add(failure: false)
    if state == .up, failuresInARow == 0 { return nil }
    failuresInARow = 0
    answersInARow += 1
    return judge(at: now)
  }

  /// A call ended in a way that is a sign of ill health. What fails at one and the same instant is
  /// one failure of the row: a hundred calls that hang have one deadline.
  package mutating func failed(at now: Instant) -> HealthChange? {
    outcomes.add(failure: true)
    if failuresInARow == 0 || now != lastFailure { failuresInARow += 1 }
    lastFailure = now
    answersInARow = 0
    return judge(at: now)
  }

  /// A check was answered after `time`, or not at all.
  package mutating func checked(_ time: Duration?, at now: Instant) -> HealthChange? {
    guard let time else { return failed(at: now) }
    times.add(time)
    let change = succeeded(at: now)
    return change ?? judge(at: now)
  }

  /// The service wrote lines that are no messages.
  package mutating func wroteGarbage(_ lines: Int, at now: Instant) -> HealthChange? {
    garbage.add(lines, at: now)
    wroteGarbage = true
    return judge(at: now)
  }

  /// What the owner knows of its process. A process that starts anew starts with a clean record.
  package mutating func became(_ presence: Presence, at now: Instant) -> HealthChange? {
    if presence == .running, self.presence != .running { forget() }
    self.presence = presence
    return judge(at: now)
  }

  /// Time has passed: some states are left by nothing but that.
  package mutating func advanced(to now: Instant) -> HealthChange? { judge(at: now) }

  private mutating func forget() {
    failuresInARow = 0
    answersInARow = 0
    outcomes = OutcomeWindow()
    times = ResponseTimes()
  }

  // MARK: Judging

  private mutating func judge(at now: Instant) -> HealthChange? {
    let (next, why) = verdict(at: now)
    reason = why
    guard next != state else { return nil }
    let change = HealthChange(from: state, to: next, reason: why)
    state = next
    since = now
    uptime.changed(to: next, at: now)
    if next == .down { answersInARow = 0 }
    return change
  }

  private mutating func verdict(at now: Instant) -> (HealthState, HealthReason) {
    switch presence {
    case .off: return (.off, .disabled)
    case .asleep: return (.asleep, .idle)
    case .crashed: return (.down, .crashed)
    case .flapping: return (.down, .flapping)
    case .cannotStart: return (.down, .cannotStart)
    case .running: break
    }
    if failuresInARow >= rules.failures { return (.down, .unanswered) }
    if state == .down, reason == .unanswered, answersInARow < rules.recoveries {
      return (.down, .unanswered)
    }
    if isGarbled(at: now) { return (.degraded, .garbage) }
    if isFailing { return (.degraded, .failing) }
    if isSlow { return (.degraded, .slow) }
    return (.up, .answers)
  }

  /// A limit, lower where the state that it leads to is to be left.
  private func limit(_ value: Double, for reason: HealthReason, leaving share: Double) -> Double {
    state == .degraded && self.reason == reason ? value * share : value
  }

  private mutating func isGarbled(at now: Instant) -> Bool {
    guard wroteGarbage else { return false }
    let lines = garbage.inLastMinute(at: now)
    if lines == 0 { wroteGarbage = false }
    let most = Double(rules.garbagePerMinute)
    return Double(lines) > limit(most, for: .garbage, leaving: HealthRules.leaving)
  }

  private var isFailing: Bool {
    guard outcomes.count >= rules.leastOutcomes, outcomes.failures > 0 else { return false }
    return outcomes.failedShare >= limit(rules.failingShare, for: .failing, leaving: 0.5)
  }

  private var isSlow: Bool {
    guard let most = rules.degradedOver, times.count >= ResponseTimes.least,
      let median = times.median
    else { return false }
    let limit = limit(
      Double(most.inNanoseconds), for: .slow, leaving: HealthRules.leaving)
    return Double(median.inNanoseconds) > limit
  }
}
