import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Alerts on their way to people.
@Suite struct AlertTests {
  private func settings(_ more: String) -> String {
    GatewayRun.patientSettings + "alerts: {after: 0s, clear_after: 0s, \(more)}\n"
  }

  private func crash(_ run: GatewayRun) throws {
    try run.expectOK("a_echo")
    try run.expectError("a_crash", .backendLost)
    #expect(run.wait { run.client.stderr.contains("alert.resolved") })
  }

  @Test func `an alert and its end are posted to the webhook`() throws {
    let server = try RawHTTPServer { _, connection in
      connection.send("HTTP/1.1 204 No Content\r\n\r\n")
      return true
    }
    let run = try GatewayRun.open([Service("a")], settings: settings("webhook: '\(server.url)/in'"))
    try crash(run)
    #expect(run.wait { server.requests.count >= 2 })
    try run.finish()
    let bodies = try server.requests.map { try JSONValue(parsing: $0.body) }
    #expect(server.requests.allSatisfy { $0.method == "POST" && $0.target == "/in" })
    #expect(Set(bodies.compactMap { $0["status"]?.stringValue }) == ["raised", "resolved"])
    let raised = try #require(bodies.first { $0["status"] == "raised" })
    #expect(raised["service"] == "a" && raised["alert"] == "down" && raised["level"] == "error")
    #expect(raised["reason"] == "crashed")
    server.stop()
  }

  @Test func `an alert is handed to the command on its stdin`() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/alerts"
    let run = try GatewayRun(
      [Service("a")], settings: settings("command: [/bin/sh, -c, 'cat >>\(file)']"),
      folder: folder)
    try run.client.handshake()
    try crash(run)
    #expect(run.wait { folder.read("alerts").contains("resolved") })
    #expect(folder.read("alerts").contains(#""message":"Service 'a' is down"#))
    #expect(!run.client.stderr.contains("alert.command_failed"))
    try run.finish()
  }

  @Test func `clients hear of alerts from their level on, without a word of the service`() throws {
    let run = try GatewayRun.open([Service("a")], settings: settings("clients: true"))
    _ = try run.client.roundTrip("logging/setLevel", ["level": "info"])
    try crash(run)
    let events = { () -> [JSONValue] in
      run.client.transcript.messages.compactMap { $0.params }.filter {
        $0.at(pointer: "/data/event")?.stringValue?.hasPrefix("alert") == true
      }
    }
    #expect(run.wait { events().count >= 2 })
    try run.finish()
    #expect(events().first?["level"] == "error")
    #expect(events().first?["logger"] == "switchyard")
    #expect(events().last?.at(pointer: "/data/event") == "alert_resolved")
  }
}
