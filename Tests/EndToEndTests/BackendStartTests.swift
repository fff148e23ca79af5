import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows B01 to B04 and B17: services that do not come up.
@Suite struct BackendStartTests {
  /// A service that behaves until its script file says otherwise, so that the
  /// catalogue knows its tools when it stops working.
  private struct Switched {
    let folder: TemporaryFolder
    let run: GatewayRun

    init() throws {
      folder = try TemporaryFolder()
      try folder.write("", to: "script")
      let script = "script=\(folder.path)/script,starts=\(folder.path)/starts"
      run = try GatewayRun(
        [Service("bad", script), Service("good")], folder: folder)
      try run.client.handshake()
      try run.expectOK("bad_echo")
    }

    /// Ends the healthy process; the next one obeys `script`.
    func turn(_ script: String) throws {
      try folder.write(script, to: "script")
      try run.expectError("bad_crash", .backendLost)
    }

    var starts: Int { folder.read("starts").split(separator: "\n").count }
  }

  @Test(arguments: ["/nowhere/at/all", "/etc", "/etc/hostname", "no-such-program-anywhere"])
  func `B01: a command that cannot run takes only its own service down`(
    command: String
  ) throws {
    let run = try GatewayRun.open([Service("bad", command: command), Service("good")])
    let list = try run.client.roundTrip("tools/list")
    let names = list.result?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    #expect(names.contains("good_echo"))
    #expect(!names.contains { $0.hasPrefix("bad_") })
    try run.expectOK()
    let refused = try run.expectError("bad_echo", .backendUnavailable)
    #expect(refused.text.contains(command), "\(refused.text)")
    #expect(refused.error?.at(pointer: "/data/sent") == false, "\(refused.text)")
    #expect(run.client.stderr.contains(command), "\(run.client.stderr)")
    try run.finish()
  }

  @Test(arguments: ["exit=0", "exit=1"])
  func `B02: a service that leaves before its handshake fails the call and not the others`(
    script: String
  ) throws {
    let bad = try Switched()
    try bad.turn(script)
    // The first call waits for restarts; once the service flaps, the answer comes at once.
    try bad.run.expectError("bad_echo", .backendUnavailable)
    let took = try Promptness.time(under: .milliseconds(100)) {
      let answer = try bad.run.expectError("bad_echo", .backendUnavailable)
      #expect(answer.error?.at(pointer: "/data/sent") == false, "\(answer.text)")
      #expect(answer.error?.at(pointer: "/data/outcome") == "not_executed", "\(answer.text)")
    }
    #expect(took < .milliseconds(100))
    try bad.run.expectOK()
    try bad.run.finish()
  }

  @Test func `B03: what a service printed before it left is in the error`() throws {
    let bad = try Switched()
    try bad.turn("usage")
    let answer = try bad.run.expectError("bad_echo", .backendUnavailable)
    #expect(answer.text.contains("usage: fake"), "\(answer.text)")
    #expect(answer.text.contains("missing operand"), "\(answer.text)")
    #expect(answer.text.contains("(exit code 2)"), "\(answer.text)")
    try bad.run.finish()
  }

  @Test func `B03: the last words before an end are quoted, however much was said before`() throws {
    let run = try GatewayRun.open(
      [
        ShellService.named(
          "bad", environment: ["AT_START": "seq 500 >&2; echo the reason >&2; exit 3"])
      ], settings: GatewayRun.patientSettings + "stderr: {rate: 5}\n")
    let answer = try run.expectError("bad_echo", .backendUnavailable)
    #expect(answer.text.contains("499 | 500 | the reason"), "\(answer.text)")
    try run.finish()
  }

  @Test func `B04: a service that hangs in its handshake is killed and delays no other`() throws {
    let run = try GatewayRun.open(
      [Service("bad", "hang@init", more: ["limits: {timeout: 4s}"]), Service("good")],
      settings: "deadlines: {initialize: 1s, probe: 1s}\ndiscovery: {wait: 1m}\n")
    let asked = try run.client.request("tools/call", ["name": "bad_echo"])
    try run.expectOK()
    // The other one was served while this one hung.
    #expect(run.client.transcript.answersByID[asked] == nil)
    #expect(run.wait { !run.processes(of: "bad").isEmpty })
    let hung = run.processes(of: "bad")
    let answer = try run.client.response(to: asked)
    #expect(answer.errorCode == ErrorCode.backendUnavailable.rawValue, "\(answer.text)")
    #expect(run.wait { Set(hung).isDisjoint(with: run.processes(of: "bad")) })
    try run.finish()
  }

  @Test func `B17: a service that dies at each start is not started again and again`() throws {
    let bad = try Switched()
    try bad.turn("exit=1")
    let before = bad.starts
    let start = ContinuousClock.now
    while ContinuousClock.now - start < .seconds(3) {
      try bad.run.expectError("bad_echo", .backendUnavailable)
      bad.run.client.run(for: .milliseconds(20))
    }
    // Five starts in ten seconds, the healthy one included, then it counts as flapping.
    #expect(bad.starts - before <= 6, "\(bad.starts) starts")
    try bad.run.expectOK()
    try bad.run.finish()
  }
}
