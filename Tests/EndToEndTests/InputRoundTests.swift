import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Row S16 where a legacy client calls a service of 2026-07-28: `input_required` becomes requests
/// to the client, and the call is tried again.
@Suite struct InputRoundTests {
  private let answer = "/structuredContent/answer"

  private func open(
    _ capabilities: JSONValue = GatewayRun.everything, settings: String = "",
    revision: Revision = .newestLegacy
  ) throws -> GatewayRun {
    try GatewayRun.open(
      [Service("s", "modern,prompts"), Service("good")], capabilities: capabilities,
      revision: revision, settings: settings)
  }

  @Test func `each kind of question is asked for real, and the retry brings the answer`() throws {
    let run = try open()
    for kind in Asked.kinds {
      let call = try run.ask("s_ask", kind.method, kind.params)
      let request = try run.client.serverRequest()
      #expect(request.method == kind.method)
      try run.client.answer(request.id ?? "", .result(kind.answer))
      let result = try run.client.response(to: call)
      #expect(result.result?.at(pointer: answer) == ["k1": kind.answer], "\(result.text)")
      #expect(result.result?.at(pointer: "/structuredContent/state") == "state-1")
      #expect(result.result?["resultType"] == nil)
    }
    try run.finish()
  }

  @Test func `a URL gets the id that the client's revision asks for`() throws {
    let run = try open()
    let call = try run.ask(
      "s_ask", "elicitation/create", ["mode": "url", "message": "m", "url": "https://a.example/"])
    let request = try run.client.serverRequest()
    #expect(request.params?["elicitationId"]?.stringValue?.isEmpty == false, "\(request.text)")
    try run.client.answer(request.id ?? "", .result(["action": "accept"]))
    #expect(try run.client.response(to: call).kind == .result)
    try run.finish()
  }

  @Test func `a client of 2025-06-18 is asked without the mode that it does not know`() throws {
    let run = try open(["elicitation": [:]], revision: .r2025_06_18)
    let call = try run.ask(
      "s_ask", "elicitation/create", ["mode": "form", "message": "m", "requestedSchema": [:]])
    let request = try run.client.serverRequest()
    #expect(request.params == ["message": "m", "requestedSchema": [:]])
    try run.client.answer(request.id ?? "", .result(["action": "decline"]))
    let result = try run.client.response(to: call)
    #expect(result.result?.at(pointer: answer) == ["k1": ["action": "decline"]])
    try run.finish()
  }

  @Test(arguments: [(1, 8), (10, 1), (3, 2)])
  func `rounds of several questions are gone through to the end`(rounds: Int, count: Int) throws {
    let run = try open()
    run.client.answers["roots/list"] = .result(Asked.roots)
    let call = try run.ask(
      "s_ask", "roots/list",
      more: ["rounds": .number(JSONNumber(rounds)), "count": .number(JSONNumber(count))])
    let result = try run.client.response(to: call)
    let last = result.result?.at(pointer: answer)?.objectValue
    #expect(last?.count == count, "\(result.text)")
    #expect(
      result.result?.at(pointer: "/structuredContent/state") == .string("state-\(rounds)"))
    let asked = run.client.transcript.messages.count { $0.kind == .request }
    #expect(asked == rounds * count)
    try run.finish()
  }

  @Test func `a state without questions is given back at once`() throws {
    let run = try open()
    let call = try run.ask("s_ask", "roots/list", more: ["count": 0, "rounds": 2])
    let result = try run.client.response(to: call)
    #expect(result.result?.at(pointer: "/structuredContent/state") == "state-2", "\(result.text)")
    #expect(!run.client.transcript.messages.contains { $0.kind == .request })
    try run.finish()
  }

  @Test(
    arguments: [
      ["rounds": 11], ["count": 9], ["rounds": 1_000, "count": 0],
    ] as [[String: JSONValue]])
  func `S16: a service that asks too often or too much fails its own call`(
    more: [String: JSONValue]
  ) throws {
    let run = try open()
    run.client.answers["roots/list"] = .result(Asked.roots)
    let call = try run.ask("s_ask", "roots/list", more: more)
    let result = try run.client.response(to: call)
    #expect(result.errorCode == ErrorCode.backendProtocolError.rawValue, "\(result.text)")
    #expect(run.client.transcript.messages.count { $0.kind == .request } <= 10)
    try run.expectOK()
    try run.finish()
  }

  @Test(
    arguments: [
      ("elicitation/create", ["roots": [:]]), ("roots/list", [:]),
      ("vendor/x", GatewayRun.everything),
      ("tools/list", GatewayRun.everything),
    ] as [(String, JSONValue)])
  func `S16: a service that asks for what was not declared fails its own call`(
    method: String, capabilities: JSONValue
  ) throws {
    let run = try open(capabilities)
    let call = try run.ask("s_ask", method)
    let result = try run.client.response(to: call)
    #expect(result.errorCode == ErrorCode.backendProtocolError.rawValue, "\(result.text)")
    #expect(!run.client.transcript.messages.contains { $0.kind == .request })
    try run.expectOK()
    try run.finish()
  }

  @Test func `a client that refuses to answer has its call fail as a tool`() throws {
    let run = try open()
    run.client.answers["sampling/createMessage"] = .error(code: -1, message: "not \"that\"")
    let call = try run.ask("s_ask", "sampling/createMessage", Asked.sample)
    let result = try run.client.response(to: call)
    #expect(result.result?["isError"] == true, "\(result.text)")
    #expect(
      result.result?.at(pointer: "/content/0/text")?.stringValue?.contains("not \"that\"") == true)
    try run.finish()
  }

  @Test func `C20: questions are withdrawn when their call is cancelled`() throws {
    let run = try open()
    let call = try run.ask("s_ask", "roots/list", more: ["count": 2])
    let asked = [try run.client.serverRequest(), try run.client.serverRequest()].compactMap(\.id)
    try run.client.cancel(call)
    let notices = try [0, 1].map { _ in try run.client.notification("notifications/cancelled") }
    #expect(Set(notices.compactMap { $0.params?["requestId"]?.text }) == Set(asked))
    for id in asked { try run.client.answer(id, .result(Asked.roots)) }
    try run.expectOK()
    try run.finish()
  }

  @Test func `a question that is not answered in time ends its call`() throws {
    let run = try open(settings: "deadlines: {input: 200ms}\n")
    let call = try run.ask("s_ask", "elicitation/create", Asked.form)
    let result = try run.client.response(to: call)
    #expect(result.errorCode == ErrorCode.timeout.rawValue, "\(result.text)")
    _ = try run.client.notification("notifications/cancelled")
    try run.expectOK()
    try run.finish()
  }

  @Test func `progress goes on under the client's token through all rounds`() throws {
    let run = try GatewayRun.open(
      [Service("s", "modern,progress=1")], capabilities: GatewayRun.everything)
    run.client.answers["roots/list"] = .result(Asked.roots)
    let call = try run.ask(
      "s_ask", "roots/list", more: ["rounds": 2], request: ["_meta": ["progressToken": "mine"]])
    #expect(try run.client.response(to: call).kind == .result)
    try run.finish()
  }
}
