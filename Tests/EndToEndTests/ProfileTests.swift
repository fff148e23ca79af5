import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// What a client with a profile is shown, in both eras.
@Suite struct ProfileTests {
  static let eras: [Revision] = [.newestLegacy, .newest]

  static func settings(_ profile: String, client: String = "switchyard-h*") -> String {
    GatewayRun.patientSettings + "profiles: {p: {client: [\"\(client)\"], \(profile)}}\n"
  }

  private func open(
    _ services: [Service], _ profile: String, _ revision: Revision
  ) throws -> GatewayRun {
    try GatewayRun.open(services, settings: Self.settings(profile), revision: revision)
  }

  @Test(arguments: eras)
  func `a service that is not selected is not listed, not called and not read`(
    revision: Revision
  ) throws {
    let run = try open(
      [Service("a", "resources,prompts"), Service("b", "resources,prompts,watch,name=b")],
      "services: [a]", revision)
    let all = try KeyBehaviour.tools(run)
    #expect(all.count == 11 && all.allSatisfy { $0.hasPrefix("a_") }, "\(all)")
    let prompts = try run.client.roundTrip("prompts/list").result?["prompts"]?.arrayValue ?? []
    #expect(prompts.map { $0["name"] } == ["a_greet"])
    let list = try run.client.roundTrip("resources/list").result?["resources"]?.arrayValue ?? []
    #expect(list.map { $0["uri"] } == ["memo://switchyard.a/one"], "\(list)")
    let hidden = try run.expectError("b_echo", .invalidParams)
    let unknown = try run.expectError("c_echo", .invalidParams)
    let words = hidden.error?["message"]?.stringValue?.replacing("b_echo", with: "c_echo")
    #expect(words == unknown.error?["message"]?.stringValue)
    #expect(hidden.error?["data"] == unknown.error?["data"])
    let prompt = try run.client.roundTrip("prompts/get", ["name": "b_greet"])
    #expect(prompt.error?["message"] == "Unknown prompt: 'b_greet'", "\(prompt.text)")
    for (uri, isThere) in [
      ("memo://switchyard.a/one", true), ("memo://switchyard.b/one", false),
      ("ui://panel/main", false),
    ] {
      let answer = try run.client.roundTrip("resources/read", ["uri": .string(uri)])
      #expect((answer.kind == .result) == isThere, "\(answer.text)")
    }
    try run.expectOK("a_echo")
    try run.finish()
  }

  @Test(arguments: eras)
  func `a tool that is hidden is as unknown as one that there is not`(revision: Revision) throws {
    let run = try open([Service("a")], "tools: {include: [\"a_*\"], exclude: [a_add]}", revision)
    let tools = try KeyBehaviour.tools(run)
    #expect(tools.count == 10 && !tools.contains("a_add"))
    let hidden = try run.expectError("a_add", .invalidParams)
    #expect(hidden.error?["message"] == "Unknown tool: 'a_add'")
    try run.expectOK("a_echo")
    try run.finish()
  }

  @Test(arguments: eras)
  func `a tool that is renamed is called by its new name only`(revision: Revision) throws {
    let run = try open(
      [Service("a")], "tools: {rename: {a_echo: say, a_add: a_echo}, describe: {a_echo: Says it.}}",
      revision)
    let list = try run.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    let say = list.first { $0["name"] == "say" }
    #expect(say?["description"] == "Says it.")
    try run.expectOK("say")
    // Its old name is now that of another tool.
    let sum = try run.client.call("a_echo", ["a": 1, "b": 2])
    #expect(sum.result?.at(pointer: "/structuredContent/sum") == 3, "\(sum.text)")
    try run.expectError("a_add", .invalidParams)
    try run.finish()
  }

  @Test(arguments: eras)
  func `an argument that is pinned is given, never shown, and not the client's to give`(
    revision: Revision
  ) throws {
    let run = try open(
      [Service("a")], "tools: {pin: {a_echo: {text: fixed, more: [1, x]}}}", revision)
    let list = try run.client.roundTrip("tools/list")
    let echo = list.result?["tools"]?.arrayValue?.first { $0["name"] == "a_echo" }
    #expect(echo?.at(pointer: "/inputSchema/properties") == [:], "\(list.text)")
    #expect(!list.text.contains("fixed"))
    let answer = try run.client.call("a_echo", ["n": 1])
    #expect(
      answer.result?["structuredContent"] == ["n": 1, "text": "fixed", "more": [1, "x"]],
      "\(answer.text)")
    let bare = try run.client.roundTrip("tools/call", ["name": "a_echo"])
    #expect(bare.result?.at(pointer: "/structuredContent/text") == "fixed", "\(bare.text)")
    let refused = try run.client.call("a_echo", ["text": "mine"])
    #expect(refused.result?["isError"] == true, "\(refused.text)")
    let words = refused.result?.at(pointer: "/content/0/text")?.stringValue ?? ""
    #expect(words.contains("'text'") && !words.contains("fixed"), "\(words)")
    try run.finish()
  }

  @Test func `only clients that match have the profile, each request of the modern era by itself`()
    throws
  {
    let run = try GatewayRun.open(
      [Service("a")], settings: Self.settings("tools: {include: [a_echo]}", client: "Other*"),
      revision: .newest)
    func tools(_ name: String) throws -> Int {
      let meta: JSONValue = [
        "io.modelcontextprotocol/clientInfo": ["name": .string(name), "version": "1"]
      ]
      let list = try run.client.roundTrip("tools/list", ["_meta": meta])
      return list.result?["tools"]?.arrayValue?.count ?? -1
    }
    #expect(try KeyBehaviour.tools(run).count == 11)
    #expect(try tools("other client") == 1)
    #expect(try tools("another") == 11)
    #expect(try tools("OTHER") == 1)
    #expect(try KeyBehaviour.tools(run).count == 11)
    try run.expectOK("a_echo")
    try run.finish()
  }

  @Test func `a legacy client whose name does not match is shown everything`() throws {
    let run = try GatewayRun.open(
      [Service("a")], settings: Self.settings("tools: {include: [a_echo]}", client: "other"))
    #expect(try KeyBehaviour.tools(run).count == 11)
    try run.finish()
  }

  @Test(arguments: eras)
  func `--profile chooses for every client, and a wrong name is refused at the start`(
    revision: Revision
  ) throws {
    let text =
      GatewayRun.patientSettings
      + "profiles: {one: {client: [\"*\"], services: [a]}, two: {tools: {include: [a_add]}}}\n"
    func run(_ profile: String) throws -> GatewayRun {
      try GatewayRun(
        [Service("a")], settings: text,
        wrapper: ["/bin/sh", "-c", "exec \"$@\" --profile=\(profile)", "sh"], revision: revision)
    }
    let good = try run("two")
    try good.client.handshake()
    #expect(try KeyBehaviour.tools(good) == ["a_add"])
    try good.finish()
    let bad = try run("tow")
    #expect(try bad.client.waitForExit(within: GatewayRun.patience) == .code(2))
    #expect(
      bad.client.stderr.contains("gateway.yaml has no profile 'tow'; did you mean 'two'?"),
      "\(bad.client.stderr)")
  }

  @Test(arguments: eras)
  func `the gateway's own tools are those of the service gateway`(revision: Revision) throws {
    let on = "surface: {tools: true, resources: true}\n"
    for (services, isThere) in [("[a]", false), ("[a, gateway]", true)] {
      let run = try GatewayRun.open(
        [Service("a"), Service("b")], settings: on + Self.settings("services: \(services)"),
        revision: revision)
      #expect(try KeyBehaviour.tools(run).contains("gateway_status") == isThere)
      #expect((try run.client.call("gateway_status").kind == .result) == isThere)
      let read = try run.client.roundTrip("resources/read", ["uri": "switchyard://status"])
      #expect((read.kind == .result) == isThere, "\(read.text)")
      if isThere {
        try run.expectError("gateway_explain", .invalidParams, arguments: ["tool": "b_echo"])
      }
      try run.finish()
    }
  }

  @Test(arguments: eras)
  func `a list does not wait for a service that is not selected`(revision: Revision) throws {
    // Longer than this test waits for anything.
    let patience = "10m, deadline: 10m}\ndeadlines: {call: 10m, initialize: 10m, probe: 10m}\n"
    let run = try GatewayRun.open(
      [Service("a"), Service("b", "hang@init")],
      settings: "discovery: {wait: \(patience)"
        + "profiles: {p: {client: [\"*\"], services: [a], budget: 5}}\n",
      revision: revision)
    #expect(try KeyBehaviour.tools(run).count == 5)
    #expect(try run.client.call("tools_search", ["query": "add"]).kind == .result)
    try run.expectOK("a_echo")
    try run.finish()
  }

  @Test func `cursors are those of the list that the client is shown`() throws {
    let run = try GatewayRun.open(
      [Service("a")],
      settings: Self.settings("tools: {exclude: [a_add]}") + "limits: {page: 4}\n")
    var names: [String] = []
    var params: JSONValue = [:]
    while true {
      let page = try run.client.roundTrip("tools/list", params)
      names += page.result?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
      guard let cursor = page.result?["nextCursor"] else { break }
      params = ["cursor": cursor]
    }
    #expect(names.count == 10 && Set(names).count == 10 && !names.contains("a_add"))
    try run.finish()
  }

  @Test func `S03: names that collide in a profile are told, and a call says whose they are`()
    throws
  {
    let run = try open([Service("a"), Service("b")], "tools: {rename: {b_echo: a_echo}}", .newest)
    #expect(!(try KeyBehaviour.tools(run)).contains("a_echo"))
    let answer = try run.expectError("a_echo", .invalidParams)
    #expect(answer.error?.at(pointer: "/data/reason") == "name_collision", "\(answer.text)")
    #expect(answer.text.contains("'a' and 'b'"), "\(answer.text)")
    #expect(run.client.stderr.contains("catalogue.collision"))
    try run.finish()
  }

  /// A service that tells and asks things as soon as it is asked what it offers.
  private func talkative() throws -> ScriptedService {
    let scripted = try ScriptedService()
    let lines = [
      #"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"x"}}"#,
      #"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a://b"}}"#,
      #"{"jsonrpc":"2.0","method":"vendor/told","params":{}}"#,
      #"{"jsonrpc":"2.0","id":"q","method":"roots/list"}"#,
    ]
    let list = scripted.folder.read("tools")
    try scripted.folder.write(lines.joined(separator: "\n") + "\n" + list, to: "tools")
    return scripted
  }

  @Test(arguments: [true, false])
  func `what a service tells and asks unasked reaches a client that is shown it`(
    isShown: Bool
  ) throws {
    let scripted = try talkative()
    let run = try GatewayRun.open(
      [Service("a"), scripted.service("b", more: ["methods: [\"vendor/*\"]"])],
      capabilities: GatewayRun.everything,
      settings: Self.settings("services: [\(isShown ? "a, b" : "a")]"))
    run.client.answers["roots/list"] = .result(["roots": []])
    _ = try run.client.roundTrip("tools/list")
    #expect(run.wait { scripted.folder.read("heard").contains(#""id":"q""#) })
    #expect(scripted.folder.read("heard").contains(#""roots""#) == isShown)
    try run.expectOK("a_echo")
    try run.finish()
    let seen = Set(run.client.transcript.messages.compactMap(\.method))
    #expect(
      seen.subtracting(["notifications/tools/list_changed"])
        == (isShown
          ? [
            "notifications/message", "notifications/resources/updated", "vendor/told", "roots/list",
          ] : []))
  }
}
