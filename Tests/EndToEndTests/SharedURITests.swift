import Harness
import MCP
import RawJSON
import Testing

/// Resources of many services: URIs stay while they are unique and are told apart otherwise,
/// everywhere they occur.
@Suite struct SharedURITests {
  private func uris(_ answer: ServerMessage, _ list: String, _ key: String) -> [JSONValue] {
    answer.result?[list]?.arrayValue?.compactMap { $0[key] } ?? []
  }

  private func open(
    _ revision: Revision, _ era: String, names: [String] = ["a", "b"]
  ) throws -> GatewayRun {
    let run = try GatewayRun.open(
      names.map { Service($0, "watch,\(era),name=\($0)") }, settings: "", revision: revision)
    _ = try run.client.roundTrip("tools/list", within: .seconds(20))
    return run
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `shared URIs are listed once for each service, and reads go to the right one`(
    revision: Revision, era: String
  ) throws {
    let run = try open(revision, era)
    let client = run.client
    #expect(
      uris(try client.roundTrip("resources/list"), "resources", "uri") == [
        "memo://switchyard.a/one", "ui://switchyard.a/panel/main", "memo://switchyard.b/one",
        "ui://switchyard.b/panel/main",
      ])
    #expect(
      uris(
        try client.roundTrip("resources/templates/list"), "resourceTemplates", "uriTemplate")
        == ["memo://switchyard.a/{name}", "memo://switchyard.b/{name}"])
    for (uri, service) in [
      ("memo://switchyard.a/one", "a"), ("memo://switchyard.b/one", "b"),
      ("memo://switchyard.b/new", "b"), ("MEMO://SWITCHYARD.B/new", "b"),
    ] {
      let read = try client.roundTrip(
        "resources/read", ["uri": .string(uri)], within: .seconds(20))
      #expect(read.result?.at(pointer: "/contents/0/text")?.stringValue == service, "\(read.text)")
      let known = uri.hasPrefix("MEMO") ? nil : read.result?.at(pointer: "/contents/0/uri")
      #expect(known == nil || known?.stringValue == uri, "\(read.text)")
    }
    let ambiguous = try client.roundTrip("resources/read", ["uri": "memo://one"])
    #expect(ambiguous.kind == .failure)
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `questions for a sample name the same URIs`(revision: Revision, era: String) throws {
    let run = try GatewayRun(
      ["a", "b"].map { Service($0, "watch,\(era),name=\($0)") }, settings: "", revision: revision)
    run.client.capabilities = ["sampling": ["tools": [:]]]
    try run.client.handshake()
    _ = try run.client.roundTrip("tools/list")
    let resource: JSONValue = ["type": "resource", "resource": ["uri": "memo://one", "text": "x"]]
    let link: JSONValue = ["type": "resource_link", "uri": "memo://one", "name": "x"]
    let given: JSONValue = ["type": "tool_result", "toolUseId": "1", "content": [link]]
    let params: JSONValue = [
      "maxTokens": 5,
      "messages": [
        ["role": "user", "content": resource], ["role": "user", "content": [given]],
      ],
    ]
    let asked = try run.paramsAsked(
      "b_ask", "sampling/createMessage", params, answer: Asked.sampled)
    let uri: JSONValue = "memo://switchyard.b/one"
    #expect(asked.at(pointer: "/messages/0/content/resource/uri") == uri)
    #expect(asked.at(pointer: "/messages/1/content/0/content/0/uri") == uri)
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `links, embedded resources, prompts, completions and tools name the same URIs`(
    revision: Revision, era: String
  ) throws {
    let run = try open(revision, era)
    let client = run.client
    let result: JSONValue = [
      "content": [
        ["type": "resource_link", "uri": "memo://one", "name": "x"],
        ["type": "resource", "resource": ["uri": "memo://free", "text": "memo://one"]],
        ["type": "resource_link", "uri": "https://example.com/x", "name": "y"],
        ["type": "text", "text": "memo://one"],
      ], "structuredContent": ["uri": "memo://one"],
    ]
    let answer = try client.call("b_return", ["result": result], within: .seconds(20))
    let content = answer.result?["content"]
    #expect(content?.at(pointer: "/0/uri") == "memo://switchyard.b/one", "\(answer.text)")
    #expect(content?.at(pointer: "/1/resource/uri") == "memo://switchyard.b/free")
    #expect(content?.at(pointer: "/1/resource/text") == "memo://one")
    #expect(content?.at(pointer: "/2/uri") == "https://example.com/x")
    #expect(content?.at(pointer: "/3/text") == "memo://one")
    #expect(answer.result?.at(pointer: "/structuredContent/uri") == "memo://one")
    let prompt = try client.roundTrip("prompts/get", ["name": "a_greet"], within: .seconds(20))
    #expect(
      prompt.result?.at(pointer: "/messages/0/content/resource/uri") == "memo://switchyard.a/one")
    let completed = try client.roundTrip(
      "completion/complete",
      [
        "ref": ["type": "ref/resource", "uri": "memo://switchyard.b/{name}"],
        "argument": ["name": "name", "value": "o"],
      ])
    #expect(completed.result?.at(pointer: "/completion/values/0") == "memo://{name}")
    let tools = try client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    let tool = tools.first { $0["name"] == "a_echo" }
    #expect(tool?.at(pointer: "/_meta/ui/resourceUri") == "ui://switchyard.a/panel/main")
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `updates of shared URIs carry the name of their service`(
    revision: Revision, era: String
  ) throws {
    let run = try open(revision, era)
    let client = run.client
    let uri = "memo://switchyard.b/one"
    if revision.era == .legacy {
      _ = try client.roundTrip("resources/subscribe", ["uri": .string(uri)], within: .seconds(20))
    } else {
      try client.request(
        "subscriptions/listen", ["notifications": ["resourceSubscriptions": [.string(uri)]]])
      _ = try client.notification(
        "notifications/subscriptions/acknowledged", within: .seconds(20))
    }
    for tool in ["a_notify", "b_notify"] where revision.era == .modern || tool == "b_notify" {
      _ = try client.call(
        tool, ["method": "notifications/resources/updated", "params": ["uri": "memo://one"]],
        within: .seconds(20))
    }
    let update = try client.notification("notifications/resources/updated", within: .seconds(20))
    #expect(update.params?["uri"]?.stringValue == uri)
    try run.finish()
    let all = client.transcript.messages.filter { $0.method == update.method }
    #expect(all.count == 1)
  }

  @Test func `the URIs of a service alone stay as they are, byte for byte`() throws {
    let run = try open(.r2025_11_25, "legacy", names: ["a"])
    let answer = try run.client.roundTrip("resources/list")
    #expect(uris(answer, "resources", "uri") == ["memo://one", "ui://panel/main"])
    let read = try run.client.roundTrip("resources/read", ["uri": "memo://one"])
    #expect(read.result?.at(pointer: "/contents/0/uri") == "memo://one")
    try run.finish()
  }
}
