import Harness
import MCP
import RawJSON
import Testing

/// Rows C10 to C19: names, ids, and messages that belong to nothing.
@Suite struct ClientIdentityTests {
  @Test func `C10: keys are compared as bytes, after escapes`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.client.send(line: #"{"jsonrpc":"2.0","id":"k1","Method":"ping"}"#)
    #expect(try run.client.nextError().errorCode == ErrorCode.invalidRequest.rawValue)
    // U+017F LATIN SMALL LETTER LONG S folds to s.
    try run.client.send(
      line: "{\"jsonrpc\":\"2.0\",\"id\":\"k2\",\"method\":\"tools/call\","
        + "\"param\u{17F}\":{\"name\":\"good_echo\"}}")
    // Another key is no fault of the envelope; that the parameters are missing is one of the call.
    #expect(try run.client.nextError().errorCode == ErrorCode.invalidParams.rawValue)
    try run.client.send(line: #"{"jsonrpc":"2.0","id":"k3","met\u0068od":"ping"}"#)
    #expect(try run.client.response(to: "\"k3\"").kind == .result)
    try run.finish()
  }

  @Test(arguments: [
    "null", "true", "{}", "[]", "1.5", "1e400", "\"" + String(repeating: "x", count: 300) + "\"",
  ])
  func `C11: an id of the wrong kind is refused`(id: String) throws {
    let run = try GatewayRun.open([Service("good")])
    try run.client.send(line: #"{"jsonrpc":"2.0","id":\#(id),"method":"ping"}"#)
    #expect(try run.client.nextError().errorCode == ErrorCode.invalidRequest.rawValue)
    #expect(try run.client.roundTrip("ping").kind == .result)
    try run.finish()
  }

  @Test(arguments: [
    "-0", "0", "9223372036854775808", "1.0", "1", "\"1\"", "\"\"", #""\u0041\n\"é""#,
    "\"" + String(repeating: "y", count: 254) + "\"", "-123456789012345678901234567890",
  ])
  func `C11: a legal id comes back byte for byte, through the gateway and from a backend`(
    id: String
  ) throws {
    let run = try GatewayRun([Service("good")])
    try run.client.send(
      line: #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"good_echo"}}"#)
    #expect(try run.client.response(to: id).kind == .result)
    try run.client.send(line: #"{"jsonrpc":"2.0","id":\#(id),"method":"ping"}"#)
    #expect(try run.client.response(to: id).kind == .result)
    try run.finish()
  }

  @Test func `C12: the second use of an id in flight is refused without it`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.expectOK()
    let slow =
      #"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"good_slow","#
      + #""arguments":{"ms":400}}}"#
    // In one piece, so that the second is read before the first can be answered.
    try run.client.send(line: slow + "\n" + slow)
    let refused = try run.client.errorWithoutID()
    #expect(refused.errorCode == ErrorCode.invalidRequest.rawValue)
    #expect(refused.error?["message"]?.stringValue?.contains("7") == true, "\(refused.text)")
    #expect(try run.client.response(to: "7").kind == .result)
    #expect(run.client.transcript.answersByID["7"]?.count == 1)
    // Once answered, the id is free again.
    try run.client.send(line: #"{"jsonrpc":"2.0","id":7,"method":"ping"}"#)
    #expect(try run.client.response(to: "7").kind == .result)
    try run.finish()
  }

  @Test(arguments: [Revision.r2025_11_25, .r2026_07_28])
  func `C15: an unknown method is refused, an unknown notification ignored`(
    revision: Revision
  ) throws {
    let run = try GatewayRun.open([Service("good")], revision: revision)
    let answer = try run.client.roundTrip("no/such/method")
    #expect(answer.errorCode == ErrorCode.methodNotFound.rawValue)
    let before = run.client.transcript.messages.count
    try run.client.notify("notifications/no/such", ["a": 1])
    #expect(try run.client.roundTrip("tools/list").kind == .result)
    #expect(run.client.transcript.answerCount - before <= 1)
    try run.finish()
  }

  @Test func `C16: a stray answer of the client is ignored`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.client.send(line: #"{"jsonrpc":"2.0","id":12345,"result":{}}"#)
    try run.client.send(line: #"{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":"no"}}"#)
    try run.client.send(line: #"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"no"}}"#)
    try run.expectOK()
    #expect(run.client.transcript.answerCount == 2)
    try run.finish()
    let told = run.client.stderr.split(separator: "\n").first {
      $0.contains("client.stray_answers")
    }
    #expect(told?.contains(#""count":"3""#) == true, "\(run.client.stderr)")
  }

  @Test func `C17: an unknown tool and a disabled tool are told apart`() throws {
    let run = try GatewayRun.open([Service("good", more: ["tools: {exclude: [add]}"])])
    #expect(try run.client.call("good_nothing").errorCode == ErrorCode.invalidParams.rawValue)
    #expect(try run.client.call("elsewhere").errorCode == ErrorCode.invalidParams.rawValue)
    let disabled = try run.expectError("good_add", .toolDisabled)
    #expect(disabled.error?.at(pointer: "/data/backend") == "good", "\(disabled.text)")
    try run.expectOK()
    try run.finish()
  }

  @Test(arguments: [
    #"{"requestId":4711}"#, #"{"requestId":"nobody"}"#, #"{"requestId":null}"#, "{}", "[]", "5",
    #"{"requestId":1}"#, #"{"requestId":{"a":1}}"#,
  ])
  func `C19: a cancel that concerns nothing is ignored`(params: String) throws {
    let run = try GatewayRun.open([Service("good")])
    // 1 is the id of initialize, which is done and can never be cancelled.
    try run.client.send(
      line: #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":\#(params)}"#)
    try run.expectOK()
    // Nor does one of the call that was just answered.
    let done = try run.client.request("tools/call", ["name": "good_echo"])
    #expect(try run.client.response(to: done).kind == .result)
    try run.client.send(
      line: #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(done)}}"#
    )
    try run.expectOK()
    #expect(run.client.transcript.messages.allSatisfy { $0.kind != .failure })
    try run.finish()
  }
}
