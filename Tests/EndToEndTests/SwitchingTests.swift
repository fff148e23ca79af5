import CommandTesting
import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
import TestSupport
import Testing

/// `switchyard disable` and `switchyard enable` while gateways run.
@Suite struct SwitchingTests {
  private static let changed = "notifications/tools/list_changed"

  @Test func `a service that is switched off answers what it has, and its tools are gone`() throws {
    let run = try GatewayRun.open([Service("good"), Service("other")])
    _ = try run.client.roundTrip("tools/list")
    let call = try run.client.request(
      "tools/call", ["name": "good_slow", "arguments": ["ms": 1_500, "steps": 3]])
    #expect(run.wait { run.status(of: "good")?["inFlight"] == 1 })
    let off = try run.command("disable", "good")
    #expect(off.code == 0 && off.output == "good is off; told 1 gateway\n", "\(off.errors)")
    _ = try run.client.notification(Self.changed)
    #expect(run.status(of: "good")?["state"] == "draining")
    #expect(!(try KeyBehaviour.tools(run)).contains("good_echo"))
    let refused = try run.expectError("good_echo", .toolDisabled)
    #expect(refused.text.contains("switchyard enable good"))
    #expect(try run.client.response(to: call).kind == .result)
    #expect(run.wait { run.processes(of: "good").isEmpty })
    #expect(run.wait { run.status(of: "good")?["state"] == "switched-off" })
    // What it answered on its way out is counted.
    #expect(try run.metric("switchyard_calls_total", of: "good") == 1)
    try run.expectOK("other_echo")
    // And back.
    #expect(try run.command("enable", "good").code == 0)
    _ = try run.client.notification(Self.changed)
    #expect(try KeyBehaviour.tools(run).contains("good_echo"))
    try run.expectOK()
    try run.finish()
  }

  @Test func `M22: it reaches every gateway of the state folder, and those that start later`()
    throws
  {
    let folder = try TemporaryFolder()
    let services = [Service("good"), Service("other")]
    let first = try GatewayRun(services, folder: folder)
    let second = try GatewayRun(services, folder: folder)
    for run in [first, second] {
      try run.client.handshake()
      _ = try run.client.roundTrip("tools/list")
    }
    #expect(first.wait { first.controlCount == 2 })
    #expect(try first.command("disable", "good").output == "good is off; told 2 gateways\n")
    for run in [first, second] {
      _ = try run.client.notification(Self.changed)
      try run.expectError("good_echo", .toolDisabled)
    }
    let third = try GatewayRun(services, folder: folder)
    try third.client.handshake()
    #expect(try KeyBehaviour.tools(third).allSatisfy { $0.hasPrefix("other_") })
    try third.expectError("good_echo", .toolDisabled)
    #expect(first.wait { first.controlCount == 3 })
    #expect(try third.command("enable", "good").output == "good is on; told 3 gateways\n")
    for run in [first, second, third] { try run.expectOK() }
    for run in [first, second, third] { try run.finish() }
  }

  @Test func `what is switched off stays off across a reload that changes it`() throws {
    let run = try GatewayRun.open([Service("good"), Service("other")])
    _ = try run.client.roundTrip("tools/list")
    _ = try run.control()
    #expect(try run.command("disable", "good").code == 0)
    _ = try run.client.notification(Self.changed)
    try run.write(Service("good", "tools=12"))
    #expect(run.wait { run.client.stderr.contains("config.reloaded") })
    #expect(run.status(of: "good")?["state"] == "switched-off")
    try run.expectError("good_echo", .toolDisabled)
    #expect(run.processes(of: "good").isEmpty)
    #expect(try run.command("enable", "good").code == 0)
    #expect(run.wait { (try? KeyBehaviour.tools(run))?.contains("good_extra_1") == true })
    try run.expectOK()
    try run.finish()
  }

  /// What becomes of the manifest of an API while it has a call, which it answers then.
  enum Fate: String, CaseIterable { case changed, replaced }

  @Test(arguments: Fate.allCases)
  func `a call that an API had when it was switched off is counted as its own`(_ fate: Fate)
    throws
  {
    let isHeld = Atomic(true)
    let api = try APIRun(answer: { request, connection in
      while request.target.hasPrefix("/hold"), isHeld.load(ordering: .relaxed) {
        connection.wait(milliseconds: 10)
      }
      return APIRun.answer(request, connection)
    })
    _ = try api.client.roundTrip("tools/list")
    let call = try api.client.request(
      "tools/call", ["name": "api_go", "arguments": ["act": "hold"]])
    #expect(api.gateway.wait { !api.server.requests.isEmpty })
    #expect(try api.gateway.command("disable", "api").code == 0)
    _ = try api.client.notification(Self.changed)
    let manifest = api.gateway.folder.path + "/manifests/api.yaml"
    let text = String(decoding: SmallFile.bytes(of: manifest), as: UTF8.self)
    switch fate {
    case .changed:
      try api.gateway.folder.write("description: New.\n" + text, to: "manifests/api.yaml")
    case .replaced:
      #expect(unlink(manifest) == 0)
      let other = "service: other" + text.dropFirst("service: api".count)
      try api.gateway.folder.write(other, to: "manifests/other.yaml")
    }
    #expect(api.gateway.wait { api.client.stderr.contains("config.reloaded") })
    isHeld.store(false, ordering: .relaxed)
    #expect(try api.client.response(to: call).kind == .result)
    #expect(try api.gateway.metric("switchyard_calls_total", of: "api") == 1)
    #expect(try api.gateway.metric("switchyard_calls_total", of: "other") == nil)
    // Its connections end with it; the next one opens its own.
    #expect(api.gateway.wait { api.server.open == 0 })
    try api.finish()
  }

  @Test func `a service that nobody knows is told with those that there are`() throws {
    let run = try GatewayRun.open([Service("good"), Service("other")])
    _ = try run.control()
    let answer = try run.command("disable", "god")
    #expect(answer.code == 1)
    #expect(answer.errors.contains("there is no service 'god'; there are good, other"))
    try run.finish()
  }

  @Test func `without a gateway it is kept for the next one`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.finish()
    let off = try run.command("disable", "good")
    #expect(off.code == 0 && off.output == "good is off\n", "\(off.errors)")
    let next = try GatewayRun([Service("good"), Service("other")], folder: run.folder)
    try next.client.handshake()
    #expect(try KeyBehaviour.tools(next).allSatisfy { $0.hasPrefix("other_") })
    try next.finish()
  }
}
