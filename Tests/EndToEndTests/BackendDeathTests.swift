import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows B05 to B07 and B11 to B16: services that hang, die, or leave processes behind.
@Suite struct BackendDeathTests {
  private func slowCall(_ run: GatewayRun, _ tool: String, ms: Int) throws -> String {
    try run.client.request(
      "tools/call",
      ["name": .string(tool), "arguments": ["ms": .number(JSONNumber(ms)), "uuid": "u"]])
  }

  @Test func `B05: a call that hangs ends at its deadline, is cancelled, and frees its place`()
    throws
  {
    let folder = try TemporaryFolder()
    let limits = "limits: {concurrent: 1, timeout: 500ms}"
    let run = try GatewayRun(
      [Service("bad", "ledger=\(folder.path)/ledger", more: [limits])], folder: folder)
    try run.client.handshake()
    try run.expectServed("bad_echo")
    let took = try Promptness.best(under: .milliseconds(500 + 250)) {
      let start = ContinuousClock.now
      let answer = try run.expectError("bad_hang", .timeout, arguments: ["uuid": "h"])
      #expect(answer.error?.at(pointer: "/data/backend") == "bad", "\(answer.text)")
      // The only place is free again.
      let took = ContinuousClock.now - start
      try run.expectServed("bad_echo")
      return took
    }
    #expect(took >= .milliseconds(499))
    #expect(took < .milliseconds(500 + 250))
    #expect(folder.read("ledger").contains("cancelled h "))
    try run.finish()
  }

  @Test func `B05: an answer after the deadline is dropped`() throws {
    let run = try GatewayRun.open([
      Service("bad", "only=digest,delay=800", more: ["limits: {timeout: 400ms}"])
    ])
    try run.expectServed("bad_echo")
    let late = try run.expectError("bad_digest", .timeout)
    run.client.run(for: .milliseconds(600))
    try run.expectServed("bad_echo")
    #expect(run.client.transcript.answersByID[late.id ?? ""]?.count == 1)
    try run.finish()
  }

  /// From the call that kills a service to the last of the 20 answers that were due.
  private func timeOfDeath(_ run: GatewayRun, _ service: String) throws -> Duration {
    try run.expectOK("\(service)_echo")
    let flying = try (0..<20).map { _ in try slowCall(run, "\(service)_slow", ms: 300_000) }
    // What was sent before this call is answered after it has been read.
    try run.expectOK("\(service)_echo")
    let start = ContinuousClock.now
    try run.expectError("\(service)_digest", .backendLost)
    for id in flying {
      let answer = try run.client.response(to: id)
      #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
      #expect(answer.error?.at(pointer: "/data/outcome") == "unknown", "\(answer.text)")
      #expect(answer.error?.at(pointer: "/data/sent") == true, "\(answer.text)")
    }
    return ContinuousClock.now - start
  }

  @Test(arguments: ["crash@1", "segv@1", "exit@1=3", "exit@1=0"])
  func `B06: a death answers every call in flight at once, and the next call is served`(
    script: String
  ) throws {
    // Each attempt has a service of its own, which has not failed before.
    let attempts = 5
    let run = try GatewayRun.open(
      (0..<attempts).map { Service("bad\($0)", "only=digest,\(script)") } + [Service("good")])
    var attempt = 0
    let took = try Promptness.best(under: .milliseconds(100), attempts: attempts) {
      defer { attempt += 1 }
      return try timeOfDeath(run, "bad\(attempt)")
    }
    #expect(took < .milliseconds(100))
    try run.expectOK()
    for index in 0..<attempt { try run.expectOK("bad\(index)_echo") }
    try run.finish()
  }

  @Test func `B07: half a line and death is no answer`() throws {
    let run = try GatewayRun.open([Service("bad", "only=digest,half"), Service("good")])
    try run.expectOK("bad_echo")
    try run.expectError("bad_digest", .backendLost)
    try run.expectOK("bad_echo")
    try run.finish()
  }

  @Test func `B11: a closed stdout is a death although the process runs`() throws {
    let run = try GatewayRun.open([Service("bad", "only=digest,close-stdout"), Service("good")])
    try run.expectOK("bad_echo")
    let before = run.processes(of: "bad")
    // Long before the deadline, which would be another error.
    try run.expectError("bad_digest", .backendLost)
    try run.expectOK("bad_echo")
    #expect(run.wait { Set(before).isDisjoint(with: run.processes(of: "bad")) })
    try run.finish()
  }

  @Test func `B12: a closed stdin still answers what it took, and the next call is served`() throws
  {
    let run = try GatewayRun.open([Service("bad", "only=digest,close-stdin,delay=200")])
    try run.expectOK("bad_echo")
    #expect(try run.client.call("bad_digest").kind == .result)
    // The first call afterwards may find the closed pipe only when it is written to.
    let next = try run.client.call("bad_echo", ["text": "x"])
    if next.kind != .result {
      #expect(next.errorCode == ErrorCode.backendUnavailable.rawValue, "\(next.text)")
      #expect(next.error?.at(pointer: "/data/sent") == false, "\(next.text)")
    }
    #expect(run.wait { (try? run.client.call("bad_echo"))?.kind == .result })
    try run.finish()
  }

  @Test func `B13: a service that ignores the end of its input and SIGTERM is killed`() throws {
    let run = try GatewayRun.open([Service("bad", "ignore-term,ignore-eof")])
    try run.expectOK("bad_echo")
    #expect(!run.processes(of: "bad").isEmpty)
    try run.finish()
  }

  @Test func `B14: a death is seen although a grandchild holds the pipe, which is killed`() throws {
    let run = try GatewayRun.open([Service("bad", "fork"), Service("good")])
    try run.expectOK("bad_echo")
    let before = run.processes(of: "bad")
    #expect(before.count == 2)
    // The grandchild never ends by itself, so neither would the wait for the pipe's end.
    try run.expectError("bad_crash", .backendLost)
    #expect(run.wait { Set(before).isDisjoint(with: run.processes(of: "bad")) })
    try run.expectOK("bad_echo")
    try run.finish()
  }

  @Test(arguments: ["fork=setsid", "fork=daemon"])
  func `B15: a process in a session of its own is found and killed`(script: String) throws {
    let run = try GatewayRun.open([Service("bad", script), Service("good")])
    try run.expectOK("bad_echo")
    #expect(run.wait { run.processes(of: "bad").count == 2 })
    try run.expectOK()
    try run.finish()
  }

  @Test func `B16: 5 000 answers written before an exit are all delivered`() throws {
    let run = try GatewayRun.open(
      [Service("bad", "only=digest,burst-exit=5000", more: ["limits: {concurrent: 10000}"])])
    try run.expectOK("bad_echo")
    let lines = (0..<5_000).map {
      #"{"jsonrpc":"2.0","id":"b\#($0)","method":"tools/call","params":{"name":"bad_digest"}}"#
    }
    run.client.post(Array((lines.joined(separator: "\n") + "\n").utf8))
    let before = run.client.transcript.answerCount
    #expect(
      run.client.run(until: { $0.answerCount - before >= 5_000 }, within: GatewayRun.patience))
    let failed = run.client.transcript.messages.filter { $0.kind == .failure }
    #expect(failed.count == 0, "\(failed.first?.text ?? "")")
    try run.finish()
  }
}
