import CommandTesting
import Glibc
import Harness
import Loop
import RawJSON
import Store
import TestSupport
import Testing

/// The socket through which a running gateway is told things.
@Suite struct ControlSocketTests {
  @Test func `it answers what runs, on one line for one line`() throws {
    let run = try GatewayRun.open([Service("good"), Service("other")])
    try run.expectOK()
    let control = try run.control()
    let answer = try control.ask(#"{"command":"status"}"#)
    #expect(answer["ok"] == true)
    #expect(answer["configuration"]?.stringValue == run.folder.path)
    let services = answer["services"]?.arrayValue ?? []
    #expect(services.map { $0["name"]?.stringValue } == ["good", "other"])
    #expect(services.first?["state"] == "ready")
    #expect(services.first?["starts"] == 1)
    let pids = (services.first?["pids"]?.arrayValue ?? []).compactMap(\.intValue)
    #expect(pids.map { Int32($0) } == run.processes(of: "good"))
    // The same connection serves the next command.
    #expect(try control.ask(#"{"command":"status"}"#)["ok"] == true)
    try run.finish()
    #expect(ControlAddress.all(in: run.folder.path + "/state") == [], "its name is gone with it")
  }

  @Test func `what is no command is answered with the reason`() throws {
    let run = try GatewayRun.open([Service("good")])
    let control = try run.control()
    for (line, code) in [
      ("nonsense", "not_json"), ("[]", "not_json"), ("{}", "no_command"),
      (#"{"command":7}"#, "no_command"), (#"{"command":"dance"}"#, "unknown_command"),
    ] {
      let answer = try control.ask(line)
      #expect(answer["ok"] == false)
      #expect(answer["error"]?["code"]?.stringValue == code, "\(line)")
    }
    try run.expectOK()
    try run.finish()
  }

  @Test func `S21: only its user can reach it`() throws {
    let run = try GatewayRun.open([Service("good")])
    _ = try run.control()
    let address = try #require(run.controlAddress)
    var status = stat()
    #expect(stat(address.path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    try run.finish()
  }

  @Test func `a command that is too long closes the connection and nothing else`() throws {
    let run = try GatewayRun.open([Service("good")])
    let control = try run.control()
    let answer = try control.ask(String(repeating: "x", count: 100_000))
    #expect(answer["error"]?["code"] == "too_long")
    #expect(throws: ControlLine.Closed.self) { try control.ask(#"{"command":"status"}"#) }
    #expect(try run.control().ask(#"{"command":"status"}"#)["ok"] == true)
    try run.finish()
  }

  @Test func `more connections than it takes are told so`() throws {
    let run = try GatewayRun.open([Service("good")])
    let crowd = try (0..<16).map { _ in try run.control() }
    // Answered, so all of them have been taken.
    for control in crowd { #expect(try control.ask(#"{"command":"status"}"#)["ok"] == true) }
    let late = try run.control()
    #expect(try late.readAnswer()["error"]?["code"] == "busy")
    try run.expectOK()
    try run.finish()
  }

  @Test func `the name that a killed gateway left behind is removed by the next one`() throws {
    let folder = try TemporaryFolder()
    let first = try GatewayRun([Service("good")], folder: folder)
    try first.client.handshake()
    let left = try #require(first.waitForControl())
    kill(left.pid, SIGKILL)
    _ = try first.client.waitForExit(within: GatewayRun.patience)
    #expect(ControlAddress.all(in: folder.path + "/state") == [left])
    let second = try GatewayRun([Service("good")], folder: folder)
    try second.client.handshake()
    #expect(second.wait { second.controlAddress.map { $0 != left } ?? false })
    #expect(access(left.path, F_OK) != 0)
    try second.finish()
    first.checkProcesses()
  }

  @Test func `the people's command shows what it says`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.expectOK()
    _ = try run.control()
    let status = try run.command("status", "--json")
    let gateways = try JSONValue(parsing: Array(status.output.utf8))["gateways"]?.arrayValue
    let live = gateways?.first?["live"]
    #expect(live?["services"]?.arrayValue?.first?["state"] == "ready", "\(status.output)")
    #expect(try run.command("status").output.contains("good  ready  pid "))
    try run.finish()
  }

  @Test func `a collector gets the metrics by HTTP`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.expectOK()
    let answer = try run.control().page("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
    #expect(parts.count == 2, "\(answer)")
    let head = String(parts[0])
    let body = String(parts[1])
    #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(head.contains("Content-Type: text/plain; version=0.0.4"))
    #expect(head.contains("Content-Length: \(body.utf8.count)\r\n"), "\(head)")
    #expect(body.contains(#"switchyard_calls_total{service="good",tool="good_echo""#))
    let other = try run.control().page("GET /secrets HTTP/1.0\r\n\r\n")
    #expect(other.hasPrefix("HTTP/1.1 404 "), "\(other)")
    // Whoever asks and goes away harms nobody.
    for _ in 0..<20 { _ = try run.control() }
    // Until it has seen that they have gone, there may be no place for one more.
    let isServed = run.wait {
      (try? run.control().ask(#"{"command":"status"}"#))?["ok"] == true
    }
    #expect(isServed)
    try run.finish()
  }
}
