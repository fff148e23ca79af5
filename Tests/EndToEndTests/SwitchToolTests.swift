import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// `gateway_enable` and `gateway_disable`: services switched by an assistant.
@Suite struct SwitchToolTests {
  private static let changed = "notifications/tools/list_changed"
  private static let on = GatewayRun.patientSettings + "surface: {switches: true}\n"

  private func turn(_ run: GatewayRun, _ word: String, _ service: String) throws -> JSONValue {
    let answer = try run.client.call("gateway_" + word, ["service": .string(service)])
    return try #require(answer.result?["structuredContent"], "\(answer.text)")
  }

  @Test func `a service is switched off and on for all gateways, and for those that come later`()
    throws
  {
    let folder = try TemporaryFolder()
    let services = [Service("good"), Service("other")]
    let first = try GatewayRun(services, settings: Self.on, folder: folder)
    let second = try GatewayRun(services, settings: Self.on, folder: folder)
    for run in [first, second] {
      try run.client.handshake()
      _ = try KeyBehaviour.tools(run)
      try run.expectOK()
    }
    #expect(first.wait { first.controlCount == 2 })
    #expect(
      try turn(first, "disable", "good") == ["service": "good", "state": "off", "changed": true])
    for run in [first, second] {
      _ = try run.client.notification(Self.changed)
      try run.expectError("good_echo", .toolDisabled)
      try run.expectOK("other_echo")
    }
    #expect(try turn(first, "disable", "good")["changed"] == false)
    let third = try GatewayRun(services, settings: Self.on, folder: folder)
    try third.client.handshake()
    try third.expectError("good_echo", .toolDisabled)
    // Whichever gateway is told, all of them follow.
    #expect(first.wait { first.controlCount == 3 })
    #expect(
      try turn(third, "enable", "good") == ["service": "good", "state": "on", "changed": true])
    for run in [first, second] { _ = try run.client.notification(Self.changed) }
    for run in [first, second, third] { try run.expectOK() }
    for run in [first, second, third] { try run.finish() }
  }

  @Test func `calls that the service has are answered before it ends`() throws {
    let run = try GatewayRun.open([Service("good"), Service("other")], settings: Self.on)
    try run.expectOK()
    let call = try run.client.request(
      "tools/call", ["name": "good_slow", "arguments": ["ms": 800, "steps": 2]])
    #expect(try turn(run, "disable", "good")["changed"] == true)
    #expect(try run.client.response(to: call).kind == .result)
    #expect(run.wait { run.processes(of: "good").isEmpty })
    try run.finish()
  }

  @Test func `the two tools have a key of their own, say what they are, and are no resources`()
    throws
  {
    let off = try GatewayRun.open(
      [Service("a")],
      settings: GatewayRun.patientSettings + "surface: {tools: true, resources: true}\n")
    let tools = try KeyBehaviour.tools(off)
    #expect(tools.contains("gateway_status") && !tools.contains("gateway_disable"))
    try off.expectError("gateway_disable", .invalidParams, arguments: ["service": "a"])
    let read = try off.client.roundTrip("resources/read", ["uri": "switchyard://disable/a"])
    #expect(read.kind == .failure, "\(read.text)")
    try off.expectOK("a_echo")
    try off.finish()
    let run = try GatewayRun.open([Service("a")], settings: Self.on)
    let list = try run.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    let own = list.filter { $0["name"]?.stringValue?.hasPrefix("gateway_") == true }
    #expect(own.map { $0["name"] } == ["gateway_enable", "gateway_disable"])
    #expect(own.allSatisfy { $0.at(pointer: "/annotations/readOnlyHint") == false })
    #expect(own.last?.at(pointer: "/annotations/destructiveHint") == true)
    try run.finish()
  }

  @Test func `what cannot be switched is refused with the reason`() throws {
    let run = try GatewayRun.open(
      [Service("a"), Service("gone", more: ["enabled: false"])], settings: Self.on)
    for (name, reason) in [("nobody", "There is no service"), ("gone", "enabled: false")] {
      let answer = try run.expectError(
        "gateway_enable", .invalidParams, arguments: ["service": .string(name)])
      #expect(answer.text.contains(reason), "\(answer.text)")
    }
    try run.expectError("gateway_disable", .invalidParams)
    try run.expectOK("a_echo")
    try run.finish()
  }
}
