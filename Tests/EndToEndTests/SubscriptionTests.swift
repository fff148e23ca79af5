import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// `resources/subscribe`, `subscriptions/listen` and `notifications/resources/updated`
/// between clients and services of both eras.
@Suite struct SubscriptionTests {
  static let eras = [Revision.r2025_11_25, .r2026_07_28]
  static let words = ["legacy", "modern"]

  /// Asks to hear of resources; returns the listen's id, or nil for a legacy client.
  private func watch(_ uris: [String], _ client: HarnessClient) throws -> String? {
    guard client.revision.era == .modern else {
      for uri in uris {
        let answer = try client.roundTrip(
          "resources/subscribe", ["uri": .string(uri)], within: .seconds(20))
        #expect(answer.result == [:], "\(answer.text)")
      }
      return nil
    }
    let id = try client.request(
      "subscriptions/listen",
      ["notifications": ["resourceSubscriptions": .array(uris.map { .string($0) })]])
    let acknowledged = try client.notification(
      "notifications/subscriptions/acknowledged", within: .seconds(20))
    #expect(
      acknowledged.params?.at(pointer: "/notifications/resourceSubscriptions")
        == .array(uris.map { .string($0) }), "\(acknowledged.text)")
    return id
  }

  private func update(_ uri: String, by tool: String, _ client: HarnessClient) throws {
    let answer = try client.call(
      tool,
      ["method": "notifications/resources/updated", "params": ["uri": .string(uri), "extra": 7]],
      within: .seconds(20))
    #expect(answer.kind == .result, "\(answer.text)")
  }

  private func updates(_ client: HarnessClient) -> [ServerMessage] {
    client.transcript.messages.filter { $0.method == "notifications/resources/updated" }
  }

  @Test(arguments: eras, words)
  func `an update reaches the client that subscribed, in all four cells`(
    revision: Revision, era: String
  ) throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,\(era)"), Service("good")], settings: "", revision: revision)
    let client = run.client
    let id = try watch(["memo://one"], client)
    try update("memo://one", by: "a_notify", client)
    let update = try client.notification("notifications/resources/updated", within: .seconds(20))
    #expect(update.params?["uri"] == "memo://one")
    #expect(update.params?["extra"] == 7)
    let subscription = update.params?.at(
      pointer: "/_meta/io.modelcontextprotocol~1subscriptionId")
    #expect(subscription?.description == id)
    try run.finish()
  }

  @Test(arguments: words)
  func `a modern client hears only of the resources that it named`(era: String) throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,\(era)")], settings: "", revision: .r2026_07_28)
    let client = run.client
    try update("memo://one", by: "a_notify", client)
    _ = try watch(["memo://one"], client)
    try update("memo://two", by: "a_notify", client)
    try update("memo://one", by: "a_notify", client)
    _ = try client.notification("notifications/resources/updated", within: .seconds(20))
    let heard = updates(client).compactMap { $0.params?["uri"] }
    #expect(heard == ["memo://one"])
    try run.finish()
  }

  @Test(arguments: words)
  func `two listens of one resource ask the service once, and each hears it`(era: String) throws {
    let folder = try TemporaryFolder()
    let ledger = folder.path + "/ledger"
    let run = try GatewayRun.open(
      [Service("a", "watch,\(era),ledger=\(ledger)")], settings: "", revision: .r2026_07_28)
    let client = run.client
    let first = try #require(try watch(["memo://one"], client))
    let second = try #require(try watch(["memo://one"], client))
    try update("memo://one", by: "a_notify", client)
    #expect(run.wait(within: .seconds(20)) { updates(client).count == 2 })
    try client.cancel(first)
    try update("memo://one", by: "a_notify", client)
    #expect(run.wait(within: .seconds(20)) { updates(client).count == 3 })
    #expect(
      updates(client).last?.params?.at(
        pointer: "/_meta/io.modelcontextprotocol~1subscriptionId")?.description == second)
    try client.cancel(second)
    if era == "legacy" {
      #expect(run.wait(within: .seconds(20)) { folder.text("ledger").contains("unsubscribed") })
      #expect(folder.text("ledger").split(separator: "\n").count { $0.hasPrefix("subscr") } == 1)
    } else {
      let isGone = run.wait(within: .seconds(20)) {
        folder.text("ledger").split(separator: "\n").last { $0.hasPrefix("listening") }?
          .contains("memo") == false
      }
      #expect(isGone, "\(folder.text("ledger"))")
    }
    try run.finish()
  }

  @Test(arguments: eras, words)
  func `after a crash the service is asked again, and the resource counts as changed`(
    revision: Revision, era: String
  ) throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,\(era)"), Service("good")], settings: "", revision: revision)
    let client = run.client
    _ = try watch(["memo://one"], client)
    #expect(try client.call("a_crash").kind == .failure)
    // Nobody calls it, and yet it comes back.
    let update = try client.notification("notifications/resources/updated", within: .seconds(20))
    #expect(update.params?["uri"] == "memo://one")
    try self.update("memo://one", by: "a_notify", client)
    #expect(run.wait(within: .seconds(20)) { updates(client).count == 2 })
    try run.finish()
  }

  @Test(arguments: words)
  func `a service with a watched resource is not stopped for idleness`(era: String) throws {
    let run = try GatewayRun.open(
      [
        Service("a", "watch,\(era)", process: ["idle: 1s"]),
        Service("b", "watch,\(era)", process: ["idle: 1s"]),
      ], settings: "")
    _ = try watch(["memo://switchyard.a/one"], run.client)
    try run.expectOK("b_echo")
    #expect(run.wait(within: .seconds(20)) { run.processes(of: "b").isEmpty })
    #expect(!run.processes(of: "a").isEmpty)
    // Nobody wants to hear of it any more, and it sleeps too.
    let answer = try run.client.roundTrip(
      "resources/unsubscribe", ["uri": "memo://switchyard.a/one"])
    #expect(answer.result == [:])
    #expect(run.wait(within: .seconds(20)) { run.processes(of: "a").isEmpty })
    try run.finish()
  }

  @Test(arguments: words)
  func `a service's refusal of a subscription is passed on`(era: String) throws {
    let run = try GatewayRun.open([Service("a", "watch,\(era)")], settings: "")
    let answer = try run.client.roundTrip(
      "resources/subscribe", ["uri": "memo://no!"], within: .seconds(20))
    #expect(answer.errorCode == ErrorCode.invalidParams.rawValue, "\(answer.text)")
    #expect(answer.text.contains("not this one") || answer.text.contains("does not tell"))
    try run.finish()
  }

  @Test(arguments: words)
  func `a listen is acknowledged with the resources that services agreed to`(era: String) throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,\(era)"), Service("good")], settings: "", revision: .r2026_07_28)
    let id = try run.client.request(
      "subscriptions/listen",
      [
        "notifications": [
          "toolsListChanged": true, "promptsListChanged": false,
          "resourceSubscriptions": ["memo://one", "memo://no!"],
        ]
      ], id: "\"seven\"")
    let acknowledged = try run.client.notification(within: .seconds(20))
    #expect(acknowledged.method == "notifications/subscriptions/acknowledged")
    let expected: JSONValue = [
      "_meta": ["io.modelcontextprotocol/subscriptionId": "seven"],
      "notifications": ["toolsListChanged": true, "resourceSubscriptions": ["memo://one"]],
    ]
    #expect(acknowledged.params == expected, "\(acknowledged.text)")
    // The gateway's end is the listen's graceful end.
    try run.finish()
    let end = try run.client.response(to: id)
    #expect(end.result?["resultType"] == "complete", "\(end.text)")
  }

  @Test func `a resource that no service has is left out of the acknowledgement`() throws {
    let run = try GatewayRun.open(
      [Service("a", "watch"), Service("b", "watch")], settings: "", revision: .r2026_07_28)
    try run.client.request(
      "subscriptions/listen",
      [
        "notifications": [
          "resourceSubscriptions": ["nobody://knows", "memo://switchyard.a/one"]
        ]
      ])
    let acknowledged = try run.client.notification(within: .seconds(20))
    #expect(
      acknowledged.params?["notifications"]
        == ["resourceSubscriptions": ["memo://switchyard.a/one"]], "\(acknowledged.text)")
    try run.finish()
  }

  @Test func `S15: an update within a listen that is not ours is dropped`() throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,modern")], settings: "", revision: .r2026_07_28)
    let client = run.client
    _ = try watch(["memo://one"], client)
    let forged: JSONValue = [
      "method": "notifications/resources/updated", "raw": true,
      "params": [
        "uri": "memo://one", "forged": true,
        "_meta": ["io.modelcontextprotocol/subscriptionId": 1],
      ],
    ]
    #expect(try client.call("a_notify", forged, within: .seconds(20)).kind == .result)
    try update("memo://one", by: "a_notify", client)
    _ = try client.notification("notifications/resources/updated", within: .seconds(20))
    try run.finish()
    #expect(updates(client).allSatisfy { $0.params?["forged"] == nil })
  }
}

extension TemporaryFolder {
  /// A file's text; empty if it is not there.
  func text(_ name: String) -> String {
    String(decoding: SmallFile.bytes(of: path + "/" + name), as: UTF8.self)
  }
}
