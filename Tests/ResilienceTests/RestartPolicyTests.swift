import Resilience
import Testing

@Suite struct RestartPolicyTests {
  /// Starts and ends at once, `count` times, whenever the policy allows it. Returns the waits.
  private func crash(
    _ policy: inout RestartPolicy, times count: Int, from now: inout Instant, random: Double = 1
  ) -> [Duration] {
    var waits: [Duration] = []
    for _ in 0..<count {
      policy.started(at: now)
      policy.failed(at: now, random: random)
      guard case .wait(let until, _) = policy.decide(at: now) else { return waits }
      waits.append(until - now)
      now = until
    }
    return waits
  }

  @Test func `the first start needs no permission`() {
    #expect(RestartPolicy().decide(at: .zero) == .start)
  }

  @Test func `B02: a service that ends at once is started later each time`() {
    var policy = RestartPolicy()
    var now = Instant.zero
    let waits = crash(&policy, times: 5, from: &now)
    #expect(waits == [100, 200, 400, 800, 1600].map { .milliseconds($0) })
    #expect(!policy.isFlapping)
  }

  @Test func `jitter halves a delay at most`() {
    var policy = RestartPolicy()
    policy.started(at: .zero)
    policy.failed(at: .zero, random: 0)
    #expect(policy.nextStart(after: .zero) == .zero + .milliseconds(50))
  }

  @Test func `B17: more than five starts in ten seconds are flapping, tried once a minute`() {
    var policy = RestartPolicy()
    var now = Instant.zero
    _ = crash(&policy, times: 5, from: &now)
    let waits = crash(&policy, times: 3, from: &now, random: 0)
    #expect(policy.isFlapping)
    #expect(waits == Array(repeating: .seconds(60), count: 3))
    #expect(policy.decide(at: now + .seconds(-1)) == .wait(until: now, isFlapping: true))
    #expect(policy.decide(at: now) == .start)
  }

  @Test func `B17: five starts in ten seconds are not yet flapping`() {
    var policy = RestartPolicy()
    for index in 0..<5 { policy.started(at: .zero + .seconds(index)) }
    policy.failed(at: .zero + .seconds(5), random: 0)
    #expect(!policy.isFlapping)
    policy.started(at: .zero + .milliseconds(10_001))
    policy.failed(at: .zero + .milliseconds(10_001), random: 0)
    #expect(!policy.isFlapping, "six starts in more than ten seconds")
    policy.started(at: .zero + .milliseconds(10_002))
    policy.failed(at: .zero + .milliseconds(10_002), random: 0)
    #expect(policy.isFlapping, "six starts in nine seconds")
  }

  @Test func `a minute of being up forgets everything, less does not`() {
    for (up, isForgotten) in [(59_999, false), (60_000, true)] {
      var policy = RestartPolicy()
      var now = Instant.zero
      _ = crash(&policy, times: 7, from: &now)
      policy.started(at: now)
      policy.failed(at: now + .milliseconds(up), random: 0)
      #expect(policy.isFlapping != isForgotten)
      #expect(policy.failuresInARow == (isForgotten ? 1 : 8))
    }
  }

  @Test func `the longest delay is thirty seconds, and it never gives up`() {
    var policy = RestartPolicy()
    var now = Instant.zero
    for _ in 0..<200 {
      policy.started(at: now)
      // Up for eleven seconds each time: never six starts in ten seconds.
      now = now + .seconds(11)
      policy.failed(at: now, random: 1)
      guard case .wait(let until, let isFlapping) = policy.decide(at: now) else {
        Issue.record("no wait after a failure")
        return
      }
      #expect(!isFlapping)
      #expect(until - now <= .seconds(30))
      now = until
    }
    #expect(policy.failuresInARow == 200)
    #expect(policy.decide(at: now) == .start)
  }

  @Test func `what was stopped on purpose may start at once`() {
    var policy = RestartPolicy()
    var now = Instant.zero
    _ = crash(&policy, times: 8, from: &now)
    policy.forget()
    #expect(policy.decide(at: Instant.zero) == .start)
    #expect(!policy.isFlapping)
  }
}
