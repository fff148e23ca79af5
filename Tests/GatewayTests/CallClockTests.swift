import Resilience
import Testing

@testable import Gateway

/// The deadlines of a call in virtual time.
@Suite struct CallClockTests {
  private func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

  private func clock(patience: Int64 = 10, absolute: Int64 = 30) -> CallClock {
    CallClock(
      CallTimes(
        start: .zero, patience: patience * 1_000_000_000, absolute: absolute * 1_000_000_000))
  }

  @Test func `progress moves the soft deadline and never the absolute one`() {
    var clock = clock()
    #expect(clock.deadline == at(10))
    clock.progressed(at: at(9))
    #expect(clock.deadline == at(19))
    clock.progressed(at: at(25))
    #expect(clock.deadline == at(30))
    #expect(!clock.isExhausted(at: at(29)))
    #expect(clock.isExhausted(at: at(30)))
  }

  @Test func `both stand still while the client is asked`() {
    var clock = clock()
    clock.pause(at: at(5))
    #expect(clock.deadline == .distantFuture)
    clock.progressed(at: at(50))
    #expect(clock.deadline == .distantFuture)
    clock.resume(at: at(105))
    #expect(clock.deadline == at(115))
    clock.progressed(at: at(125))
    #expect(clock.deadline == at(130))
  }

  @Test
  func `they go on with the last of several questions, and once only`() {
    var clock = clock()
    clock.pause(at: at(1))
    clock.pause(at: at(2))
    clock.resume(at: at(8))
    #expect(clock.isPaused)
    clock.resume(at: at(11))
    #expect(!clock.isPaused)
    #expect(clock.deadline == at(21))
    clock.resume(at: at(12))
    #expect(clock.deadline == at(21))
  }

  @Test func `a time without end does not trap`() {
    var clock = CallClock(CallTimes(start: at(1), patience: .max, absolute: .max))
    clock.pause(at: at(2))
    clock.resume(at: Instant(nanoseconds: .max))
    #expect(clock.deadline == .distantFuture)
  }
}
