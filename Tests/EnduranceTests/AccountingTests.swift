import Endurance
import Resilience
import Testing

/// Ledgers that lie must be found out, or agreement would say nothing.
@Suite struct AccountingTests {
  private let start = Instant(nanoseconds: 1_000_000_000)
  private func after(_ milliseconds: Int) -> Instant { start + .milliseconds(milliseconds) }

  private func call(
    _ number: Int, _ tool: CallRecord.Tool = .echo, _ answers: CallAnswer...
  ) -> CallRecord {
    var call = CallRecord(number: number, tool: tool, group: "g0", sent: start)
    call.answers = answers
    return call
  }

  private var good: CallAnswer { CallAnswer(at: after(5), kind: .result(isError: false)) }

  private func failure(
    _ code: Int, at time: Int = 5, backend: String = "s0", wasSent: Bool = true
  ) -> CallAnswer {
    CallAnswer(
      at: after(time),
      kind: .error(
        CallFailure(
          code: code, backend: backend, wasSent: wasSent,
          outcome: wasSent ? "unknown" : "not_executed")))
  }

  private func disagreements(
    _ calls: [CallRecord], attempts: [String: Int], repeated: [String: Int] = [:],
    executions: [String: Int], deeds: [Deed] = []
  ) -> [String] {
    var figures = GatewayFigures()
    figures.attempts = attempts
    figures.repeated = repeated
    return Accounting(calls: calls, figures: figures, executions: executions, deeds: deeds)
      .disagreements
  }

  @Test func `ledgers that agree are silent`() {
    let calls = [
      call(0, .echo, good), call(1, .digest, good), call(2, .echo, failure(-31002)),
    ]
    let found = disagreements(
      calls, attempts: ["answered": 2, "lost": 2], repeated: ["lost": 1],
      executions: ["c0": 1, "c1": 2, "c2": 1], deeds: [Deed(.kill, ["s0"], at: after(2))])
    #expect(found == [])
  }

  @Test func `a call without an answer is found, unless it was cancelled`() {
    var cancelled = call(1)
    cancelled.cancelled = start
    let found = disagreements(
      [call(0), cancelled], attempts: ["cancelled": 2], executions: [:])
    #expect(found == ["c0 (echo) was never answered"])
  }

  @Test func `two answers, and the answer of another, are found`() {
    var wrong = good
    wrong.isRight = false
    let found = disagreements(
      [call(0, .echo, good, good), call(1, .echo, wrong)], attempts: ["answered": 2],
      executions: ["c0": 1, "c1": 1])
    #expect(
      found == ["c0 (echo) was answered 2 times", "c1 (echo) got the answer of another"])
  }

  @Test func `a second execution is found, unless the tool is declared safe`() {
    let found = disagreements(
      [call(0, .echo, good), call(1, .digest, good)], attempts: ["answered": 2],
      executions: ["c0": 2, "c1": 2])
    #expect(found == ["c0 (echo) was executed 2 times"])
  }

  @Test func `a result without an execution, and an execution without a call, are found`() {
    let found = disagreements(
      [call(0, .echo, good)], attempts: ["answered": 1], executions: ["c7": 1])
    #expect(
      found == [
        "c0 (echo) has a result and was never executed", "c7 was executed and never called",
      ])
  }

  @Test func `an error that says not sent of a call that was executed is found`() {
    let found = disagreements(
      [call(0, .digest, failure(-31001, wasSent: false))], attempts: ["not_sent": 1],
      executions: ["c0": 1], deeds: [Deed(.kill, ["s1"], at: start)])
    #expect(found.count == 1 && found[0].contains("its error says not_executed"), "\(found)")
  }

  @Test(arguments: [
    // Nobody touched the service; it was long before; it was after the answer.
    [Deed(.kill, ["s9"], at: Instant(nanoseconds: 1_000_000_000))],
    [Deed(.kill, ["s0"], at: Instant(nanoseconds: -60_000_000_000))],
    [Deed(.kill, ["s0"], at: Instant(nanoseconds: 2_000_000_000))],
    [Deed(.rewrite, ["s0"], at: Instant(nanoseconds: 1_000_000_000))],
  ])
  func `a loss that no deed explains is found`(deeds: [Deed]) {
    let found = disagreements(
      [call(0, .echo, failure(-31002))], attempts: ["lost": 1], executions: [:], deeds: deeds)
    #expect(found.count == 1 && found[0].contains("nothing explains"), "\(found)")
  }

  @Test func `a deadline explains itself only when half of its time has passed`() {
    func found(_ time: Int) -> [String] {
      disagreements(
        [call(0, .echo, failure(-31003, at: time))], attempts: ["timed_out": 1], executions: [:])
    }
    // Calls of the first group may take two seconds, of which half is certain.
    #expect(found(1_001) == [])
    #expect(found(900).count == 1)
  }

  @Test(arguments: [-32603, -31004, -31005, -31008, -31009, -32602])
  func `errors that chaos does not explain are found`(code: Int) {
    let found = disagreements(
      [call(0, .echo, failure(code))], attempts: [:], executions: [:],
      deeds: [Deed(.kill, ["s0"], at: start)])
    #expect(found.contains { $0.contains("nothing explains") }, "\(found)")
  }

  @Test func `a refusal is explained by a server of the group that refused`() {
    func found(_ deed: Deed) -> [String] {
      disagreements(
        [call(0, .echo, failure(-31004, wasSent: false))],
        attempts: ["refused": 1], executions: [:], deeds: [deed])
    }
    #expect(found(Deed(.refuse, ["s0"], at: start)) == [])
    #expect(found(Deed(.refuse, ["s19"], at: start)).count == 1)
  }

  @Test func `a gateway that counts otherwise than its client is found`() {
    let calls = [call(0, .echo, good), call(1, .echo, failure(-31002))]
    let found = disagreements(
      calls, attempts: ["answered": 1, "lost": 2], executions: ["c0": 1],
      deeds: [Deed(.kill, ["s0"], at: start)])
    #expect(found == ["the gateway counted 2 calls as lost, the client 1"])
    let less = disagreements(
      calls, attempts: ["lost": 1], executions: ["c0": 1],
      deeds: [Deed(.kill, ["s0"], at: start)])
    #expect(less == ["the gateway counted 0 calls as answered, the client 1"])
  }

  @Test func `what the gateway still has in the end is found`() {
    var figures = GatewayFigures()
    figures.clientRequests = 1
    figures.openBreakers = 2
    let found = Accounting(calls: [], figures: figures, executions: [:], deeds: []).disagreements
    #expect(
      found == [
        "in the end the gateway has 1 requests of the client",
        "in the end the gateway has 2 open breakers",
      ])
  }

  @Test func `the figures are read from metrics and log`() {
    var figures = GatewayFigures()
    figures.read(
      metrics: """
        # HELP switchyard_calls_total x
        switchyard_calls_total{service="a",tool="t",outcome="lost",gateway="1"} 3
        switchyard_calls_total{service="b",tool="t",outcome="lost",gateway="1"} 4
        switchyard_breaker_closed{service="a",gateway="1"} 0
        switchyard_breaker_closed{service="b",gateway="1"} 1
        switchyard_log_dropped_total{gateway="1"} 2

        """)
    figures.read(
      log: Array(
        """
        {"event":"call.retried","why":"lost","pause_ms":"0"}
        {"event":"service.failed","why":"lost"}
        {"event":"call.retried","why":"refused","pause_ms":"12"}

        """.utf8))
    #expect(figures.attempts == ["lost": 7] && figures.repeated == ["lost": 1, "refused": 1])
    #expect(figures.openBreakers == 1 && figures.lostLines == 2 && figures.pauses == 1)
  }
}
