import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows R01 to R04 and R08: descriptors, processes and disks that are missing.
@Suite struct ResourceTests {
  /// A shell that changes something and becomes the gateway.
  private func shell(_ before: String, _ after: String = "") -> [String] {
    ["/bin/sh", "-c", "\(before) exec \"$@\" \(after)", "sh"]
  }

  private static let strace = "/usr/bin/strace"

  @Test func `R01: without descriptors new services are refused, old ones go on, and it passes`()
    throws
  {
    let services = (0..<60).map { ShellService.named("s\($0)") }
    let api = try RawHTTPServer { _, connection in
      connection.respond("200 OK", ["Content-Type: application/json"], Array("{}".utf8))
      return true
    }
    let folder = try TemporaryFolder()
    try folder.write(
      "rest: {url: '\(api.url)'}\ntools: {t: {description: x, get: /x}}\n",
      to: "manifests/api.yaml")
    let run = try GatewayRun(services, wrapper: shell("ulimit -n 64;"), folder: folder)
    try run.client.handshake()
    try run.expectOK("s0_echo")
    var served: [Int] = []
    var refused: [Int] = []
    for index in 0..<60 {
      let answer = try run.client.call("s\(index)_echo")
      guard answer.kind == .failure else {
        served.append(index)
        continue
      }
      refused.append(index)
      #expect(answer.errorCode == ErrorCode.overloaded.rawValue, "\(answer.text)")
      #expect(answer.error?.at(pointer: "/data/reason") == "fds", "\(answer.text)")
      #expect(answer.error?.at(pointer: "/data/sent") == false, "\(answer.text)")
    }
    #expect(served.count > 3 && refused.count > 3, "\(served), \(refused)")
    for index in served { try run.expectOK("s\(index)_echo") }
    // What is kept in hand is enough for connections.
    #expect(try run.client.call("api_t").kind == .result)
    // Three of them end; what was refused, and is known by now, has room.
    for index in served.prefix(3) { try run.expectError("s\(index)_crash", .backendLost) }
    let late = served.suffix(1) + served.prefix(1)
    for index in late { try run.expectOK("s\(index)_echo") }
    try run.finish()
    api.stop()
  }

  @Test(
    .enabled(if: access(strace, X_OK) == 0, "strace is not installed"),
    arguments: ["pwrite64:error=ENOSPC", "pwrite64:error=EROFS:when=3+", "fdatasync:error=EIO"])
  func `R03, R04: a state that cannot be written costs no call`(injected: String) throws {
    let call = injected.prefix { $0 != ":" }
    let run = try GatewayRun(
      [Service("good"), Service("other")],
      settings: GatewayRun.patientSettings + "health: {every: 100ms}\n",
      wrapper: [
        Self.strace, "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(injected)",
      ])
    try run.client.handshake()
    #expect(try KeyBehaviour.tools(run).contains("other_echo"))
    for _ in 0..<5 { try run.expectOK() }
    try run.expectError("other_crash", .backendLost)
    try run.expectOK("other_echo")
    run.client.closeInput()
    #expect(try run.client.waitForExit(within: GatewayRun.patience) == .code(0))
    run.checkWhatIsLeft()
  }

  @Test func `R01: with hardly any descriptors it starts or says no, and never traps`() throws {
    for limit in [3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32] {
      let run = try GatewayRun([Service("good")], wrapper: shell("ulimit -n \(limit);"))
      _ = try run.client.request("initialize")
      run.client.closeInput()
      let exit = try run.client.waitForExit(within: GatewayRun.patience)
      guard case .code = exit else {
        Issue.record("\(limit) descriptors: \(exit), \(run.client.stderr)")
        continue
      }
      run.checkProcesses()
    }
  }

  /// The first process that is started is the guard, the first two pipes are libuv's.
  @Test(
    .enabled(if: access(strace, X_OK) == 0, "strace is not installed"),
    arguments: [
      ("clone:error=EAGAIN:when=1", ErrorCode.backendUnavailable),
      ("clone:error=ENOMEM:when=2", .backendUnavailable),
      ("pipe2:error=ENFILE:when=3", .overloaded), ("pipe2:error=EMFILE:when=4", .overloaded),
    ])
  func `R02: a start that the system refuses is told with its reason, and tried again`(
    injected: String, code: ErrorCode
  ) throws {
    let folder = try TemporaryFolder()
    // What it offers is known from an earlier run.
    let first = try GatewayRun([Service("good")], folder: folder)
    try first.client.handshake()
    try first.expectOK()
    try first.finish()
    let run = try GatewayRun(
      [Service("good")],
      wrapper: [
        Self.strace, "-qq", "-o", "/dev/null", "-e", "trace=clone,pipe2", "-e",
        "inject=\(injected)",
      ], folder: folder)
    try run.client.handshake()
    let refused = try run.expectError("good_echo", code)
    #expect(refused.error?.at(pointer: "/data/sent") == false, "\(refused.text)")
    #expect(refused.error?.at(pointer: "/data/retryable") == true, "\(refused.text)")
    #expect(refused.text.contains("cannot start"), "\(refused.text)")
    try run.expectOK()
    run.client.closeInput()
    #expect(try run.client.waitForExit(within: GatewayRun.patience) == .code(0))
    run.checkWhatIsLeft()
  }

  @Test func `what a large message took is given back when nothing comes any more`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.expectOK()
    let gateway = run.client.process.processID
    let filler = JSONValue.string(String(repeating: "x", count: 1_500_000))
    #expect(try run.client.call("good_echo", ["text": filler]).kind == .result)
    let after = ProcessFigures.memory(gateway)
    // Both the pipe of the client and the one of the service have held it.
    #expect(run.wait { after - ProcessFigures.memory(gateway) > 3_000_000 }, "\(after)")
    try run.expectOK()
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
    _ = try run.client.waitForExit(within: GatewayRun.patience)
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
    #expect(try run.client.waitForExit(within: GatewayRun.patience) == .code(0))
    #expect(run.client.transcript.answersByID.keys.sorted() == ["1", "2"])
    run.checkProcesses()
  }

  @Test(arguments: [Revision.r2025_11_25, .r2026_07_28])
  func `R08: sockets in place of pipes serve as well`(revision: Revision) throws {
    let run = try GatewayRun(
      [Service("good")], revision: revision, channel: .sockets)
    try run.client.handshake()
    try run.expectOK()
    let filler = String(repeating: "é", count: 500_000)
    let answer = try run.client.call("good_echo", ["text": .string(filler)])
    #expect(
      answer.result?.at(pointer: "/structuredContent/text")?.stringValue == filler,
      "\(answer.text.prefix(400))")
    try run.finish()
  }
}
