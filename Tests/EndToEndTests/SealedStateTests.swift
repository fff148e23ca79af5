import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Row S06 between two peers of 2026-07-28: `input_required` passes, its state sealed.
@Suite struct SealedStateTests {
  private func open(_ services: [Service], settings: String = "") throws -> GatewayRun {
    try GatewayRun.open(
      services, capabilities: GatewayRun.everything, revision: .newest, settings: settings)
  }

  private func comeBack(
    _ run: GatewayRun, _ tool: String, _ state: JSONValue, more: [String: JSONValue] = [:]
  ) throws -> ServerMessage {
    let id = try run.ask(
      tool, "roots/list", more: more,
      request: ["requestState": state, "inputResponses": ["k1": Asked.roots]])
    return try run.client.response(to: id)
  }

  @Test func `input_required passes, and the service gets its own state back`() throws {
    let run = try open([Service("s", "modern"), Service("good")])
    let rounds: [String: JSONValue] = ["rounds": 3]
    var answer = try run.client.response(
      to: run.ask("s_ask", "elicitation/create", Asked.url, more: rounds))
    #expect(
      answer.result?.at(pointer: "/inputRequests/k1") == [
        "method": "elicitation/create", "params": Asked.url,
      ], "\(answer.text)")
    for _ in 1...3 {
      let state = try #require(answer.result?["requestState"])
      #expect(state.stringValue?.hasPrefix("state-") == false)
      answer = try comeBack(run, "s_ask", state, more: rounds)
    }
    #expect(answer.result?.at(pointer: "/structuredContent/state") == "state-3", "\(answer.text)")
    #expect(answer.result?.at(pointer: "/structuredContent/answer") == ["k1": Asked.roots])
    try run.finish()
  }

  @Test func `answers without a state pass as they are`() throws {
    let run = try open([Service("s", "modern")])
    let first = try run.client.response(
      to: run.ask("s_ask", "roots/list", more: ["stateless": true]))
    #expect(first.result?["requestState"] == nil, "\(first.text)")
    let id = try run.ask(
      "s_ask", "roots/list", request: ["inputResponses": ["k1": Asked.roots]])
    let second = try run.client.response(to: id)
    #expect(second.result?.at(pointer: "/structuredContent/answer") == ["k1": Asked.roots])
    try run.finish()
  }

  @Test func `S06: a state that was altered or belongs elsewhere goes to no service`() throws {
    let run = try open([Service("s", "modern"), Service("t", "modern")])
    let first = try run.client.response(to: run.ask("s_ask", "roots/list"))
    let state = try #require(first.result?["requestState"]?.stringValue)
    var forged = ["state-1", "", "f.", state + "x", String(state.dropFirst())]
    for place in stride(from: 0, to: state.utf8.count, by: 3) {
      var bytes = Array(state.utf8)
      bytes[place] = bytes[place] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
      forged.append(String(decoding: bytes, as: UTF8.self))
    }
    for text in forged { expectRefused(try comeBack(run, "s_ask", .string(text))) }
    expectRefused(try comeBack(run, "t_ask", .string(state)))
    expectRefused(try comeBack(run, "s_echo", .string(state)))
    let notText = try comeBack(run, "s_ask", 17)
    #expect(notText.errorCode == ErrorCode.invalidParams.rawValue)
    let right = try comeBack(run, "s_ask", .string(state))
    #expect(right.result?["resultType"] == "complete", "\(right.text)")
    try run.finish()
  }

  @Test func `S06: a state that was kept too long is refused`() throws {
    let run = try open([Service("s", "modern")], settings: "deadlines: {input: 50ms}\n")
    let first = try run.client.response(to: run.ask("s_ask", "roots/list"))
    run.client.run(for: .milliseconds(120))
    expectRefused(try comeBack(run, "s_ask", first.result?["requestState"] ?? .null))
    try run.finish()
  }

  @Test func `S16: a service that asks for what was not declared fails its call`() throws {
    let run = try GatewayRun.open(
      [Service("s", "modern"), Service("good")], capabilities: ["roots": [:]], revision: .newest)
    let answer = try run.client.response(to: run.ask("s_ask", "elicitation/create", Asked.form))
    #expect(answer.errorCode == ErrorCode.backendProtocolError.rawValue, "\(answer.text)")
    try run.expectOK()
    try run.finish()
  }

  @Test func `C32: a service is told what the client can be asked, and nothing else of it`()
    throws
  {
    let run = try open([Service("s", "modern")])
    run.client.capabilities = [
      "elicitation": ["url": [:]], "extensions": ["a.example/x": [:]], "future": [:],
    ]
    let told = try run.client.call("s_ask", ["method": "told"])
    #expect(
      told.result?.at(pointer: "/structuredContent/told") == [
        "elicitation": ["url": [:]], "extensions": ["a.example/x": [:]],
      ], "\(told.text)")
    try run.finish()
  }

  private func expectRefused(
    _ answer: ServerMessage, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      answer.error == [
        "code": -32602, "message": "Invalid or expired requestState",
        "data": ["reason": "invalid_request_state"],
      ], "\(answer.text)", sourceLocation: sourceLocation)
  }
}
