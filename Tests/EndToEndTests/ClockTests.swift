import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows R09 and T01: interrupted system calls, and a wall clock that jumps.
@Suite struct ClockTests {
  private static let strace = "/usr/bin/strace"
  private static let faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

  /// `FailNthCallTests` goes through every single call; here whole conversations are disturbed.
  @Test(
    .enabled(if: access(strace, X_OK) == 0, "strace is not installed"),
    arguments: [
      "read", "write", "writev", "poll", "epoll_wait", "epoll_pwait", "waitid", "pwrite64",
    ])
  func `R09: interrupted system calls lose nothing`(call: String) throws {
    // The loader reads its libraries before anything of ours runs.
    let first = call == "read" ? 60 : 1
    for place in ["\(first)", "\(first + 1)", "\(first)+2", "\(first)+3", "\(first)+5"] {
      let run = try GatewayRun(
        [Service("good")],
        wrapper: [
          Self.strace, "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
          "inject=\(call):error=EINTR:when=\(place)",
        ])
      try run.client.handshake()
      for _ in 0..<3 { try run.expectOK() }
      run.client.closeInput()
      let exit = try run.client.waitForExit(within: GatewayRun.patience)
      #expect(exit == .code(0), "\(call) \(place)")
      run.checkWhatIsLeft()
    }
  }

  @Test(.enabled(if: access(faketime, R_OK) == 0, "faketime is not installed"))
  func `T01: a jump of the wall clock moves no deadline`() throws {
    let folder = try TemporaryFolder()
    let clock = try folder.write("+0d", to: "clock")
    // Swift reads no arguments under this preload, therefore the folders come by variables.
    try folder.ensureFolder("home")
    #expect(symlink("..", folder.path + "/home/switchyard") == 0)
    let run = try GatewayRun(
      [Service("hung", more: ["limits: {timeout: 500ms}"]), Service("good")],
      environment: [
        "LD_PRELOAD": Self.faketime, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "XDG_CONFIG_HOME": folder.path + "/home",
        "XDG_STATE_HOME": folder.path + "/home/state",
      ], folder: folder)
    try run.client.handshake()
    try run.expectServed("hung_echo")
    for jump in ["+10d", "-10d", "@1970-01-02 00:00:00", "@2038-01-19 03:14:08"] {
      let took = try Promptness.best(under: .milliseconds(750)) {
        try folder.write("+0d", to: "clock")
        try run.expectOK()
        let start = ContinuousClock.now
        let id = try run.client.request("tools/call", ["name": "hung_hang"])
        run.client.run(for: .milliseconds(50))
        try folder.write(jump, to: "clock")
        let answer = try run.client.response(to: id)
        #expect(answer.errorCode == ErrorCode.timeout.rawValue, "\(jump): \(answer.text)")
        let took = ContinuousClock.now - start
        #expect(took >= .milliseconds(499), "\(jump): \(took)")
        return took
      }
      #expect(took < .milliseconds(750), "\(jump)")
      try run.expectOK()
    }
    try run.finish()
  }
}
