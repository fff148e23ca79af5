import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// What services say of how long their results are good, and results of APIs.
@Suite struct KeptResultTests {
  private func open(_ folder: TemporaryFolder) throws -> GatewayRun {
    let run = try GatewayRun(
      [
        Service(
          "a", "modern,watch,ledger=\(folder.path)/ledger",
          more: ["tools: {read_only: [return, ask], cache: {'*': 1h}, clears: {'*': []}}"])
      ], revision: .newest, folder: folder)
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    return run
  }

  private func executions(_ folder: TemporaryFolder, of uuid: String) -> Int {
    folder.read("ledger").split(separator: "\n").count { $0.hasPrefix("executed \(uuid) ") }
  }

  /// Calls `return` so that its result has these members.
  private func ask(
    _ run: GatewayRun, _ uuid: String, _ members: [String: JSONValue]
  ) throws -> ServerMessage {
    let result = GatewayRun.object(members.merging(["content": []]) { $1 })
    let answer = try run.client.call("a_return", ["uuid": .string(uuid), "result": result])
    #expect(answer.kind == .result, "\(answer.text)")
    return answer
  }

  @Test
  func `ttlMs of a service shortens the time that the manifest gives, and never lengthens it`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    for _ in 0..<3 { _ = try ask(run, "long", ["ttlMs": 3_600_000]) }
    #expect(executions(folder, of: "long") == 1)
    for _ in 0..<3 { _ = try ask(run, "none", ["ttlMs": 0]) }
    #expect(executions(folder, of: "none") == 3)
    _ = try ask(run, "short", ["ttlMs": 30])
    run.client.run(for: .milliseconds(60))
    _ = try ask(run, "short", ["ttlMs": 30])
    #expect(executions(folder, of: "short") == 2)
    // What makes no sense is no time at all.
    for _ in 0..<2 { _ = try ask(run, "odd", ["ttlMs": -5]) }
    #expect(executions(folder, of: "odd") == 2)
    try run.finish()
  }

  @Test func `a copy does not say how long it is good, since it is older than the result`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    let said: [String: JSONValue] = ["ttlMs": 60_000, "cacheScope": "public", "other": 1]
    let first = try ask(run, "u", said)
    #expect(first.result?["ttlMs"] == 60_000 && first.result?["cacheScope"] == "public")
    let second = try ask(run, "u", said)
    #expect(second.result?["ttlMs"] == nil && second.result?["cacheScope"] == nil)
    #expect(second.result?["other"] == 1 && executions(folder, of: "u") == 1, "\(second.text)")
    try run.finish()
  }

  @Test func `S17: a result that calls itself public is another client's business all the same`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    for (name, scope) in [("one", "public"), ("two", "public"), ("one", "public")] {
      try run.ask(
        as: name, "tools/call",
        #""name":"a_return","arguments":{"uuid":"u","result":{"content":[],"#
          + #""ttlMs":60000,"cacheScope":"\#(scope)"}}"#)
    }
    #expect(executions(folder, of: "u") == 2)
    try run.finish()
  }

  @Test func `S17: what asks something, and a call that brings answers, are not kept`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    run.client.capabilities = GatewayRun.everything
    let asking: [String: JSONValue] = ["stateless": true, "uuid": "asks"]
    for _ in 0..<2 {
      let answer = try run.client.response(to: run.ask("a_ask", "roots/list", more: asking))
      #expect(answer.result?["resultType"] == "input_required", "\(answer.text)")
    }
    #expect(executions(folder, of: "asks") == 2)
    for _ in 0..<2 {
      let id = try run.ask(
        "a_ask", "roots/list", more: ["uuid": "told"],
        request: ["inputResponses": ["k1": Asked.roots]])
      #expect(try run.client.response(to: id).result?["resultType"] == "complete")
    }
    #expect(executions(folder, of: "told") == 2)
    try run.finish()
  }

  @Test func `S17: no arguments are an empty object and nothing else`() throws {
    let run = try GatewayRun([
      Service("a", more: ["tools: {read_only: [pid], cache: {'*': 1h}}"])
    ])
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    var id = 9_000
    /// How often the service has been called; nil where it answers with an error.
    func calls(_ arguments: String) throws -> Int? {
      id += 1
      try run.client.send(
        line: #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"#
          + #""name":"a_pid"\#(arguments)}}"#)
      let answer = try run.client.response(to: String(id), within: GatewayRun.patience)
      return answer.result?.at(pointer: "/structuredContent/calls")?.intValue
    }
    let first = try calls("")
    #expect(first != nil)
    for same in [#","arguments":{}"#, #","arguments": { } "#, ""] {
      #expect(try calls(same) == first, "\(same)")
    }
    for other in ["[]", "\"\"", "12", #"{"a":1}"#] {
      #expect(try calls(#","arguments":\#(other)"#) != first, "\(other)")
    }
    try run.finish()
  }

  @Test func `results of an API are kept like those of a process, and cleared by its writes`()
    throws
  {
    let run = try APIRun(
      tools: """
        tools:
          read:
            description: Reads.
            annotations: {readOnly: true}
            arguments:
              id: {type: string, required: true, in: path}
            get: /echo/{id}
            cache: 1h
          fail:
            description: Is refused.
            annotations: {readOnly: true}
            get: /status/404
            cache: 1h
          change:
            description: Changes something.
            post: /echo/change

        """)
    let first = try run.call("read", ["id": "1"])
    let second = try run.call("read", ["id": "1"])
    #expect(first.result == second.result && first.kind == .result, "\(second.text)")
    _ = try run.call("read", ["id": "2"])
    #expect(run.server.requests.map(\.target) == ["/echo/1", "/echo/2"])
    // What is refused is asked again.
    for _ in 0..<2 { _ = try run.refusal("fail") }
    #expect(run.server.requests.count == 4)
    _ = try run.call("change")
    _ = try run.call("read", ["id": "1"])
    #expect(run.server.requests.last?.target == "/echo/1" && run.server.requests.count == 6)
    #expect(try run.gateway.metric("switchyard_cache_hits_total", of: "api") == 1)
    try run.finish()
  }
}
