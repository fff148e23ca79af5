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

    /// Long enough for the restarts that a call waits for before its service counts as flapping.
    static let settings = "deadlines: {call: 10s, initialize: 1s, probe: 300ms}\n"

    init() throws {
      folder = try TemporaryFolder()
      try folder.write("", to: "script")
      let script = "script=\(folder.path)/script,starts=\(folder.path)/starts"
      run = try GatewayRun(
        [Service("bad", script), Service("good")], settings: Self.settings, folder: folder)
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
    try run.expectError("bad_echo", .backendUnavailable, .invalidParams)
    #expect(run.client.stderr.contains(command), "\(run.client.stderr)")
    try run.finish()
  }

  @Test(arguments: ["exit=0", "exit=1"])
  func `B02: a service that leaves before its handshake fails the call and not the others`(
    script: String
  ) throws {
    let bad = try Switched()
    try bad.turn(script)
    for attempt in 0..<4 {
      let start = ContinuousClock.now
      let answer = try bad.run.expectError(
        "bad_echo", .backendUnavailable, .circuitOpen, within: .seconds(11))
      // The first call may wait for restarts; once it flaps, the answer comes at once.
      #expect(attempt == 0 || ContinuousClock.now - start < .milliseconds(500))
      #expect(answer.error?.at(pointer: "/data/sent") == false, "\(answer.text)")
      #expect(answer.error?.at(pointer: "/data/outcome") == "not_executed", "\(answer.text)")
    }
    try bad.run.expectOK()
    try bad.run.finish()
  }

  @Test func `B03: what a service printed before it left is in the error`() throws {
    let bad = try Switched()
    try bad.turn("usage")
    let answer = try bad.run.expectError(
      "bad_echo", .backendUnavailable, .circuitOpen, within: .seconds(11))
    #expect(answer.text.contains("usage: fake"), "\(answer.text)")
    #expect(answer.text.contains("missing operand"), "\(answer.text)")
    #expect(answer.text.contains("2"), "\(answer.text)")
    try bad.run.finish()
  }

  @Test func `B04: a service that hangs in its handshake is killed and delays no other`() throws {
    let run = try GatewayRun.open([Service("bad", "hang@init"), Service("good")])
    let asked = try run.client.request("tools/call", ["name": "bad_echo"])
    let start = ContinuousClock.now
    try run.expectOK(within: .seconds(2))
    #expect(ContinuousClock.now - start < .seconds(1))
    let hung = run.processes(of: "bad")
    #expect(!hung.isEmpty)
    let answer = try run.client.response(to: asked, within: .seconds(30))
    #expect(answer.kind == .failure, "\(answer.text)")
    #expect(
      run.wait(within: .seconds(30)) { Set(hung).isDisjoint(with: run.processes(of: "bad")) })
    try run.finish()
  }

  @Test func `B17: a service that dies at each start is not started again and again`() throws {
    let bad = try Switched()
    try bad.turn("exit=1")
    let before = bad.starts
    let start = ContinuousClock.now
    while ContinuousClock.now - start < .seconds(3) {
      try bad.run.expectError(
        "bad_echo", .backendUnavailable, .circuitOpen, within: .seconds(11))
      bad.run.client.run(for: .milliseconds(20))
    }
    // Five starts in ten seconds, the healthy one included, then it counts as flapping.
    #expect(bad.starts - before <= 6, "\(bad.starts) starts")
    try bad.run.expectOK()
    try bad.run.finish()
  }
}
