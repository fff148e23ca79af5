import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows R11 and R14 to R17: every way a gateway can end, and what is left of its services.
@Suite struct EndingTests {
  /// Fifty services that each leave a grandchild, half of them in a session of its own.
  private func crowd() throws -> GatewayRun {
    let services = (0..<50).map { index in
      Service(
        "s\(index)", index % 2 == 0 ? "fork,ignore-eof" : "fork=setsid,ignore-eof,ignore-term")
    }
    let run = try GatewayRun.open(services, settings: "")
    let ids = try (0..<50).map {
      try run.client.request("tools/call", ["name": .string("s\($0)_echo")])
    }
    for id in ids {
      #expect(try run.client.response(to: id, within: .seconds(30)).kind == .result)
    }
    #expect(run.marker.processes().count >= 101)
    return run
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `R11: a signal drains, ends the services and leaves within 2 s`(signal: Int32) throws {
    let run = try GatewayRun.open([Service("good")], settings: "")
    try run.expectOK()
    let id = try run.client.request(
      "tools/call", ["name": "good_slow", "arguments": ["ms": 300]])
    run.client.run(for: .milliseconds(100))
    let start = ContinuousClock.now
    run.client.process.signal(signal)
    // The call that was under way is answered inside the drain.
    #expect(try run.client.response(to: id, within: .seconds(2)).kind == .result)
    let exit = try run.client.waitForExit(within: .seconds(5))
    #expect(ContinuousClock.now - start < .seconds(2))
    #expect([.code(0), .code(128 + signal), .signal(signal)].contains(exit), "\(exit)")
    run.checkWhatIsLeft()
  }

  @Test func `R11: the second signal ends it at once`() throws {
    let run = try GatewayRun.open([Service("good", "ignore-term,ignore-eof")], settings: "")
    try run.expectOK()
    let id = try run.client.request("tools/call", ["name": "good_hang"])
    run.client.run(for: .milliseconds(100))
    let start = ContinuousClock.now
    run.client.process.signal(SIGTERM)
    run.client.run(for: .milliseconds(50))
    run.client.process.signal(SIGTERM)
    _ = try run.client.waitForExit(within: .seconds(5))
    #expect(ContinuousClock.now - start < .milliseconds(700))
    run.client.forget(id)
    run.checkWhatIsLeft()
  }

  @Test(arguments: [SIGKILL, SIGSEGV, SIGILL])
  func `R14, R15: a gateway that is killed or crashes leaves no process`(signal: Int32) throws {
    let run = try crowd()
    run.client.process.signal(signal)
    #expect(try run.client.waitForExit(within: .seconds(5)) == .signal(signal))
    run.checkWhatIsLeft()
  }

  @Test func `R16: a client that is killed takes everything with it`() throws {
    let run = try crowd()
    // What the kernel does to a killed client: both ends are closed at once.
    run.client.closeInput()
    run.client.closeOutput()
    _ = try run.client.waitForExit(within: .seconds(3))
    run.checkProcesses()
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
