import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// A client that is listed fewer tools than it can call.
@Suite struct ProfileBudgetTests {
  static let three = ["tools_search", "tools_describe", "tools_call"]

  /// Two services with 20 and 11 tools, and a budget of eight.
  private func open(
    _ revision: Revision, _ words: String = "tools=20", budget: String = "8",
    profile: String = "", more: [String] = ["tools: {high: [echo, slow]}"]
  ) throws -> GatewayRun {
    let run = try GatewayRun(
      [Service("a", words, more: more), Service("b")],
      settings: ProfileTests.settings("budget: \(budget)\(profile)"), revision: revision)
    run.client.capabilities = GatewayRun.everything
    try run.client.handshake()
    return run
  }

  private func through(
    _ run: GatewayRun, _ tool: String, _ arguments: JSONValue? = nil, meta: JSONValue = [:]
  ) throws -> String {
    var inner: JSONValue = ["name": .string(tool)]
    if let arguments { inner["arguments"] = arguments }
    return try run.client.request(
      "tools/call", ["_meta": meta, "name": "tools_call", "arguments": inner])
  }

  @Test(arguments: ProfileTests.eras)
  func `over the budget three tools stand for the rest, and high priority is listed first`(
    revision: Revision
  ) throws {
    let run = try open(revision)
    let list = try run.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    let names = list.compactMap { $0["name"]?.stringValue }
    #expect(names.count == 8 && names.prefix(3) == Self.three[...], "\(names)")
    #expect(names.contains("a_echo") && names.contains("a_slow"))
    let about = list.first?["description"]?.stringValue ?? ""
    #expect(about.contains("26 more") && about.contains("b: b_add, b_ask"), "\(about)")
    // What is not listed can be called by its own name as well.
    try run.expectOK("b_echo")
    try run.finish()
  }

  @Test func `auto is what is known of the client, by what it calls itself`() throws {
    let run = try GatewayRun.open(
      [Service("a", "tools=150")],
      settings: ProfileTests.settings("budget: auto", client: "*"), revision: .newest)
    for (name, count) in [
      ("cursor-vscode", 40), ("Windsurf-Client", 100), ("Visual Studio Code", 128),
      ("claude-code", 150),
    ] {
      let meta: JSONValue = [
        "io.modelcontextprotocol/clientInfo": ["name": .string(name), "version": "1"]
      ]
      let list = try run.client.roundTrip("tools/list", ["_meta": meta])
      let tools = list.result?["tools"]?.arrayValue ?? []
      #expect(tools.count == count, "\(name)")
      let first = tools.prefix(3).compactMap { $0["name"]?.stringValue }
      #expect((first == Self.three) == (count < 150), "\(name): \(first)")
    }
    try run.finish()
  }

  @Test(arguments: ["31", "none", "auto"])
  func `with room for all there is nothing but the tools themselves`(budget: String) throws {
    let run = try open(.newest, budget: budget)
    let names = try KeyBehaviour.tools(run)
    #expect(names.count == 31 && !names.contains { $0.hasPrefix("tools_") })
    try run.expectError("tools_call", .invalidParams, arguments: ["name": "a_echo"])
    try run.finish()
  }

  @Test(arguments: ProfileTests.eras)
  func `tools are found, described as they would be listed, and called`(revision: Revision) throws {
    let run = try open(revision)
    let search = try run.client.call("tools_search", ["query": "SHA-256 of b", "limit": 2])
    let found = search.result?.at(pointer: "/structuredContent/tools")?.arrayValue ?? []
    #expect(found.count == 2, "\(search.text)")
    #expect(found.contains { $0["name"] == "b_digest" }, "\(search.text)")
    let described = try run.client.call("tools_describe", ["names": ["b_digest", "b_nothing"]])
    let definition = described.result?.at(pointer: "/structuredContent/tools/0")
    #expect(definition?.at(pointer: "/inputSchema/properties/text/type") == "string")
    #expect(definition?["description"] == "Returns size and SHA-256 of its arguments.")
    #expect(described.result?.at(pointer: "/structuredContent/unknown") == ["b_nothing"])
    let id = try through(run, "b_echo", ["text": "x", "n": 2])
    let answer = try run.client.response(to: id)
    #expect(answer.result?.at(pointer: "/structuredContent/text") == "x")
    let direct = try run.client.call("b_echo", ["text": "x", "n": 2])
    #expect(direct.result == answer.result)
    try run.finish()
  }

  @Test(arguments: ProfileTests.eras)
  func `progress, cancels and failures are those of a direct call`(revision: Revision) throws {
    let run = try open(revision)
    let slow = try through(
      run, "b_slow", ["ms": 200, "steps": 4], meta: ["progressToken": "mine"])
    #expect(try run.client.response(to: slow).kind == .result)
    let told = run.client.transcript.messages.filter { $0.method == "notifications/progress" }
    #expect(told.count == 4 && told.allSatisfy { $0.progressToken == "\"mine\"" })
    let hang = try through(run, "b_hang")
    #expect(run.wait { run.status(of: "b")?["inFlight"] == 1 })
    try run.client.cancel(hang)
    #expect(run.wait { run.status(of: "b")?["inFlight"] == 0 })
    let fails = try run.client.response(to: through(run, "b_fail", ["text": "no"]))
    #expect(fails.result?["isError"] == true, "\(fails.text)")
    let crash = try run.client.response(to: through(run, "b_crash"))
    #expect(crash.errorCode == ErrorCode.backendLost.rawValue, "\(crash.text)")
    #expect(crash.error?.at(pointer: "/data/backend") == "b")
    try run.finish()
  }

  @Test func `what a service asks in the course of such a call reaches a legacy client`() throws {
    let run = try open(.newestLegacy)
    let id = try through(
      run, "b_ask", ["method": "elicitation/create", "params": Asked.form])
    let question = try run.client.serverRequest()
    #expect(question.method == "elicitation/create")
    try run.client.answer(question.id ?? "", .result(["action": "decline"]))
    #expect(try run.client.response(to: id).text.contains("decline"))
    try run.finish()
  }

  @Test func `and a modern one, which brings the answer back in the same call`() throws {
    let run = try open(.newest)
    let call: JSONValue = [
      "name": "tools_call",
      "arguments": [
        "name": "b_ask", "arguments": ["method": "elicitation/create", "params": Asked.form],
      ],
    ]
    let asked = try run.client.roundTrip("tools/call", call)
    #expect(asked.result?["resultType"] == "input_required", "\(asked.text)")
    let key = asked.result?["inputRequests"]?.objectValue?.first?.key ?? ""
    var again = call
    var answers = JSONObject()
    answers[key] = ["action": "decline"]
    again["inputResponses"] = .object(answers)
    again["requestState"] = asked.result?["requestState"]
    let answer = try run.client.roundTrip("tools/call", again)
    #expect(answer.text.contains("decline"), "\(answer.text)")
    try run.finish()
  }

  @Test(arguments: ProfileTests.eras)
  func `tools_call reaches what the profile shows and nothing else`(revision: Revision) throws {
    let run = try open(
      revision,
      profile: ", tools: {exclude: [b_add], rename: {b_echo: say}, pin: {b_echo: {text: fixed}}}")
    for name in ["b_add", "b_echo", "nothing", "tools_call", "tools_search"] {
      let answer = try run.client.response(to: through(run, name, ["a": 1]))
      #expect(answer.errorCode == ErrorCode.invalidParams.rawValue, "\(answer.text)")
      #expect(answer.error?["message"] == .string("Unknown tool: '\(name)'"))
    }
    let said = try run.client.response(to: through(run, "say", ["n": 1]))
    #expect(said.result?["structuredContent"] == ["n": 1, "text": "fixed"], "\(said.text)")
    let refused = try run.client.response(to: through(run, "say", ["text": "mine"]))
    #expect(refused.result?["isError"] == true, "\(refused.text)")
    let described = try run.client.call("tools_describe", ["names": ["say"]])
    #expect(!described.text.contains("fixed") && described.text.contains("\"say\""))
    for name in ["b_add", "b_echo"] {
      try run.expectError("tools_describe", .invalidParams, arguments: ["names": [.string(name)]])
      let search = try run.client.call("tools_search", ["query": .string(name)])
      #expect(!search.text.contains("\"\(name)\""), "\(search.text)")
    }
    try run.finish()
  }

  @Test(arguments: ProfileTests.eras)
  func `a call that becomes a task does so through tools_call`(revision: Revision) throws {
    let run = try GatewayRun(
      [Service("a", "tools=20", more: ["tools: {tasks: [\"*\"]}"])],
      settings: ProfileTests.settings("budget: 5") + "tasks: {after: 1ms}\n", revision: revision)
    run.client.capabilities = ["extensions": ["io.modelcontextprotocol/tasks": [:]]]
    try run.client.handshake()
    let list = try run.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    var call: JSONValue = [
      "name": "tools_call", "arguments": ["name": "a_slow", "arguments": ["ms": 1_000]],
    ]
    guard revision.era == .legacy else {
      let answer = try run.client.roundTrip("tools/call", call)
      #expect(answer.result?["resultType"] == "task", "\(answer.text)")
      return try run.finish()
    }
    let through = list.first { $0["name"] == "tools_call" }
    #expect(through?.at(pointer: "/execution/taskSupport") == "optional")
    call["task"] = [:]
    let made = try run.client.roundTrip("tools/call", call)
    let id = made.result?.at(pointer: "/task/taskId") ?? .null
    #expect(id.stringValue != nil, "\(made.text)")
    let result = try run.client.roundTrip("tasks/result", ["taskId": id])
    #expect(result.kind == .result && result.result?["isError"] == nil, "\(result.text)")
    try run.finish()
  }

  @Test(arguments: ProfileTests.eras)
  func `what is no call of a tool is refused with what was expected`(revision: Revision) throws {
    let run = try open(revision)
    for arguments: JSONValue in [
      [:], ["name": 5], ["name": "b_echo", "arguments": "{}"],
      ["name": "b_echo", "arguments": [1]],
    ] {
      try run.expectError("tools_call", .invalidParams, arguments: arguments)
    }
    try run.expectError("tools_search", .invalidParams)
    try run.expectError("tools_describe", .invalidParams, arguments: ["names": []])
    try run.expectError(
      "tools_describe", .invalidParams,
      arguments: ["names": .array(Array(repeating: "b_echo", count: 21))])
    let none = try run.client.call("tools_search", ["query": "weather in Tokyo"])
    #expect(none.result?.at(pointer: "/structuredContent/tools") == [], "\(none.text)")
    try run.finish()
  }
}
