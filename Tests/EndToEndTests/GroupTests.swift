import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
import TestSupport
import Testing

/// Groups whose members are APIs, groups with states of their own, and advice about members.
@Suite struct GroupTests {
  /// Two APIs of one group, the first of which is preferred.
  private func open(
    _ first: RawHTTPServer, _ second: RawHTTPServer, settings: String = "", priority: Int = 50
  ) throws -> GatewayRun {
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    for (name, server, priority) in [("a", first, 90), ("b", second, priority)] {
      try folder.write(
        """
        group: pool
        priority: \(priority)
        rest: {url: "\(server.url)"}
        tools:
          read:
            description: Reads.
            annotations: {readOnly: true}
            get: /read
          change:
            description: Changes something.
            post: /change

        """, to: "manifests/\(name).yaml")
    }
    let run = try GatewayRun(
      [], settings: GatewayRun.patientSettings + settings, folder: folder)
    try run.client.handshake()
    return run
  }

  private func server(_ status: String = "200 OK") throws -> RawHTTPServer {
    try RawHTTPServer { _, connection in
      connection.respond(status, ["Content-Type: application/json"], Array("{}".utf8))
      return true
    }
  }

  private func attempts(_ answer: ServerMessage) -> [String] {
    let list = answer.result?["_meta"]?["switchyard/attempts"]?.arrayValue ?? []
    return list.map { "\($0["service"]?.stringValue ?? "") \($0["outcome"]?.stringValue ?? "")" }
  }

  @Test func `H01: a call that an API cannot be sent goes to the other member, also a write`()
    throws
  {
    let (first, second) = (try server(), try server())
    let run = try open(first, second)
    #expect(Set(try KeyBehaviour.tools(run)) == ["pool_read", "pool_change"])
    #expect(try run.client.call("pool_read").kind == .result)
    #expect(first.requests.count == 1 && second.requests.isEmpty)
    first.stop()
    for tool in ["pool_read", "pool_change"] {
      let answer = try run.client.call(tool)
      #expect(attempts(answer).last == "b answered", "\(answer.text)")
    }
    #expect(second.requests.map(\.method).sorted() == ["GET", "POST"])
    try run.finish()
    second.stop()
  }

  @Test func `H06: what an API answers is its answer, and no other member is asked`() throws {
    let (first, second) = (try server("500 Broken"), try server())
    let run = try open(first, second)
    let answer = try run.client.call("pool_change")
    #expect(answer.result?["isError"] == true, "\(answer.text)")
    #expect(first.requests.count == 1 && second.requests.isEmpty)
    try run.finish()
    first.stop()
    second.stop()
  }

  @Test func `when the breaker of an API is open, its calls go to the other member`() throws {
    let (first, second) = (try server("500 Broken"), try server())
    let run = try open(
      first, second, settings: "breaker: {failures: 1, open: 10m, longest: 10m}\n")
    _ = try run.client.call("pool_change")
    for _ in 0..<3 { #expect(try run.client.call("pool_change").result?["isError"] == nil) }
    #expect(first.requests.count == 1 && second.requests.count == 3)
    try run.finish()
    first.stop()
    second.stop()
  }

  @Test
  func `an API whose breaker's time is over gets a call that may be sent twice, and no other`()
    throws
  {
    let isBroken = Mutex(true)
    let first = try RawHTTPServer { _, connection in
      connection.respond(
        isBroken.withLock { $0 } ? "500 Broken" : "200 OK", ["Content-Type: application/json"],
        Array("{}".utf8))
      return true
    }
    let second = try server()
    let run = try open(
      first, second, settings: "breaker: {failures: 1, open: 200ms, longest: 200ms}\n",
      priority: 90)
    #expect(try run.client.call("pool_change").result?["isError"] == true)
    isBroken.withLock { $0 = false }
    // The other one is there: nothing that must not be sent twice is risked.
    run.client.run(for: .milliseconds(600))
    #expect(try run.client.call("pool_change").kind == .result)
    #expect(first.requests.map(\.method) == ["POST"])
    #expect(try run.client.call("pool_read").kind == .result)
    #expect(first.requests.map(\.method) == ["POST", "GET"])
    #expect(try run.client.call("pool_change").kind == .result)
    #expect(first.requests.map(\.method) == ["POST", "GET", "POST"])
    try run.finish()
    first.stop()
    second.stop()
  }

  @Test func `S06: a requestState goes back to the member it came from, whoever is better by then`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      ["a", "b"].map { name in
        Service(
          name, "modern,ledger=\(folder.path)/\(name)",
          more: ["group: pool", "priority: \(name == "a" ? 90 : 50)"])
      }, settings: "breaker: {failures: 1, open: 10m, longest: 10m}\n", revision: .newest,
      folder: folder)
    run.client.capabilities = GatewayRun.everything
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    func executed(_ name: String) -> Int { run.ledger(name).count { $0.hasPrefix("executed u ") } }
    let first = try run.client.response(
      to: run.ask("pool_ask", "roots/list", more: ["uuid": "u", "rounds": 2]))
    var state = try #require(first.result?["requestState"], "\(first.text)")
    #expect(executed("a") == 1 && executed("b") == 0)
    // The next call that begins goes to b.
    _ = try run.client.request("tools/call", ["name": "pool_hang"])
    for round in 2...3 {
      let id = try run.ask(
        "pool_ask", "roots/list", more: ["uuid": "u", "rounds": 2],
        request: ["requestState": state, "inputResponses": ["k1": Asked.roots]])
      let answer = try run.client.response(to: id)
      #expect(answer.kind == .result, "\(answer.text)")
      #expect(executed("a") == round && executed("b") == 0)
      state = answer.result?["requestState"] ?? .null
    }
    try run.finish()
  }

  @Test func `a member that is faster than a preferred one is recommended, with the figures`()
    throws
  {
    let run = try GatewayRun.open(
      [
        Service("a", "delay=400", more: ["group: pool", "priority: 90"]),
        Service("b", more: ["group: pool"]),
      ], settings: GatewayRun.patientSettings + "surface: {tools: true}\n")
    _ = try KeyBehaviour.tools(run)
    let control = try run.control()
    let slow = try (0..<25).map { _ in
      try run.client.request("tools/call", ["name": "pool_echo"])
    }
    for id in slow { _ = try run.client.response(to: id) }
    _ = try control.ask(#"{"command":"disable","service":"a"}"#)
    for _ in 0..<25 { _ = try run.client.call("pool_echo") }
    _ = try control.ask(#"{"command":"enable","service":"a"}"#)
    let advised = run.wait {
      let answer = try? run.client.call("gateway_health", ["service": "a"])
      let advice = answer?.result?.at(pointer: "/structuredContent/advice")?.arrayValue ?? []
      return advice.contains {
        $0.stringValue?.contains("'b' answers in") == true
          && $0.stringValue?.contains("give 'b' a priority above 90") == true
      }
    }
    #expect(advised)
    try run.finish()
  }
}
