import CommandTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Profiles that change while the gateway runs.
@Suite struct ProfileReloadTests {
  private static let changed = "notifications/tools/list_changed"

  private func open(
    _ profile: String, _ revision: Revision,
    _ services: [Service] = [Service("a"), Service("b")]
  ) throws -> GatewayRun {
    let settings = profile.isEmpty ? GatewayRun.patientSettings : ProfileTests.settings(profile)
    let run = try GatewayRun.open(services, settings: settings, revision: revision)
    _ = try run.client.roundTrip("tools/list")
    if revision.era == .modern {
      try run.client.request(
        "subscriptions/listen", ["notifications": ["toolsListChanged": true]], id: "\"listen\"")
      _ = try run.client.notification("notifications/subscriptions/acknowledged")
    }
    // It watches once it listens.
    _ = try run.control()
    return run
  }

  private func write(_ run: GatewayRun, _ profile: String) throws {
    try run.folder.write(
      profile.isEmpty ? GatewayRun.patientSettings : ProfileTests.settings(profile),
      to: "gateway.yaml")
  }

  @Test(arguments: ProfileTests.eras)
  func `another profile, a first one and none at all are told and shown`(revision: Revision) throws
  {
    let run = try open("services: [a]", revision)
    #expect(try KeyBehaviour.tools(run).count == 11)
    for (profile, count) in [("budget: 5", 5), ("", 22), ("tools: {include: [a_echo]}", 1)] {
      try write(run, profile)
      _ = try run.client.notification(Self.changed)
      #expect(try KeyBehaviour.tools(run).count == count, "\(profile)")
    }
    try run.expectOK("a_echo")
    try run.expectError("b_echo", .invalidParams)
    try run.finish()
  }

  @Test(arguments: ProfileTests.eras)
  func `what a hidden service changes is not told, what a shown one changes is`(
    revision: Revision
  ) throws {
    let run = try open(
      "services: [a]", revision, [Service("a", "watch"), Service("b", "watch")])
    try run.write(Service("b", "watch", more: ["tools: {exclude: [echo]}"]))
    #expect(run.wait { run.client.stderr.contains("config.reloaded") })
    try run.write(Service("a", "watch", more: ["tools: {exclude: [add]}"]))
    _ = try run.client.notification(Self.changed)
    try run.finish()
    #expect(run.client.transcript.messages.count { $0.method == Self.changed } == 1)
  }

  @Test func `a profile that was asked for and is gone goes on`() throws {
    let run = try GatewayRun(
      [Service("a"), Service("b")], settings: ProfileTests.settings("services: [a]"),
      wrapper: ["/bin/sh", "-c", "exec \"$@\" --profile p", "sh"])
    try run.client.handshake()
    #expect(try KeyBehaviour.tools(run).count == 11)
    _ = try run.control()
    try write(run, "")
    #expect(run.wait { run.client.stderr.contains("profile.missing") })
    #expect(try KeyBehaviour.tools(run).count == 11)
    try run.expectError("b_echo", .invalidParams)
    try write(run, "services: [b]")
    _ = try run.client.notification(Self.changed)
    try run.expectOK("b_echo")
    try run.finish()
  }

  @Test func `the commands show what a client with a profile sees`() throws {
    let run = try open("services: [a], tools: {rename: {a_echo: say}}, budget: 6", .newest)
    let list = try run.command("list", "--profile", "p")
    #expect(list.output.contains("tools_search") && list.output.contains("a_add"), "\(list.errors)")
    #expect(!list.output.contains("b_echo"))
    #expect(try run.command("list").output.contains("b_echo"))
    let why = try run.command("explain", "say", "--profile", "p")
    #expect(why.output.contains("profile: p, ") && why.output.contains("tool: a_echo"), "\(why)")
    #expect(try run.command("explain", "b_echo", "--profile", "p").code != 0)
    let call = try run.command("call", "say", "--args", #"{"text":"hello"}"#, "--profile", "p")
    #expect(call.output.contains("hello"), "\(call.errors)")
    #expect(try run.control().ask(#"{"command":"status"}"#)["profile"] == "p")
    try run.finish()
  }
}
