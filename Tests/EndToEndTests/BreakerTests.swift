import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Reliability 2.3 at the gateway's pipes.
@Suite struct BreakerTests {
  private static let settings = """
    deadlines: {call: 2m, initialize: 1m, probe: 1m}
    discovery: {wait: 1m, deadline: 2m}
    breaker: {failures: 3, open: 10m, longest: 10m}

    """

  private func milliseconds(_ answer: ServerMessage) -> Int? {
    answer.error?.at(pointer: "/data/retryAfterMs")?.intValue
  }

  @Test func `H09: calls to a service that keeps failing are refused at once, others are served`()
    throws
  {
    let run = try GatewayRun.open([Service("bad"), Service("good")], settings: Self.settings)
    try run.expectError("bad_crash", .backendLost)
    try run.expectOK("good_echo")
    // An answer in between begins the row anew. (More deaths would be another reason to refuse.)
    try run.expectOK("bad_echo")
    for _ in 0..<3 { try run.expectError("bad_crash", .backendLost) }
    let refused = try run.expectError("bad_echo", .circuitOpen)
    #expect(refused.error?.at(pointer: "/data/sent") == false, "\(refused.text)")
    #expect(refused.error?.at(pointer: "/data/outcome") == "not_executed", "\(refused.text)")
    #expect(refused.error?.at(pointer: "/data/retryable") == true, "\(refused.text)")
    #expect((milliseconds(refused) ?? 0) > 200_000, "\(refused.text)")
    try run.expectOK("good_echo")
    #expect(run.client.stderr.contains("breaker.open"))
    try run.finish()
  }

  @Test func `H26: results with isError, errors and cancels never open a breaker`() throws {
    let run = try GatewayRun.open([Service("a")], settings: Self.settings)
    for _ in 0..<5 {
      #expect(try run.client.call("a_fail").kind == .result)
      let id = try run.client.request("tools/call", ["name": "a_hang"])
      try run.client.notify(
        "notifications/cancelled", ["requestId": .string(id)])
    }
    try run.expectOK("a_echo")
    try run.finish()
  }

  @Test func `B21: a frozen service is found out by calls and one ping, and replaced`() throws {
    let run = try GatewayRun.open(
      [Service("bad", more: ["limits: {timeout: 300ms}"]), Service("good")],
      settings: """
        deadlines: {call: 2m, initialize: 1m, probe: 1m}
        discovery: {wait: 1m, deadline: 2m}
        breaker: {failures: 2, open: 50ms, longest: 50ms, probe: 200ms}

        """)
    try run.expectServed("bad_echo")
    let frozen = try #require(run.processes(of: "bad").first)
    kill(frozen, SIGSTOP)
    #expect(run.wait { (try? run.client.call("bad_echo"))?.kind == .result })
    #expect(!run.processes(of: "bad").contains(frozen))
    try run.expectOK("good_echo")
    try run.finish()
  }

  @Test func `R13: what was answered during a halt of the gateway is no timeout`() throws {
    let run = try GatewayRun.open(
      [Service("a", more: ["limits: {timeout: 3s}"])], settings: Self.settings)
    try run.expectServed("a_echo")
    let ids = try (0..<5).map { _ in
      try run.client.request(
        "tools/call", ["name": "a_slow", "arguments": ["ms": 300, "steps": 1]])
    }
    // All of them are with the service when this is answered.
    _ = try run.client.roundTrip("ping")
    run.client.process.signal(SIGSTOP)
    run.client.run(for: .milliseconds(3_600))
    run.client.process.signal(SIGCONT)
    for id in ids {
      let answer = try run.client.response(to: id)
      #expect(answer.kind == .result, "\(answer.text)")
    }
    try run.finish()
  }

  @Test func `calls that come while the one probe is out wait for its answer`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [Service("bad", "ledger=\(folder.path)/ledger")],
      settings: """
        deadlines: {call: 2m, initialize: 1m, probe: 1m}
        discovery: {wait: 1m, deadline: 2m}
        breaker: {failures: 1, open: 10ms, longest: 10ms, probe: 1m}

        """, folder: folder)
    try run.client.handshake()
    try run.expectOK("bad_echo")
    try run.expectError("bad_crash", .backendLost)
    run.client.run(for: .milliseconds(50))
    let ids = try (0..<20).map { _ in
      try run.client.request("tools/call", ["name": "bad_echo", "arguments": ["text": "x"]])
    }
    for id in ids { #expect(try run.client.response(to: id).kind == .result) }
    try run.finish()
  }

  @Test(arguments: [("tool fail", ErrorCode.circuitOpen.rawValue), ("tool echo", nil)])
  func `the probe is what the manifest names as the health check`(check: String, code: Int?) throws
  {
    let run = try GatewayRun.open(
      [Service("bad", more: ["health: {every: 0s, check: \(check)}"])],
      settings: """
        deadlines: {call: 2m, initialize: 1m, probe: 1m}
        discovery: {wait: 1m, deadline: 2m}
        breaker: {failures: 1, open: 10ms, longest: 10ms, probe: 1m}

        """)
    try run.expectOK("bad_echo")
    try run.expectError("bad_crash", .backendLost)
    run.client.run(for: .milliseconds(50))
    let answer = try run.client.call("bad_echo")
    #expect(answer.errorCode == code, "\(answer.text)")
    try run.finish()
  }
}
