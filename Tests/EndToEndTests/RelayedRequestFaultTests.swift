import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows S15, S16, B23, B27 and C20: questions that end otherwise than by their answer.
@Suite struct RelayedRequestFaultTests {
  private func open(_ services: [Service]) throws -> GatewayRun {
    try GatewayRun.open(services, capabilities: GatewayRun.everything)
  }

  private func service(_ name: String, _ words: String, _ folder: TemporaryFolder) -> Service {
    Service(name, "\(words),ledger=\(folder.path)/\(name).ledger")
  }

  @Test func `C20: a question is withdrawn when its call is cancelled`() throws {
    let run = try open([Service("s", "legacy"), Service("good")])
    let call = try run.ask("s_ask", "elicitation/create", Asked.form)
    let request = try run.client.serverRequest()
    try run.client.cancel(call)
    let notice = try run.client.notification("notifications/cancelled")
    #expect(notice.params?["requestId"]?.text == request.id)
    // The answer crosses the withdrawal.
    try run.client.answer(request.id ?? "", .result(Asked.accepted))
    try run.expectOK()
    try run.expectOK("s_echo")
    try run.finish()
  }

  @Test func `B27: a question is withdrawn when the service answers its call without it`() throws {
    let run = try open([Service("s", "legacy")])
    let call = try run.ask("s_ask", "elicitation/create", Asked.form, more: ["early": true])
    let request = try run.client.serverRequest()
    let result = try run.client.response(to: call)
    #expect(result.result?.at(pointer: "/structuredContent/early") == true)
    let notice = try run.client.notification("notifications/cancelled")
    #expect(notice.params?["requestId"]?.text == request.id)
    try run.finish()
  }

  @Test func `B27: a service takes its question back`() throws {
    let run = try open([Service("s", "legacy")])
    let call = try run.ask("s_ask", "roots/list", more: ["withdraw": true])
    let request = try run.client.serverRequest()
    let notice = try run.client.notification("notifications/cancelled")
    #expect(notice.params?["requestId"]?.text == request.id)
    #expect(try run.client.response(to: call).kind == .result)
    try run.finish()
  }

  @Test func `S15: second answers and answers to ids never asked reach no service`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [service("s", "legacy", folder), service("t", "legacy", folder)], settings: "",
      folder: folder)
    run.client.capabilities = GatewayRun.everything
    try run.client.handshake()
    let call = try run.ask("s_ask", "roots/list")
    let request = try run.client.serverRequest()
    let id = try #require(request.id)
    for forged in ["1", "2", "\"\(id)\"", "-1", "1.0", "null", "18446744073709551615"] {
      try run.client.send(line: #"{"jsonrpc":"2.0","id":\#(forged),"result":{"roots":[]}}"#)
    }
    for _ in 0..<3 { try run.client.answer(id, .result(Asked.roots)) }
    let result = try run.client.response(to: call)
    #expect(result.result?.at(pointer: "/structuredContent/answer") == Asked.roots)
    try run.expectOK("s_echo")
    try run.expectOK("t_echo")
    let strays = (run.ledger("s.ledger") + run.ledger("t.ledger")).filter { $0.hasSuffix("answer") }
    #expect(strays == [])
    try run.finish()
  }

  @Test func `S15: two services that ask under one id each get their own answer`() throws {
    let run = try open([Service("s", "legacy"), Service("t", "legacy")])
    let calls = [try run.ask("s_ask", "roots/list"), try run.ask("t_ask", "elicitation/create")]
    for _ in calls {
      let request = try run.client.serverRequest()
      let isRoots = request.method == "roots/list"
      try run.client.answer(request.id ?? "", .result(isRoots ? Asked.roots : Asked.accepted))
    }
    let results = try calls.map { try run.client.response(to: $0) }
    #expect(results[0].result?.at(pointer: "/structuredContent/answer") == Asked.roots)
    #expect(results[1].result?.at(pointer: "/structuredContent/answer") == Asked.accepted)
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `S16: of what people are shown, only what they can see reaches the client`(
    revision: Revision, era: String
  ) throws {
    let run = try GatewayRun.open(
      [Service("s", era)], capabilities: GatewayRun.everything, revision: revision)
    let params: JSONValue = [
      "message": "Pay \u{202E}001\u{202C}?\u{1B}[2K",
      "requestedSchema": [
        "type": "object",
        "properties": [
          "a": ["type": "string", "title": "x\u{200B}y", "description": "d\u{E0041}"]
        ],
      ], "vendor/raw": "\u{202E}",
    ]
    let asked = try run.paramsAsked(
      "s_ask", "elicitation/create", params, answer: Asked.accepted)
    #expect(asked["message"] == "Pay 001?[2K", "\(asked)")
    #expect(asked.at(pointer: "/requestedSchema/properties/a/title") == "xy")
    #expect(asked.at(pointer: "/requestedSchema/properties/a/description") == "d")
    #expect(asked["vendor/raw"] == "\u{202E}")
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `S16: of the text for a sample, only what people can see reaches the client`(
    revision: Revision, era: String
  ) throws {
    let run = try GatewayRun.open(
      [Service("s", era)], capabilities: GatewayRun.everything, revision: revision)
    let params: JSONValue = [
      "systemPrompt": "Be\u{E0041} kind.", "maxTokens": 5,
      "messages": [
        ["role": "user", "content": ["type": "text", "text": "a\u{202E}b\r\nc\u{1B}[2Kd"]],
        [
          "role": "user",
          "content": [
            ["type": "text", "text": "\u{200B}x"],
            ["type": "image", "data": "aGk=", "mimeType": "image/png"],
          ],
        ],
      ], "vendor/raw": "\u{202E}",
    ]
    let asked = try run.paramsAsked(
      "s_ask", "sampling/createMessage", params, answer: Asked.sampled)
    #expect(asked["systemPrompt"] == "Be kind.", "\(asked)")
    #expect(asked.at(pointer: "/messages/0/content/text") == "ab\r\nc[2Kd")
    #expect(asked.at(pointer: "/messages/1/content/0/text") == "x")
    #expect(asked.at(pointer: "/messages/1/content/1/data") == "aGk=")
    #expect(asked["vendor/raw"] == "\u{202E}")
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `S16: what the manifest does not allow is refused, and the service not told of it`(
    revision: Revision, era: String
  ) throws {
    let run = try GatewayRun.open(
      [Service("s", era, more: ["asks: [roots]"]), Service("good")],
      capabilities: GatewayRun.everything, revision: revision)
    let told = try run.client.response(to: run.ask("s_ask", "told"))
    let capabilities = told.result?.at(pointer: "/structuredContent/told")
    #expect(capabilities?["roots"] != nil, "\(told.text)")
    #expect(capabilities?["sampling"] == nil && capabilities?["elicitation"] == nil)
    let refused = try run.client.response(to: run.ask("s_ask", "elicitation/create", Asked.form))
    if era == "legacy" {
      #expect(
        refused.result?.at(pointer: "/structuredContent/answer/code")
          == .number(JSONNumber(ErrorCode.methodNotFound.rawValue)), "\(refused.text)")
    } else {
      #expect(refused.errorCode == ErrorCode.backendProtocolError.rawValue, "\(refused.text)")
    }
    #expect(!run.client.transcript.messages.contains { $0.method == "elicitation/create" })
    try run.expectOK()
    try run.finish()
  }

  @Test func `f: of two clients only the one is asked whose call it is`() throws {
    let runs = [try open([Service("s", "legacy")]), try open([Service("s", "legacy")])]
    try runs[1].expectOK("s_echo", within: .seconds(20))
    let call = try runs[0].ask("s_ask", "elicitation/create", Asked.form)
    let request = try runs[0].client.serverRequest()
    try runs[1].expectOK("s_echo")
    #expect(!runs[1].client.transcript.messages.contains { $0.kind == .request })
    try runs[0].client.answer(request.id ?? "", .result(Asked.accepted))
    #expect(try runs[0].client.response(to: call).kind == .result)
    for run in runs { try run.finish() }
  }

  @Test func `a question is withdrawn when the service that asked it dies`() throws {
    let run = try open([Service("s", "legacy")])
    let call = try run.ask("s_ask", "elicitation/create", Asked.form)
    let request = try run.client.serverRequest()
    _ = try run.client.request("tools/call", ["name": "s_crash"], id: "\"crash\"")
    let failed = try run.client.response(to: call)
    #expect(failed.errorCode == ErrorCode.backendLost.rawValue, "\(failed.text)")
    _ = try run.client.response(to: "\"crash\"")
    let notice = try run.client.notification("notifications/cancelled")
    #expect(notice.params?["requestId"]?.text == request.id)
    try run.client.answer(request.id ?? "", .result(Asked.accepted))
    try run.expectOK("s_echo")
    try run.finish()
  }

  @Test func `the client's progress on a question reaches the service under its token`() throws {
    let run = try open([Service("s", "legacy")])
    let call = try run.ask(
      "s_ask", "sampling/createMessage",
      ["messages": [], "maxTokens": 1, "_meta": ["progressToken": "theirs", "v/k": 1]])
    let request = try run.client.serverRequest()
    let token = try #require(request.params?.at(pointer: "/_meta/progressToken"))
    #expect(token != "theirs")
    #expect(request.params?.at(pointer: "/_meta/v~1k") == 1)
    for step in 1...2 {
      try run.client.notify(
        "notifications/progress",
        ["progressToken": token, "progress": .number(JSONNumber(step))])
    }
    try run.client.notify("notifications/progress", ["progressToken": 17, "progress": 1])
    try run.client.answer(request.id ?? "", .result(Asked.sampled))
    let result = try run.client.response(to: call)
    #expect(result.result?.at(pointer: "/structuredContent/progress") == 2, "\(result.text)")
    try run.finish()
  }

  @Test func `changes of the client's roots reach the services that know of roots`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun([service("s", "legacy", folder)], settings: "", folder: folder)
    run.client.capabilities = GatewayRun.everything
    try run.client.handshake()
    try run.expectOK("s_echo")
    try run.client.notify("notifications/roots/list_changed")
    #expect(run.wait(within: .seconds(20)) { run.ledger("s.ledger").contains("roots changed") })
    try run.finish()
  }
}
