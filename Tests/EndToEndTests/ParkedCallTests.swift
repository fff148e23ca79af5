import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows S06 and S16 where a client of 2026-07-28 calls a legacy service: what the service asks
/// parks the call.
@Suite struct ParkedCallTests {
  private let answer = "/structuredContent/answer"

  private func open(
    _ services: [Service] = [Service("s", "legacy"), Service("good")],
    _ capabilities: JSONValue = GatewayRun.everything, settings: String = ""
  ) throws -> GatewayRun {
    try GatewayRun.open(
      services, capabilities: capabilities, revision: .newest, settings: settings)
  }

  /// Comes back to a parked call with one answer to each question.
  private func comeBack(
    _ run: GatewayRun, _ parked: ServerMessage, with answer: JSONValue, tool: String = "s_ask",
    leaving left: Int = 0
  ) throws -> ServerMessage {
    let keys = parked.result?["inputRequests"]?.objectValue?.keys ?? []
    let responses = GatewayRun.object(
      Dictionary(uniqueKeysWithValues: keys.dropFirst(left).map { ($0, answer) }))
    return try run.client.roundTrip(
      "tools/call",
      [
        "name": .string(tool), "arguments": [:],
        "requestState": parked.result?["requestState"] ?? .null, "inputResponses": responses,
      ])
  }

  @Test func `each kind of request parks its call, and the retry resumes it`() throws {
    let run = try open()
    for kind in Asked.kinds {
      let parked = try run.client.response(to: run.ask("s_ask", kind.method, kind.params))
      #expect(parked.result?["resultType"] == "input_required", "\(parked.text)")
      let requests = parked.result?["inputRequests"]?.objectValue
      #expect(requests?.count == 1)
      let asked = requests?.first?.value
      #expect(asked?["method"] == .string(kind.method))
      // The modern era knows no such id.
      #expect(asked?.at(pointer: "/params/elicitationId") == nil)
      #expect(asked?.at(pointer: "/params/message") == kind.params?["message"])
      let result = try comeBack(run, parked, with: kind.answer)
      #expect(result.result?.at(pointer: answer) == kind.answer, "\(result.text)")
      #expect(result.result?["resultType"] == "complete")
    }
    try run.finish()
  }

  @Test func `what is asked in one go is asked in one go, and what is left open again`() throws {
    let run = try open()
    let first = try run.client.response(to: run.ask("s_ask", "roots/list", more: ["count": 3]))
    #expect(first.result?["inputRequests"]?.objectValue?.count == 3, "\(first.text)")
    let second = try comeBack(run, first, with: Asked.roots, leaving: 2)
    #expect(second.result?["resultType"] == "input_required", "\(second.text)")
    #expect(second.result?["inputRequests"]?.objectValue?.count == 2)
    #expect(second.result?["requestState"] != first.result?["requestState"])
    let result = try comeBack(run, second, with: Asked.roots)
    #expect(
      result.result?.at(pointer: "/structuredContent/answers")
        == [Asked.roots, Asked.roots, Asked.roots], "\(result.text)")
    try run.finish()
  }

  @Test func `S16: a service gets no more than ten rounds out of one call`() throws {
    let run = try open()
    var answer = try run.client.response(
      to: run.ask("s_ask", "elicitation/create", Asked.form, more: ["rounds": 12]))
    var rounds = 0
    while answer.result?["resultType"] == "input_required", rounds < 20 {
      rounds += 1
      answer = try comeBack(run, answer, with: Asked.accepted)
    }
    #expect(rounds == 10)
    let answers = answer.result?.at(pointer: "/structuredContent/answers")?.arrayValue ?? []
    #expect(answers.count == 12, "\(answer.text)")
    #expect(answers.count { $0["code"] != nil } == 2)
    try run.finish()
  }

  @Test(arguments: [[:], ["sampling": [:]], ["elicitation": ["url": [:]]]] as [JSONValue])
  func `S16: the capabilities of the request decide`(capabilities: JSONValue) throws {
    let run = try open([Service("s", "legacy")], capabilities)
    let result = try run.client.response(to: run.ask("s_ask", "elicitation/create", Asked.form))
    #expect(result.result?.at(pointer: answer + "/code") != nil, "\(result.text)")
    #expect(result.result?["resultType"] == "complete")
    try run.finish()
  }

  @Test func `S06: a state is good once, for its own tool, and cannot be guessed`() throws {
    let run = try open([Service("s", "legacy"), Service("t", "legacy")])
    let first = try run.client.response(to: run.ask("s_ask", "roots/list"))
    let second = try run.client.response(to: run.ask("s_ask", "roots/list"))
    let state = try #require(first.result?["requestState"]?.stringValue)
    #expect(state != second.result?["requestState"]?.stringValue)
    #expect(state.utf8.count >= 32)
    // Another tool of the service, another service, another text.
    for tool in ["s_echo", "t_ask"] {
      expectRefused(try comeBack(run, first, with: Asked.roots, tool: tool))
    }
    for forged in [String(state.dropLast()) + "z", String(state.dropLast()), "p.", "", "x" + state]
    {
      let answer = try run.client.roundTrip(
        "tools/call", ["name": "s_ask", "requestState": .string(forged), "inputResponses": [:]])
      expectRefused(answer)
    }
    #expect(try comeBack(run, first, with: Asked.roots).result?.at(pointer: answer) == Asked.roots)
    expectRefused(try comeBack(run, first, with: Asked.roots))
    #expect(try comeBack(run, second, with: Asked.roots).result?.at(pointer: answer) == Asked.roots)
    try run.finish()
  }

  private func expectRefused(
    _ answer: ServerMessage, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      answer.errorCode == ErrorCode.invalidParams.rawValue, "\(answer.text)",
      sourceLocation: sourceLocation)
    #expect(
      answer.error?.at(pointer: "/data/reason") == "invalid_request_state",
      sourceLocation: sourceLocation)
  }

  @Test func `a call whose client does not come back is given up`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [Service("s", "legacy,ledger=\(folder.path)/s.ledger")],
      settings: "deadlines: {input: 300ms}\n", revision: .newest, folder: folder)
    run.client.capabilities = GatewayRun.everything
    try run.client.handshake()
    let parked = try run.client.response(
      to: run.ask("s_ask", "elicitation/create", Asked.form, more: ["uuid": "u"]))
    #expect(parked.result?["resultType"] == "input_required", "\(parked.text)")
    #expect(
      run.wait(within: .seconds(20)) {
        run.ledger("s.ledger").contains { $0.hasPrefix("cancelled ") || $0 == "late answer" }
      })
    expectRefused(try comeBack(run, parked, with: Asked.accepted))
    try run.expectOK("s_echo")
    try run.finish()
  }

  @Test func `a parked call whose service dies fails when its client comes back`() throws {
    let run = try open([Service("s", "legacy")])
    let parked = try run.client.response(to: run.ask("s_ask", "roots/list"))
    let crash = try run.client.call("s_crash")
    #expect(crash.errorCode == ErrorCode.backendLost.rawValue, "\(crash.text)")
    let result = try comeBack(run, parked, with: Asked.roots)
    #expect(result.errorCode == ErrorCode.backendLost.rawValue, "\(result.text)")
    try run.expectOK("s_echo")
    try run.finish()
  }

  @Test func `a resumed call can be cancelled under its new id`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [Service("s", "legacy,ledger=\(folder.path)/s.ledger")], settings: "", revision: .newest,
      folder: folder)
    run.client.capabilities = GatewayRun.everything
    try run.client.handshake()
    let parked = try run.client.response(
      to: run.ask("s_ask", "roots/list", more: ["rounds": 2]))
    let again = try comeBack(run, parked, with: Asked.roots)
    #expect(again.result?["resultType"] == "input_required")
    try run.expectOK("s_echo")
    try run.finish()
  }

  @Test func `URLs that must be visited first are asked for, and the retry is a new call`() throws {
    let run = try open([Service("s", "legacy")])
    let parked = try run.client.response(to: run.ask("s_ask", "urls"))
    #expect(parked.result?["resultType"] == "input_required", "\(parked.text)")
    let asked = parked.result?["inputRequests"]?.objectValue?.first?.value
    #expect(
      asked == [
        "method": "elicitation/create",
        "params": ["mode": "url", "message": "m", "url": "https://a.example/"],
      ])
    let result = try run.client.roundTrip(
      "tools/call",
      [
        "name": "s_ask", "arguments": ["method": "urls"],
        "requestState": parked.result?["requestState"] ?? .null,
        "inputResponses": ["1": ["action": "accept"]],
      ])
    #expect(result.result?.at(pointer: "/structuredContent/visited") == true, "\(result.text)")
    try run.finish()
  }

  @Test func `a client that cannot open URLs is told which capability is missing`() throws {
    let run = try open([Service("s", "legacy")], ["elicitation": [:]])
    let answer = try run.client.response(to: run.ask("s_ask", "urls"))
    #expect(answer.errorCode == ErrorCode.missingClientCapability.rawValue, "\(answer.text)")
    #expect(
      answer.error?.at(pointer: "/data/requiredCapabilities") == ["elicitation": ["url": [:]]])
    try run.finish()
  }
}
