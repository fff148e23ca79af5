import Health
import Resilience
import TestSupport
import Testing

/// A service and a clock that only the test moves.
struct Patient {
  var health: ServiceHealth
  var now = Instant.zero

  init(_ rules: HealthRules = HealthRules(), _ presence: ServiceHealth.Presence = .running) {
    health = ServiceHealth(rules, presence: presence, at: now)
  }

  mutating func pass(_ time: Duration) { now = now + time }

  @discardableResult
  mutating func answer(_ count: Int = 1) -> HealthChange? {
    (0..<count).reduce(nil) { last, _ in health.succeeded(at: now) ?? last }
  }

  @discardableResult
  mutating func fail(_ count: Int = 1) -> HealthChange? {
    (0..<count).reduce(nil) { last, _ in
      pass(.milliseconds(1))
      return health.failed(at: now) ?? last
    }
  }

  @discardableResult
  mutating func check(_ milliseconds: Int, _ count: Int = 1) -> HealthChange? {
    (0..<count).reduce(nil) { last, _ in
      health.checked(.milliseconds(milliseconds), at: now) ?? last
    }
  }
}

@Suite struct ServiceHealthTests {
  @Test func `the owner says when there is nothing to observe`() {
    for (presence, state, reason) in [
      (ServiceHealth.Presence.off, HealthState.off, HealthReason.disabled),
      (.asleep, .asleep, .idle), (.running, .up, .answers), (.crashed, .down, .crashed),
      (.flapping, .down, .flapping), (.cannotStart, .down, .cannotStart),
    ] {
      let patient = Patient(HealthRules(), presence)
      #expect(patient.health.state == state)
      #expect(patient.health.reason == reason)
    }
  }

  @Test func `failures in a row make it down, one less does not`() {
    var patient = Patient(HealthRules(failures: 3))
    #expect(patient.fail(2) == nil)
    #expect(patient.health.state == .up)
    #expect(patient.fail() == HealthChange(from: .up, to: .down, reason: .unanswered))
    #expect(patient.health.failuresInARow == 3)
  }

  @Test func `what fails in one instant is one failure`() {
    var patient = Patient(HealthRules(failures: 3))
    for _ in 0..<7 { #expect(patient.health.failed(at: patient.now) == nil) }
    #expect(patient.health.failuresInARow == 1)
  }

  @Test func `an answer between failures begins the row anew`() {
    var patient = Patient(HealthRules(failures: 3))
    for _ in 0..<3 {
      patient.fail(2)
      patient.answer(20)
    }
    #expect(patient.health.state == .up)
  }

  @Test func `down is left by two answers and not by one`() {
    var patient = Patient(HealthRules(failures: 3))
    patient.fail(3)
    #expect(patient.answer() == nil)
    #expect(patient.health.state == .down)
    #expect(patient.answer()?.from == .down)
    #expect(patient.health.state == .up)
  }

  @Test func `a failure between the answers of a recovery keeps it down`() {
    var patient = Patient(HealthRules(failures: 3))
    patient.fail(3)
    for _ in 0..<5 {
      patient.answer()
      patient.fail()
      #expect(patient.health.state == .down)
    }
  }

  @Test func `slow checks degrade it once three are known, and it is left at four fifths`() {
    var patient = Patient(HealthRules(degradedOver: .seconds(2)))
    #expect(patient.check(3_000, 2) == nil)
    #expect(patient.check(3_000) == HealthChange(from: .up, to: .degraded, reason: .slow))
    // Between 1.6 s and 2 s nothing changes in either direction.
    #expect(patient.check(1_900, 5) == nil)
    #expect(patient.check(1_500, 3)?.to == .up)
    #expect(patient.check(1_900, 5) == nil)
    #expect(patient.health.responseTime == .milliseconds(1_900))
  }

  @Test func `one slow check of five changes nothing`() {
    var patient = Patient(HealthRules(degradedOver: .seconds(2)))
    for _ in 0..<20 {
      patient.check(10, 4)
      #expect(patient.check(60_000) == nil)
    }
  }

  @Test func `without a threshold no check is slow`() {
    var patient = Patient(HealthRules(degradedOver: nil))
    #expect(patient.check(3_600_000, 10) == nil)
  }

  @Test func `a quarter of failures degrades it, an eighth is fine again`() {
    var patient = Patient(HealthRules(failures: 100))
    for _ in 0..<8 {
      patient.fail()
      patient.answer(3)
    }
    #expect(patient.health.state == .degraded)
    #expect(patient.health.reason == .failing)
    // 32 outcomes are kept: after 16 answers four failures are left, after 17 three.
    patient.answer(12)
    #expect(patient.health.state == .degraded)
    patient.answer(8)
    #expect(patient.health.state == .up)
  }

  @Test func `few outcomes say nothing about a part of them`() {
    var patient = Patient(HealthRules(failures: 100))
    patient.fail(7)
    #expect(patient.health.state == .up)
    patient.fail()
    #expect(patient.health.state == .degraded)
  }

  @Test func `B08: more than a thousand lines of garbage a minute degrade it, a thousand do not`() {
    var patient = Patient()
    #expect(patient.health.wroteGarbage(1_000, at: patient.now) == nil)
    let change = patient.health.wroteGarbage(1, at: patient.now)
    #expect(change == HealthChange(from: .up, to: .degraded, reason: .garbage))
    patient.answer(100)
    #expect(patient.health.state == .degraded)
  }

  @Test func `B08: garbage that has stopped is forgotten after a minute`() {
    var patient = Patient()
    _ = patient.health.wroteGarbage(5_000, at: patient.now)
    patient.pass(.seconds(50))
    #expect(patient.health.advanced(to: patient.now) == nil)
    patient.pass(.seconds(15))
    #expect(patient.health.advanced(to: patient.now)?.to == .up)
  }

  @Test func `B08: a thousand a minute for an hour never adds up`() {
    var patient = Patient()
    for _ in 0..<720 {
      #expect(patient.health.wroteGarbage(80, at: patient.now) == nil)
      patient.pass(.seconds(5))
    }
  }

  @Test func `a process that starts anew starts with a clean record`() {
    var patient = Patient(HealthRules(failures: 3))
    patient.fail(3)
    #expect(patient.health.became(.crashed, at: patient.now) == nil)
    #expect(patient.health.reason == .crashed)
    #expect(patient.health.became(.running, at: patient.now)?.to == .up)
    #expect(patient.health.failuresInARow == 0)
    #expect(patient.health.knownOutcomes == 0)
  }

  @Test func `uptime counts neither sleep nor being switched off`() {
    var patient = Patient()
    #expect(patient.health.uptime.percent(at: patient.now) == nil)
    patient.pass(.seconds(75))
    _ = patient.health.became(.asleep, at: patient.now)
    patient.pass(.seconds(10_000))
    _ = patient.health.became(.crashed, at: patient.now)
    patient.pass(.seconds(25))
    #expect(patient.health.uptime.percent(at: patient.now) == 75)
    _ = patient.health.became(.off, at: patient.now)
    patient.pass(.seconds(10_000))
    #expect(patient.health.uptime.percent(at: patient.now) == 75)
    #expect(patient.health.uptime.counted(at: patient.now) == .seconds(100))
  }

  @Test func `T02: hours between two observations are one observation`() {
    var patient = Patient(HealthRules(failures: 3))
    patient.fail(2)
    patient.pass(.seconds(86_400))
    #expect(patient.health.advanced(to: patient.now) == nil)
    #expect(patient.health.state == .up)
  }

  @Test func `T04: the ends of time overflow nothing`() {
    for now in [Instant(nanoseconds: .min), Instant(nanoseconds: .max), .zero] {
      var health = ServiceHealth(
        HealthRules(degradedOver: .nanoseconds(Int64.max)), presence: .running, at: .zero)
      for time in [Duration.zero, .milliseconds(-1), .nanoseconds(Int64.max)] {
        _ = health.checked(time, at: now)
        _ = health.wroteGarbage(.max, at: now)
        _ = health.failed(at: now)
      }
      _ = health.became(.crashed, at: now)
      #expect((0...100).contains(health.uptime.percent(at: .distantFuture) ?? 0))
    }
  }

  @Test func `a million observations take any state only with a change that says so`() {
    var random = SplitMix(seed: 5)
    var patient = Patient()
    var state = patient.health.state
    for _ in 0..<1_000_000 {
      let change: HealthChange?
      switch random.next() % 8 {
      case 0...3: change = patient.health.succeeded(at: patient.now)
      case 4: change = patient.health.failed(at: patient.now)
      case 5:
        change = patient.health.checked(.milliseconds(Int(random.next() % 4_000)), at: patient.now)
      case 6: change = patient.health.advanced(to: patient.now)
      default:
        let presences: [ServiceHealth.Presence] = [.running, .running, .asleep, .crashed]
        change = patient.health.became(presences[Int(random.next() % 4)], at: patient.now)
      }
      if let change {
        #expect(change.from == state && change.to != state)
        state = change.to
      }
      if state != patient.health.state { Issue.record("a change was not told") }
      patient.pass(.milliseconds(Int(random.next() % 100)))
    }
  }
}
