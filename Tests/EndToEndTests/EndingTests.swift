import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows R11 and R14 to R17: every way a gateway can end, how soon, and what is left of its services.
@Suite struct EndingTests {
  /// Clients kill what has not ended by then; nothing may be left either.
  private static let bound = Duration.seconds(2)

  /// Services that each leave a grandchild, half of them in a session of its own.
  private static let crowded = (0..<50).map { index in
    Service("s\(index)", index % 2 == 0 ? "fork,ignore-eof" : "fork=setsid,ignore-eof,ignore-term")
  }

  private func crowd() throws -> GatewayRun {
    let run = try GatewayRun.open(Self.crowded)
    let ids = try (0..<50).map {
      try run.client.request("tools/call", ["name": .string("s\($0)_echo")])
    }
    for id in ids { #expect(try run.client.response(to: id).kind == .result) }
    #expect(run.marker.processes().count >= 101)
    return run
  }

  @Test(arguments: ["", "ignore-eof", "ignore-eof,ignore-term", "fork=setsid,ignore-eof"])
  func `R11: when its input ends, the gateway and all it started are gone within 2 s`(
    script: String
  ) throws {
    let took = try Promptness.best(under: Self.bound) {
      let run = try GatewayRun.open([Service("good", script)])
      try run.expectOK()
      // A call that would last longer than anybody waits.
      let id = try run.client.request("tools/call", ["name": "good_hang"])
      try run.expectOK()
      let start = ContinuousClock.now
      try run.finish()
      #expect(
        run.client.transcript.answersByID[id]?.first?.errorCode == ErrorCode.shuttingDown.rawValue)
      return ContinuousClock.now - start
    }
    #expect(took < Self.bound)
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `R11: a signal drains, ends the services and leaves within 2 s`(signal: Int32) throws {
    let took = try Promptness.best(under: Self.bound) {
      let run = try GatewayRun.open([Service("good")])
      let id = try run.client.request(
        "tools/call",
        ["name": "good_slow", "arguments": ["ms": 300], "_meta": ["progressToken": "t"]])
      _ = try run.client.notification("notifications/progress")
      let start = ContinuousClock.now
      run.client.process.signal(signal)
      let answer = try run.client.response(to: id)
      let exit = try run.client.waitForExit(within: GatewayRun.patience)
      let took = ContinuousClock.now - start
      #expect(exit == .code(128 + signal))
      run.checkWhatIsLeft()
      // Where the machine was too slow for the call to end inside the drain, it says so.
      guard answer.kind == .failure else { return took }
      #expect(answer.errorCode == ErrorCode.shuttingDown.rawValue, "\(answer.text)")
      return took + Self.bound
    }
    #expect(took < Self.bound)
  }

  @Test func `R11: the second signal ends it at once`() throws {
    let limit = Duration.milliseconds(700)
    let took = try Promptness.best(under: limit) {
      let run = try GatewayRun.open([Service("good", "ignore-term,ignore-eof")])
      try run.expectOK()
      let id = try run.client.request("tools/call", ["name": "good_hang"])
      try run.expectOK()
      let start = ContinuousClock.now
      run.client.process.signal(SIGTERM)
      // Until it has heard the first one, two signals are one.
      _ = run.wait { run.client.stderr.contains("gateway.signalled") }
      run.client.process.signal(SIGTERM)
      #expect(try run.client.waitForExit(within: GatewayRun.patience) == .code(128 + SIGTERM))
      let took = ContinuousClock.now - start
      run.client.forget(id)
      run.checkWhatIsLeft()
      return took
    }
    #expect(took < limit)
  }

  @Test(arguments: [SIGKILL, SIGSEGV, SIGILL])
  func `R14, R15: a gateway that is killed or crashes leaves no process`(signal: Int32) throws {
    let took = try Promptness.best(under: Self.bound, attempts: 3) {
      let run = try crowd()
      let start = ContinuousClock.now
      run.client.process.signal(signal)
      #expect(try run.client.waitForExit(within: GatewayRun.patience) == .signal(signal))
      run.checkWhatIsLeft()
      return ContinuousClock.now - start
    }
    #expect(took < Self.bound)
  }

  /// A shell that launches the gateway as clients do, with the only ends of both
  /// pipes in its own hands, asks what is in the file `asked`, and then waits.
  private static let shellClient = """
    mkfifo "$FOLDER/in" "$FOLDER/out" || exit 1
    "$@" <"$FOLDER/in" >"$FOLDER/out" &
    exec 3>"$FOLDER/in" 4<"$FOLDER/out"
    cat "$FOLDER/asked" >&3
    while read -r line <&4; do printf '%s\\n' "$line"; done
    """

  @Test func `R16: a client that is killed takes everything with it`() throws {
    let took = try Promptness.best(under: Self.bound, attempts: 3) {
      let folder = try TemporaryFolder()
      let calls = (0..<50).map {
        #"{"jsonrpc":"2.0","id":\#($0),"method":"tools/call","params":{"name":"s\#($0)_echo"}}"#
      }
      try folder.write(calls.joined(separator: "\n") + "\n", to: "asked")
      let run = try GatewayRun(
        Self.crowded, wrapper: ["/bin/sh", "-c", Self.shellClient, "sh"],
        environment: ["FOLDER": folder.path], folder: folder)
      #expect(run.client.run(until: { $0.answerCount >= 50 }, within: GatewayRun.patience))
      #expect(run.client.transcript.messages.allSatisfy { $0.kind == .result })
      #expect(run.marker.processes().count >= 102)
      let start = ContinuousClock.now
      run.client.process.signal(SIGKILL)
      run.checkProcesses()
      return ContinuousClock.now - start
    }
    #expect(took < Self.bound)
  }

  @Test func `R17: a dead client is noticed although somebody else holds its pipe`() throws {
    let run = try GatewayRun(
      [Service("good")], wrapper: ["/bin/sh", "-c", "exec 3<&0; \"$@\" <&3 3<&- & wait", "sh"])
    try run.client.handshake()
    try run.expectOK()
    // The shell is the client; this test goes on holding the pipes.
    run.client.process.signal(SIGKILL)
    run.checkProcesses()
  }
}
