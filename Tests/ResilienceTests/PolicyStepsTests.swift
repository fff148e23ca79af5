import Resilience
import TestSupport
import Testing

/// Reliability 5.3: policies are values, and a million steps of them take a moment.
@Suite struct PolicyStepsTests {
  @Test
  func `a million steps of a breaker: one probe at most, and none but probes while it is open`() {
    var random = SplitMix(seed: 3)
    var breaker = CircuitBreaker()
    var now = Instant.zero
    var isProbing = false
    var mistakes = 0
    let outcomes: [Outcome] = [
      .answered, .lost, .timedOut, .cancelled, .malformed, .notSent, .refused, .answeredIsError,
    ]
    for _ in 0..<1_000_000 {
      now = now.advanced(byNanoseconds: Int64(random.next() % 300_000_000))
      let outcome = outcomes[Int(random.next() % 8)]
      switch random.next() % 4 {
      case 0 where isProbing:
        breaker.recordProbe(outcome, at: now, random: 0.5)
        isProbing = false
      case 1:
        let isFree = breaker.state(at: now) == .halfOpen
        if breaker.beginProbe(at: now) {
          if isProbing || !isFree { mistakes += 1 }
          isProbing = true
        }
      default:
        let wasClosed = breaker.isClosed
        breaker.record(outcome, at: now, random: 0.5)
        // What says nothing bad opens nothing, and no call closes it.
        if wasClosed, !breaker.isClosed, outcome.verdict != .ill { mistakes += 1 }
        if !wasClosed, breaker.isClosed { mistakes += 1 }
      }
      if isProbing != (breaker.state(at: now) == .probing) { mistakes += 1 }
    }
    #expect(mistakes == 0)
  }

  @Test func `a million steps of restarts: six in ten seconds at most, and never given up`() {
    var random = SplitMix(seed: 8)
    var policy = RestartPolicy()
    var now = Instant.zero
    var starts: [Instant] = []
    var mistakes = 0
    for _ in 0..<1_000_000 {
      switch policy.decide(at: now) {
      case .wait(let until, let isFlapping):
        if until <= now || until - now > .seconds(isFlapping ? 66 : 30) { mistakes += 1 }
        now = until
      case .start:
        policy.started(at: now)
        starts.append(now)
        if starts.count > 7 { starts.removeFirst() }
        // The pauses and the minute of flapping leave no room for a seventh.
        if starts.count == 7, now - starts[0] <= .seconds(10) { mistakes += 1 }
        // Mostly it dies at once, now and then it stays for up to two minutes.
        let most: UInt64 = random.next() % 20 == 0 ? 120_000 : 200
        let up = random.next() % most
        now = now + .milliseconds(up)
        let share = Double(random.next() >> 11) / Double(1 << 53)
        policy.failed(at: now, random: share)
        // A minute of being up forgets what was.
        if up >= 60_000, policy.failuresInARow != 1 { mistakes += 1 }
        if up < 60_000, policy.isFlapping, policy.failuresInARow < 6 { mistakes += 1 }
      }
    }
    #expect(mistakes == 0)
  }

  @Test func `a million steps of a retry budget: never more than a fifth, and always three`() {
    var random = SplitMix(seed: 4)
    var budget = RetryBudget()
    var taken = 0
    var mistakes = 0
    for _ in 0..<1_000_000 {
      let inFlight = Int(random.next() % 200)
      if random.next() % 3 == 0, taken > 0 {
        budget.give()
        taken -= 1
      } else {
        let isTaken = budget.take(ofInFlight: inFlight)
        if isTaken != (taken < max(3, inFlight / 5)) { mistakes += 1 }
        if isTaken { taken += 1 }
      }
      if budget.retrying != taken { mistakes += 1 }
    }
    #expect(mistakes == 0)
  }

  @Test func `a million pauses of a backoff lie between nothing and their bound`() {
    var random = SplitMix(seed: 5)
    let backoff = Backoff()
    var mistakes = 0
    for _ in 0..<1_000_000 {
      let attempts = Int(random.next() % 40) + 1
      let share = Double(random.next() >> 11) / Double(1 << 53)
      let pause = backoff.pause(after: attempts, random: share).inNanoseconds
      let bound = min(2_000_000_000, Int64(50_000_000) << Int64(min(attempts - 1, 10)))
      if pause < 0 || pause > bound { mistakes += 1 }
    }
    #expect(mistakes == 0)
  }
}
