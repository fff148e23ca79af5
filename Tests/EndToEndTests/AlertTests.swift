import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
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
    #expect(run.wait { run.client.stderr.contains("alert.raised") })
    // Until somebody needs it again, nobody knows that it does well.
    #expect(!run.client.stderr.contains("alert.resolved"))
    try run.expectOK("a_echo")
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

  @Test
  func `what the webhook does not take is posted again, in order, and what it refuses is not`()
    throws
  {
    for (status, posts) in [("503 Later", 3), ("400 No", 1)] {
      let count = Mutex(0)
      let server = try RawHTTPServer { _, connection in
        let number = count.withLock { count -> Int in
          count += 1
          return count
        }
        connection.respond(number <= posts - 1 || posts == 1 ? status : "204 No Content", [], [])
        return true
      }
      let run = try GatewayRun.open([Service("a")], settings: settings("webhook: '\(server.url)'"))
      try crash(run)
      let hasCome = run.wait { server.requests.count >= posts + 1 }
      #expect(hasCome, "\(server.requests.count)")
      try run.finish()
      let told = try server.requests.map { try JSONValue(parsing: $0.body)["status"]?.stringValue }
      #expect(told == [String?](repeating: "raised", count: posts) + ["resolved"])
      #expect(run.client.stderr.contains("alert.webhook_failed") == (posts == 1))
      server.stop()
    }
  }

  @Test func `an alert of a service that is switched off ends without a word of doing well`() throws
  {
    let run = try GatewayRun.open(
      [Service("a"), Service("b")], settings: settings("clients: true"))
    _ = try run.client.roundTrip("logging/setLevel", ["level": "info"])
    try run.expectOK("a_echo")
    try run.expectError("a_crash", .backendLost)
    let isRaised = run.wait { run.client.stderr.contains("alert.raised") }
    #expect(isRaised)
    _ = try run.control().ask(#"{"command":"disable","service":"a"}"#)
    let isOver = run.wait { run.client.stderr.contains("Service 'a' is not served any more.") }
    #expect(isOver, "\(run.client.stderr)")
    try run.finish()
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
