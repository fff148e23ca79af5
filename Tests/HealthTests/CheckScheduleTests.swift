import Health
import Resilience
import Testing

@Suite struct CheckScheduleTests {
  private func at(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

  @Test func `first checks are spread over the interval`() {
    var schedule = CheckSchedule(patience: .seconds(5))
    for service in 0..<10 {
      schedule.add(service, every: .seconds(30), at: .zero, random: Double(service) / 10)
    }
    var seen: [Int] = []
    for second in 0..<30 {
      let due = schedule.due(at: at(second)) { 0.5 }
      seen += due.checks
      for service in due.checks { schedule.ended(service) }
    }
    #expect(seen == Array(0..<10))
  }

  @Test func `a service is checked again only when its check has ended or is overdue`() {
    var schedule = CheckSchedule(patience: .seconds(5))
    schedule.add(1, every: .seconds(1), at: .zero, random: 0)
    #expect(schedule.due(at: at(0)) { 0.5 }.checks == [1])
    #expect(schedule.due(at: at(3)) { 0.5 } == CheckSchedule.Due())
    #expect(schedule.due(at: at(5)) { 0.5 } == CheckSchedule.Due(overdue: [1]))
    #expect(schedule.due(at: at(6)) { 0.5 }.checks == [1])
    schedule.ended(1)
    #expect(schedule.due(at: at(7)) { 0.5 }.checks == [1])
  }

  @Test func `an interval of zero makes no checks, and a removed service has none`() {
    var schedule = CheckSchedule(patience: .seconds(5))
    schedule.add(1, every: .zero, at: .zero, random: 0)
    schedule.add(2, every: .seconds(1), at: .zero, random: 0)
    schedule.remove(2)
    #expect(schedule.nextDue == nil)
    #expect(schedule.due(at: at(100)) { 0 } == CheckSchedule.Due())
  }

  @Test func `T02: after a leap of hours there is one round and nothing is overdue`() {
    var schedule = CheckSchedule(patience: .seconds(5))
    for service in 0..<4 { schedule.add(service, every: .seconds(30), at: .zero, random: 0) }
    #expect(schedule.due(at: at(0)) { 0.5 }.checks == [0, 1, 2, 3])
    schedule.ended(2)
    schedule.ended(3)
    // The checks of 0 and 1 are under way while the machine sleeps for a day.
    let after = schedule.due(at: at(86_400)) { 0.5 }
    #expect(after == CheckSchedule.Due(checks: [2, 3]))
    #expect(schedule.due(at: at(86_401)) { 0.5 } == CheckSchedule.Due())
    // They have their whole time again, and no more.
    #expect(schedule.due(at: at(86_405)) { 0.5 }.overdue == [0, 1, 2, 3])
  }

  @Test func `T05: ten thousand services of one instant are one answer each`() {
    var schedule = CheckSchedule(patience: .seconds(5))
    for service in 0..<10_000 { schedule.add(service, every: .seconds(30), at: .zero, random: 0) }
    let due = schedule.due(at: .zero) { 0.5 }
    #expect(due.checks.count == 10_000)
    #expect(schedule.due(at: .zero) { 0.5 } == CheckSchedule.Due())
  }

  @Test func `T04: the longest interval and the end of time overflow nothing`() {
    var schedule = CheckSchedule(patience: .nanoseconds(Int64.max))
    schedule.add(1, every: .nanoseconds(Int64.max), at: .zero, random: 1)
    schedule.add(2, every: .milliseconds(1), at: .distantFuture, random: 1)
    #expect(schedule.due(at: .zero) { 1 }.checks == [])
    #expect(schedule.due(at: .distantFuture) { 1 }.checks == [1, 2])
    #expect(schedule.due(at: .distantFuture) { 1 }.overdue == [1, 2])
  }
}
