import Resilience
import TestSupport
import Testing

/// Reliability 2.3, in virtual time.
@Suite struct CircuitBreakerTests {
  private func at(_ milliseconds: Int64) -> Instant {
    Instant(nanoseconds: milliseconds * 1_000_000)
  }

  /// Failures `spacing` ms apart, the first at `start`.
  private func fail(
    _ breaker: inout CircuitBreaker, times: Int, from start: Int64, spacing: Int64 = 1,
    _ outcome: Outcome = .timedOut
  ) {
    for index in 0..<times {
      breaker.record(outcome, at: at(start + Int64(index) * spacing), random: 1)
    }
  }

  @Test func `five failures in a row open it, and not four`() {
    var breaker = CircuitBreaker()
    fail(&breaker, times: 4, from: 0)
    #expect(breaker.state(at: at(4)) == .closed)
    fail(&breaker, times: 1, from: 4)
    #expect(breaker.state(at: at(5)) == .open(until: at(1004)))
    #expect(!breaker.isClosed)
  }

  @Test func `an answer in between begins the row anew`() {
    var breaker = CircuitBreaker()
    for round in 0..<10 {
      fail(&breaker, times: 1, from: Int64(round) * 10_000)
      breaker.record(.answered, at: at(Int64(round) * 10_000 + 5), random: 1)
    }
    #expect(breaker.isClosed)
  }

  @Test func `results with isError, errors of the protocol and cancels never open it`() {
    var breaker = CircuitBreaker()
    let outcomes: [Outcome] = [
      .answeredIsError, .answeredError, .cancelled, .refused, .withheld,
    ]
    for step in 0..<1000 {
      breaker.record(outcomes[step % outcomes.count], at: at(Int64(step)), random: 1)
    }
    #expect(breaker.isClosed)
  }

  @Test func `cancels in between do not end a row of failures`() {
    var breaker = CircuitBreaker()
    for step in 0..<5 {
      breaker.record(.lost, at: at(Int64(step) * 2), random: 1)
      breaker.record(.cancelled, at: at(Int64(step) * 2 + 1), random: 1)
    }
    #expect(!breaker.isClosed)
  }

  @Test func `half of twenty calls within ten seconds open it`() {
    var breaker = CircuitBreaker()
    // Never more than two in a row.
    for step in 0..<19 {
      breaker.record(step % 2 == 0 ? .answered : .lost, at: at(Int64(step) * 100), random: 1)
    }
    #expect(breaker.isClosed, "nineteen are too few")
    breaker.record(.lost, at: at(2000), random: 1)
    #expect(!breaker.isClosed)
  }

  @Test func `the same twenty calls over half a minute do not`() {
    var breaker = CircuitBreaker()
    for step in 0..<60 {
      breaker.record(step % 2 == 0 ? .answered : .lost, at: at(Int64(step) * 1500), random: 1)
    }
    #expect(breaker.isClosed)
  }

  @Test func `less than half of many calls do not`() {
    var breaker = CircuitBreaker()
    for step in 0..<10_000 {
      breaker.record(step % 5 < 2 ? .lost : .answered, at: at(Int64(step)), random: 1)
    }
    #expect(breaker.isClosed)
  }

  @Test func `B06: a death with a hundred calls in flight is one failure`() {
    var breaker = CircuitBreaker()
    for _ in 0..<100 { breaker.record(.lost, at: at(7), random: 1) }
    #expect(breaker.isClosed)
  }

  @Test func `T02: failures that all come after a leap of the clock are one`() {
    var breaker = CircuitBreaker()
    for step in 0..<50 { breaker.record(.answered, at: at(Int64(step)), random: 1) }
    for _ in 0..<50 { breaker.record(.timedOut, at: at(3_600_000), random: 1) }
    #expect(breaker.isClosed)
  }

  @Test func `exactly one probe is let through when the time is over`() {
    var breaker = CircuitBreaker()
    fail(&breaker, times: 5, from: 0)
    let isProbe1 = breaker.beginProbe(at: at(1003))
    #expect(!isProbe1)
    #expect(breaker.state(at: at(1004)) == .halfOpen)
    let isProbe2 = breaker.beginProbe(at: at(1004))
    #expect(isProbe2)
    let isProbe3 = breaker.beginProbe(at: at(1004))
    #expect(!isProbe3)
    #expect(breaker.state(at: at(99_000)) == .probing)
  }

  @Test func `a probe that is answered closes it, and what went before is forgotten`() {
    var breaker = CircuitBreaker()
    fail(&breaker, times: 5, from: 0)
    let isProbe4 = breaker.beginProbe(at: at(1004))
    #expect(isProbe4)
    breaker.recordProbe(.answeredError, at: at(1010), random: 1)
    #expect(breaker.state(at: at(1010)) == .closed)
    fail(&breaker, times: 4, from: 1011)
    #expect(breaker.isClosed)
  }

  @Test func `a probe that says nothing makes room for another at once`() {
    var breaker = CircuitBreaker()
    fail(&breaker, times: 5, from: 0)
    let isProbe5 = breaker.beginProbe(at: at(1004))
    #expect(isProbe5)
    breaker.recordProbe(.cancelled, at: at(1010), random: 1)
    let isProbe6 = breaker.beginProbe(at: at(1010))
    #expect(isProbe6)
  }

  @Test func `probes that fail double the time, up to a minute`() {
    var breaker = CircuitBreaker()
    fail(&breaker, times: 5, from: 0)
    var now: Int64 = 4
    var waits: [Int64] = []
    for _ in 0..<9 {
      guard case .open(let until) = breaker.state(at: at(now)) else { break }
      waits.append(until.nanoseconds / 1_000_000 - now)
      now = until.nanoseconds / 1_000_000
      let isProbe7 = breaker.beginProbe(at: at(now))
      #expect(isProbe7)
      breaker.recordProbe(.lost, at: at(now), random: 1)
    }
    #expect(waits == [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  }

  @Test func `jitter takes off half of the time at most`() {
    for (random, expected) in [(0.0, Int64(500)), (0.5, 750), (1.0, 1000)] {
      var breaker = CircuitBreaker()
      for step in 0..<5 { breaker.record(.lost, at: at(Int64(step)), random: random) }
      #expect(breaker.state(at: at(4)) == .open(until: at(4 + expected)))
    }
  }

  @Test func `a service that answers probes but no calls stays open longer each time`() {
    var breaker = CircuitBreaker()
    var now: Int64 = 0
    var waits: [Int64] = []
    for _ in 0..<4 {
      fail(&breaker, times: 5, from: now)
      now += 4
      guard case .open(let until) = breaker.state(at: at(now)) else { break }
      waits.append(until.nanoseconds / 1_000_000 - now)
      now = until.nanoseconds / 1_000_000
      let isProbe8 = breaker.beginProbe(at: at(now))
      #expect(isProbe8)
      breaker.recordProbe(.answered, at: at(now), random: 1)
      now += 1
    }
    #expect(waits == [1000, 2000, 4000, 8000])
    breaker.record(.answered, at: at(now), random: 1)
    fail(&breaker, times: 5, from: now + 1)
    #expect(breaker.state(at: at(now + 5)) == .open(until: at(now + 1005)))
  }

  @Test func `while it is open, calls that were sent before say nothing`() {
    var breaker = CircuitBreaker()
    fail(&breaker, times: 5, from: 0)
    breaker.record(.answered, at: at(10), random: 1)
    fail(&breaker, times: 50, from: 11)
    #expect(breaker.state(at: at(100)) == .open(until: at(1004)))
  }

  @Test func `limits of zero failures switch it off`() {
    var limits = CircuitBreaker.Limits()
    limits.failures = 0
    var breaker = CircuitBreaker(limits)
    fail(&breaker, times: 1000, from: 0)
    #expect(breaker.isClosed)
  }

  /// Reliability 5.3: pure policies run a million steps a second.
  @Test func `whatever happens, calls never pass while it is open and one probe at most is out`() {
    var random = SplitMix(seed: 7)
    var breaker = CircuitBreaker()
    var now: Int64 = 0
    var probes = 0
    let outcomes: [Outcome] = [.answered, .lost, .timedOut, .cancelled, .malformed]
    for _ in 0..<200_000 {
      now += Int64(random.next() % 300)
      let outcome = outcomes[Int(random.next() % 5)]
      switch random.next() % 4 {
      case 0 where probes > 0:
        breaker.recordProbe(outcome, at: at(now), random: 0.5)
        probes -= 1
      case 1:
        if breaker.beginProbe(at: at(now)) { probes += 1 }
      default: breaker.record(outcome, at: at(now), random: 0.5)
      }
      #expect(probes <= 1)
      #expect(breaker.isClosed == (breaker.state(at: at(now)) == .closed))
      if probes == 1 { #expect(breaker.state(at: at(now)) == .probing) }
      if case .open(let until) = breaker.state(at: at(now)) {
        #expect(until.nanoseconds - now * 1_000_000 <= 60_000_000_000)
      }
    }
  }
}
