import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows R01, R08, R09, T01, B36 and B37: descriptors, interrupted calls, clocks, many services.
@Suite struct ResourceTests {
  /// A shell that changes something and becomes the gateway.
  private func shell(_ before: String, _ after: String = "") -> [String] {
    ["/bin/sh", "-c", "\(before) exec \"$@\" \(after)", "sh"]
  }

  private static let strace = "/usr/bin/strace"
  private static let faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

  @Test func `R01: without descriptors new services are refused and old ones go on`() throws {
    let services = (0..<60).map { Service("s\($0)") }
    let run = try GatewayRun(
      services, settings: "discovery: {wait: 1s}\n", wrapper: shell("ulimit -n 64;"))
    try run.client.handshake()
    try run.expectOK("s0_echo", within: .seconds(10))
    var refused: [ServerMessage] = []
    for index in 1..<60 {
      let answer = try run.client.call("s\(index)_echo", within: .seconds(20))
      if answer.kind == .failure { refused.append(answer) }
    }
    #expect(!refused.isEmpty)
    #expect(
      refused.contains {
        $0.errorCode == ErrorCode.overloaded.rawValue
          && $0.error?.at(pointer: "/data/reason") == "fds"
      }, "\(refused.first?.text ?? "none")")
    try run.expectOK("s0_echo")
    try run.finish()
  }

  @Test func `R08: without stderr everything works`() throws {
    let run = try GatewayRun([Service("good")], wrapper: shell("", "2>&-"))
    try run.client.handshake()
    try run.expectOK()
    try run.finish()
  }

  @Test(arguments: ["<&-", "</dev/null", ">&-", "<&- >&- 2>&-", ">/dev/full"])
  func `R08: without stdin or stdout it ends by itself and leaves nothing`(
    redirection: String
  ) throws {
    let run = try GatewayRun([Service("good")], wrapper: shell("", redirection))
    let line = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"good_echo"}}"#
    run.client.post(Array((line + "\n").utf8))
    run.client.run(for: .milliseconds(300))
    run.client.closeInput()
    _ = try run.client.waitForExit(within: .seconds(3))
    run.checkProcesses()
  }

  @Test func `R08: a file as stdin is served to its end`() throws {
    let folder = try TemporaryFolder()
    let lines = [
      #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","#
        + #""capabilities":{},"clientInfo":{"name":"f","version":"1"}}}"#,
      #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
      #"{"jsonrpc":"2.0","id":2,"method":"ping"}"#,
    ]
    let file = try folder.write(lines.joined(separator: "\n") + "\n", to: "input")
    let run = try GatewayRun([Service("good")], wrapper: shell("", "<\(file)"), folder: folder)
    #expect(try run.client.waitForExit(within: .seconds(5)) == .code(0))
    #expect(run.client.transcript.answersByID.keys.sorted() == ["1", "2"])
    run.checkProcesses()
  }

  @Test(arguments: [Revision.r2025_11_25, .r2026_07_28])
  func `R08: sockets in place of pipes serve as well`(revision: Revision) throws {
    let run = try GatewayRun(
      [Service("good")], settings: "", revision: revision, channel: .sockets)
    try run.client.handshake()
    try run.expectOK()
    let filler = String(repeating: "é", count: 500_000)
    let answer = try run.client.call("good_echo", ["text": .string(filler)], within: .seconds(20))
    #expect(
      answer.result?.at(pointer: "/structuredContent/text")?.stringValue == filler,
      "\(answer.text.prefix(400))")
    try run.finish()
  }

  @Test(
    .enabled(if: access(strace, X_OK) == 0, "strace is not installed"),
    arguments: ["read", "write", "writev", "epoll_wait", "epoll_pwait"])
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
      #expect(try run.client.waitForExit(within: .seconds(10)) == .code(0), "\(call) \(place)")
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
      [Service("good")],
      environment: [
        "LD_PRELOAD": Self.faketime, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "XDG_CONFIG_HOME": folder.path + "/home",
        "XDG_STATE_HOME": folder.path + "/home/state",
      ], folder: folder)
    try run.client.handshake()
    try run.expectOK()
    for jump in ["+10d", "-10d", "@1970-01-02 00:00:00", "@2038-01-19 03:14:08"] {
      try folder.write(jump, to: "clock")
      let start = ContinuousClock.now
      try run.expectError("good_hang", .timeout)
      let took = ContinuousClock.now - start
      let isInTime = took >= .milliseconds(450) && took < .seconds(1)
      #expect(isInTime, "\(jump): \(took)")
      try run.expectOK()
    }
    try run.finish()
  }

  @Test func `B36: after many restarts there is no zombie and no lost descriptor`() throws {
    let services = (0..<50).map { Service("s\($0)") }
    let run = try GatewayRun.open(services, settings: "")
    let gateway = run.client.process.processID
    for index in 0..<50 { try run.expectOK("s\(index)_echo", within: .seconds(20)) }
    let before = ProcessFigures.descriptors(gateway)
    for _ in 0..<4 {
      let ids = try (0..<50).map {
        try run.client.request("tools/call", ["name": .string("s\($0)_crash")])
      }
      for id in ids {
        #expect(try run.client.response(to: id, within: .seconds(20)).kind == .failure)
      }
    }
    for index in 0..<50 { try run.expectOK("s\(index)_echo", within: .seconds(30)) }
    #expect(ProcessFigures.zombies(of: gateway) == 0)
    #expect(ProcessFigures.descriptors(gateway) <= before)
    try run.finish()
  }

  @Test func `B37: 200 services come up within the wait of the first list`() throws {
    let services = (0..<200).map { Service("s\($0)", "tools=1") }
    let run = try GatewayRun.open(services, settings: "")
    let list = try run.client.roundTrip("tools/list", within: .seconds(15))
    #expect(list.result?["tools"]?.arrayValue?.count == 200)
    #expect(!run.client.stderr.contains("EMFILE"))
    try run.finish()
  }
}
