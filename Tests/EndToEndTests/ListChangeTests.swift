import Harness
import MCP
import RawJSON
import Testing

/// Row B30 and acceptance test (e): lists that change.
@Suite struct ListChangeTests {
  private static let changed = "notifications/tools/list_changed"

  private func open(
    _ era: String, _ revision: Revision, _ words: String = "watch,"
  ) throws -> GatewayRun {
    let run = try GatewayRun.open(
      [Service("a", words + era), Service("good")], settings: "", revision: revision)
    _ = try run.client.roundTrip("tools/list", within: .seconds(20))
    if revision.era == .modern {
      try run.client.request(
        "subscriptions/listen", ["notifications": ["toolsListChanged": true]],
        id: "\"listen\"")
      _ = try run.client.notification(
        "notifications/subscriptions/acknowledged", within: .seconds(20))
    }
    return run
  }

  private func storm(_ run: GatewayRun, _ times: Int) throws {
    let answer = try run.client.call(
      "a_notify", ["method": .string(Self.changed), "times": .number(JSONNumber(times))],
      within: .seconds(20))
    #expect(answer.kind == .result, "\(answer.text)")
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `a change of a list reaches the client once, in all four cells`(
    revision: Revision, era: String
  ) throws {
    let run = try open(era, revision)
    try storm(run, 1)
    let notice = try run.client.notification(Self.changed, within: .seconds(20))
    let subscription = notice.params?.at(
      pointer: "/_meta/io.modelcontextprotocol~1subscriptionId")
    #expect(subscription?.stringValue == (revision.era == .modern ? "listen" : nil))
    try run.finish()
    #expect(run.client.transcript.messages.count { $0.method == Self.changed } == 1)
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `B30: a storm of list_changed is at most two notices a second and a few refreshes`(
    revision: Revision, era: String
  ) throws {
    let run = try open(era, revision, "watch,mutate-tools,")
    let start = ContinuousClock.now
    for _ in 0..<10 { try storm(run, 100) }
    _ = try run.client.notification(Self.changed, within: .seconds(20))
    run.client.run(for: .milliseconds(600))
    try run.finish()
    let took = ContinuousClock.now - start
    let notices = run.client.transcript.messages.count { $0.method == Self.changed }
    let most = Int(took / .milliseconds(500)) + 1
    #expect(notices >= 1 && notices <= most, "\(notices) notices in \(took)")
  }

  @Test(arguments: SubscriptionTests.words)
  func `B31: a tool that is gone is the service's error, and the list is asked for again`(
    era: String
  ) throws {
    let run = try open(era, .r2025_11_25)
    _ = try run.client.call("a_forget", ["tool": "digest"], within: .seconds(20))
    let gone = try run.client.call("a_digest")
    #expect(gone.error?["message"] == "no such tool", "\(gone.text)")
    _ = try run.client.notification(Self.changed, within: .seconds(20))
    let tools = try run.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    #expect(!tools.contains { $0["name"] == "a_digest" })
    #expect(tools.contains { $0["name"] == "a_echo" })
    try run.finish()
  }

  @Test func `a modern client that did not ask hears of no change`() throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,legacy")], settings: "", revision: .r2026_07_28)
    _ = try run.client.roundTrip("tools/list", within: .seconds(20))
    for list in ["tools", "prompts", "resources"] {
      _ = try run.client.call(
        "a_notify", ["method": .string("notifications/\(list)/list_changed")],
        within: .seconds(20))
    }
    run.client.run(for: .milliseconds(700))
    try run.finish()
    #expect(!run.client.transcript.messages.contains { $0.kind == .notification })
  }

  @Test func `a list that is asked for while it is refreshed shows the new one`() throws {
    let run = try open("legacy", .r2025_11_25, "watch,mutate-tools,")
    let before = try run.client.roundTrip("tools/list").text
    try storm(run, 1)
    let after = try run.client.roundTrip("tools/list").text
    #expect(before != after)
    try run.finish()
  }
}
