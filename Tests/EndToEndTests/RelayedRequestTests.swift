import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows S15, S16 and B27: what legacy services ask of a legacy client.
@Suite struct RelayedRequestTests {
  private let answer = "/structuredContent/answer"

  @Test func `S16: each kind of request reaches the client with our id, its answer the service`()
    throws
  {
    let run = try GatewayRun.open(
      [Service("s", "legacy")], capabilities: GatewayRun.everything)
    for kind in Asked.kinds {
      let call = try run.ask("s_ask", kind.method, kind.params)
      let request = try run.client.serverRequest()
      #expect(request.method == kind.method)
      #expect(request.id != "1" && request.id != "2" && request.id != "3" && request.id != "4")
      #expect(request.params == kind.params)
      try run.client.answer(request.id ?? "", .result(kind.answer))
      let result = try run.client.response(to: call)
      #expect(result.result?.at(pointer: answer) == kind.answer, "\(result.text)")
    }
    try run.finish()
  }

  @Test func `S16: the error of a client reaches the service`() throws {
    let run = try GatewayRun.open([Service("s", "legacy")], capabilities: ["roots": [:]])
    run.client.answers["roots/list"] = .error(code: -1, message: "no")
    let call = try run.ask("s_ask", "roots/list")
    let result = try run.client.response(to: call)
    #expect(result.result?.at(pointer: answer + "/code") == -1, "\(result.text)")
    #expect(result.result?.at(pointer: answer + "/message") == "no")
    try run.finish()
  }

  @Test(
    arguments: [
      ("elicitation/create", Asked.form, [:] as JSONValue, -32601),
      ("sampling/createMessage", Asked.sample, ["roots": [:]], -32601),
      ("roots/list", [:], ["sampling": [:]], -32601),
      ("elicitation/create", Asked.url, ["elicitation": [:]], -32602),
      ("elicitation/create", Asked.form, ["elicitation": ["url": [:]]], -32602),
      (
        "sampling/createMessage", ["messages": [], "maxTokens": 1, "tools": []], ["sampling": [:]],
        -32602
      ),
      ("elicitation/create", ["mode": "smell"], GatewayRun.everything, -32602),
      ("vendor/thing", [:], GatewayRun.everything, -32601),
    ] as [(String, JSONValue, JSONValue, Int)])
  func `S16: what was not declared is refused, and the client hears nothing of it`(
    method: String, params: JSONValue, capabilities: JSONValue, code: Int
  ) throws {
    let run = try GatewayRun.open([Service("s", "legacy")], capabilities: capabilities)
    let call = try run.ask("s_ask", method, params)
    let result = try run.client.response(to: call)
    #expect(
      result.result?.at(pointer: answer + "/code") == .number(JSONNumber(code)), "\(result.text)")
    #expect(!run.client.transcript.messages.contains { $0.kind == .request })
    try run.finish()
  }

  @Test func `S16: a service is told what the client declared`() throws {
    let run = try GatewayRun.open(
      [Service("s", "legacy")],
      capabilities: [
        "roots": ["listChanged": true], "elicitation": [:], "future": ["x": 1],
        "extensions": ["a.example/x": ["y": 2]],
      ])
    let told = try run.client.call("s_ask", ["method": "told"])
    #expect(
      told.result?.at(pointer: "/structuredContent/told") == [
        "roots": ["listChanged": true], "elicitation": ["form": [:]],
        "extensions": ["a.example/x": ["y": 2]],
      ], "\(told.text)")
    try run.finish()
  }

  @Test func `S16: of a flood of requests eight are asked and the rest is refused`() throws {
    let run = try GatewayRun.open(
      [Service("s", "legacy"), Service("good")], capabilities: GatewayRun.everything)
    let call = try run.ask("s_ask", "roots/list", more: ["count": 30])
    for _ in 0..<8 {
      let request = try run.client.serverRequest()
      try run.client.answer(request.id ?? "", .result(Asked.roots))
    }
    let result = try run.client.response(to: call)
    let answers = result.result?.at(pointer: "/structuredContent/answers")?.arrayValue ?? []
    #expect(answers.count { $0["roots"] != nil } == 8)
    #expect(
      answers.count { $0["code"] == .number(JSONNumber(ErrorCode.overloaded.rawValue)) } == 22)
    try run.expectOK()
    try run.finish()
  }

  @Test func `the clock of a call stands still while its client is asked`() throws {
    let run = try GatewayRun.open(
      [Service("s", "legacy")], capabilities: GatewayRun.everything,
      settings: "deadlines: {call: 2s, absolute: 2500ms}\n")
    // The start of the service is not to count.
    try run.expectServed("s_echo")
    let call = try run.ask("s_ask", "elicitation/create", Asked.form)
    let request = try run.client.serverRequest()
    run.client.run(for: .milliseconds(2_700))
    try run.client.answer(request.id ?? "", .result(Asked.accepted))
    let result = try run.client.response(to: call)
    #expect(result.kind == .result, "\(result.text)")
    try run.finish()
  }

  @Test func `a question that is not answered in time ends, and its call goes on`() throws {
    let run = try GatewayRun.open(
      [Service("s", "legacy")], capabilities: GatewayRun.everything,
      settings: "deadlines: {input: 200ms}\n")
    let first = try run.ask("s_ask", "elicitation/create", Asked.form)
    let elicitation = try run.client.response(to: first)
    #expect(elicitation.result?.at(pointer: answer) == ["action": "cancel"], "\(elicitation.text)")
    let second = try run.ask("s_ask", "roots/list")
    let roots = try run.client.response(to: second)
    #expect(
      roots.result?.at(pointer: answer + "/code")
        == .number(JSONNumber(ErrorCode.timeout.rawValue)), "\(roots.text)")
    let asked = run.client.transcript.messages.filter { $0.kind == .request }.compactMap(\.id)
    let withdrawn = run.client.transcript.messages.filter {
      $0.method == "notifications/cancelled"
    }.compactMap { $0.params?["requestId"]?.text }
    #expect(asked.count == 2)
    #expect(asked == withdrawn)
    // An answer that comes too late answers nothing.
    for id in asked { try run.client.answer(id, .result(Asked.roots)) }
    try run.expectOK("s_echo")
    try run.finish()
  }
}
