import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Reliability 2.2 at the gateway's pipes: services that stand in for each other.
@Suite struct FailoverTests {
  /// Two members of one group, the first of which is preferred.
  private func pair(
    _ first: String = "", _ second: String = "", tools: String = "{}", more: [String] = [],
    in folder: TemporaryFolder
  ) -> [Service] {
    [
      Service(
        "a", first + ",ledger=\(folder.path)/a",
        more: ["group: pool", "priority: 90", "tools: \(tools)"] + more),
      Service(
        "b", second + ",ledger=\(folder.path)/b", more: ["group: pool", "tools: \(tools)"]),
    ]
  }

  /// Opens the run and waits until both are in the catalogue.
  private func open(
    _ services: [Service], _ folder: TemporaryFolder, settings: String = ""
  ) throws -> GatewayRun {
    let run = try GatewayRun(
      services, settings: GatewayRun.patientSettings + settings, folder: folder)
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    return run
  }

  private func executions(_ folder: TemporaryFolder, _ service: String, of uuid: String) -> Int {
    folder.read(service).split(separator: "\n").count { $0.hasPrefix("executed \(uuid) ") }
  }

  private func attempts(_ answer: ServerMessage) -> [String] {
    let list = answer.result?["_meta"]?["switchyard/attempts"]?.arrayValue ?? []
    return list.map {
      "\($0["service"]?.stringValue ?? "") \($0["outcome"]?.stringValue ?? "")"
    }
  }

  @Test func `members of a group appear once, and the one with more priority has the calls`() throws
  {
    let folder = try TemporaryFolder()
    let run = try open(pair(in: folder), folder)
    let tools = try KeyBehaviour.tools(run)
    #expect(tools.allSatisfy { $0.hasPrefix("pool_") } && Set(tools).count == tools.count)
    for number in 0..<3 {
      let answer = try run.client.call("pool_echo", ["uuid": .string("u\(number)")])
      #expect(answer.kind == .result && attempts(answer) == [], "\(answer.text)")
      #expect(executions(folder, "a", of: "u\(number)") == 1)
    }
    #expect(folder.read("b") == "")
    try run.finish()
  }

  @Test func `H01: a call that a full service refuses goes to the next one at once`() throws {
    let folder = try TemporaryFolder()
    let run = try open(
      pair(more: ["limits: {concurrent: 1, queue: 0}"], in: folder), folder)
    _ = try run.client.request("tools/call", ["name": "pool_hang"])
    let answer = try run.client.call("pool_echo", ["uuid": "u"])
    #expect(attempts(answer) == ["a refused", "b answered"], "\(answer.text)")
    #expect(executions(folder, "a", of: "u") == 0 && executions(folder, "b", of: "u") == 1)
    #expect(try run.metric("switchyard_failovers_total", of: "b") == 1)
    try run.finish()
  }

  @Test func `B06: a call that is declared safe is executed by another service after a death`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try open(
      pair("only=digest,crash@1", tools: "{idempotent: [digest]}", in: folder), folder)
    let answer = try run.client.call("pool_digest", ["uuid": "u"])
    #expect(attempts(answer) == ["a lost", "b answered"], "\(answer.text)")
    #expect(executions(folder, "a", of: "u") + executions(folder, "b", of: "u") == 2)
    #expect(run.client.stderr.contains("call.retried"))
    try run.finish()
  }

  @Test func `B06: a call that is not declared safe is never executed twice`() throws {
    let folder = try TemporaryFolder()
    let run = try open(pair("only=digest,crash@1", in: folder), folder)
    let answer = try run.expectError("pool_digest", .backendLost, arguments: ["uuid": "u"])
    #expect(answer.error?.at(pointer: "/data/outcome") == "unknown", "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/attempts") == 1, "\(answer.text)")
    #expect(executions(folder, "b", of: "u") == 0)
    try run.finish()
  }

  @Test func `a service that is alone is tried again if the call is declared safe`() throws {
    let folder = try TemporaryFolder()
    let run = try open(
      [
        Service(
          "a", "only=digest,crash@1,once=\(folder.path)/once,ledger=\(folder.path)/a",
          more: ["tools: {read_only: [digest]}"])
      ], folder)
    let answer = try run.client.call("a_digest", ["uuid": "u"])
    #expect(answer.kind == .result, "\(answer.text)")
    #expect(attempts(answer).last == "a answered", "\(answer.text)")
    try run.finish()
  }

  @Test func `nothing is tried again after the client was told of progress`() throws {
    let folder = try TemporaryFolder()
    let run = try open(pair(tools: "{idempotent: [slow]}", in: folder), folder)
    let id = try run.client.request(
      "tools/call",
      [
        "name": "pool_slow", "arguments": ["ms": 300_000, "steps": 3000, "uuid": "u"],
        "_meta": ["progressToken": "t"],
      ])
    _ = try run.client.notification("notifications/progress", within: GatewayRun.patience)
    for process in run.processes(of: "a") { kill(process, SIGKILL) }
    let answer = try run.client.response(to: id, within: GatewayRun.patience)
    #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
    #expect(executions(folder, "b", of: "u") == 0)
    try run.finish()
  }

  @Test func `what died before it had the whole request is no message, and goes elsewhere`() throws
  {
    let folder = try TemporaryFolder()
    let run = try open(pair(in: folder), folder)
    let frozen = try #require(run.processes(of: "a").first)
    kill(frozen, SIGSTOP)
    // Together more than a pipe holds, so that the end of the second is still with the gateway.
    let filler = JSONValue.string(String(repeating: "x", count: 1_000_000))
    let text = JSONValue.string(String(repeating: "x", count: 500_000))
    _ = try run.client.request(
      "tools/call", ["name": "pool_digest", "arguments": ["text": filler]])
    let id = try run.client.request(
      "tools/call", ["name": "pool_digest", "arguments": ["uuid": "u", "text": text]])
    // What comes behind it has been read when this is answered.
    _ = try run.client.roundTrip("ping")
    kill(frozen, SIGKILL)
    let answer = try run.client.response(to: id, within: GatewayRun.patience)
    #expect(attempts(answer) == ["a not_sent", "b answered"], "\(answer.text)")
    #expect(executions(folder, "a", of: "u") == 0 && executions(folder, "b", of: "u") == 1)
    try run.finish()
  }

  @Test func `B12: a call that a closed stdin cannot take is executed once, by whom it reaches`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try open(pair("only=digest,close-stdin,delay=200", in: folder), folder)
    // It closes its stdin, and answers what it has all the same.
    #expect(try run.client.call("pool_digest", ["uuid": "d"]).kind == .result)
    for number in 0..<5 {
      let uuid = "u\(number)"
      #expect(try run.client.call("pool_echo", ["uuid": .string(uuid)]).kind == .result)
      #expect(executions(folder, "a", of: uuid) + executions(folder, "b", of: uuid) == 1)
    }
    try run.finish()
  }

  @Test func `an open breaker is passed by, and when all are open the call is refused at once`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try open(
      pair(in: folder), folder, settings: "breaker: {failures: 1, open: 10m, longest: 10m}\n")
    try run.expectError("pool_crash", .backendLost)
    for number in 0..<3 {
      _ = try run.client.call("pool_echo", ["uuid": .string("u\(number)")])
      #expect(executions(folder, "b", of: "u\(number)") == 1)
    }
    try run.expectError("pool_crash", .backendLost)
    let refused = try run.expectError("pool_echo", .circuitOpen)
    #expect(refused.error?.at(pointer: "/data/backend") == "pool", "\(refused.text)")
    #expect(refused.error?.at(pointer: "/data/sent") == false, "\(refused.text)")
    let wait = refused.error?.at(pointer: "/data/retryAfterMs")?.intValue ?? 0
    #expect(wait > 100_000, "\(refused.text)")
    try run.finish()
  }

  @Test func `a cancel between two attempts ends the call`() throws {
    // The pause is random: a day makes a short one unlikely.
    let run = try GatewayRun(
      [Service("a", more: ["tools: {idempotent: [crash]}"])],
      settings: """
        deadlines: {call: 24h, absolute: 24h, initialize: 1m, probe: 1m}
        discovery: {wait: 1m, deadline: 2m}
        retry: {first: 24h, longest: 24h}

        """)
    try run.client.handshake()
    let id = try run.client.request("tools/call", ["name": "a_crash"])
    #expect(run.wait { run.client.stderr.contains("call.retried") })
    try run.client.cancel(id)
    try run.expectOK("a_echo")
    #expect(run.client.transcript.answersByID[id] == nil)
    try run.finish()
  }

  @Test func `results with isError and errors of the service are answers and not tried again`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try open(pair(tools: "{idempotent: ['*']}", in: folder), folder)
    let failed = try run.client.call("pool_fail", ["uuid": "u"])
    #expect(failed.result?["isError"] == true && attempts(failed) == [], "\(failed.text)")
    #expect(executions(folder, "b", of: "u") == 0)
    try run.finish()
  }

  @Test func `-31004: a queue that is full says when there may be room`() throws {
    let run = try GatewayRun.open([Service("a", more: ["limits: {concurrent: 1, queue: 0}"])])
    try run.expectOK("a_echo")
    _ = try run.client.request("tools/call", ["name": "a_hang"])
    let refused = try run.expectError("a_echo", .overloaded)
    #expect(
      (refused.error?.at(pointer: "/data/retryAfterMs")?.intValue ?? 0) >= 10, "\(refused.text)")
    try run.finish()
  }

  @Test func `a person can see the route of a tool and the reason for each place`() throws {
    let folder = try TemporaryFolder()
    let run = try open(
      pair(tools: "{idempotent: [echo]}", in: folder), folder,
      settings: "breaker: {failures: 1, open: 10m, longest: 10m}\n")
    func route() throws -> [String] {
      let answer = try run.client.roundTrip("switchyard/explain", ["name": "pool_echo"])
      #expect(answer.result?["group"] == "pool", "\(answer.text)")
      #expect(answer.result?["again"]?.stringValue?.hasPrefix("idempotent") == true)
      return (answer.result?["route"]?.arrayValue ?? []).map {
        "\($0["service"]?.stringValue ?? "") \($0["why"]?.stringValue ?? "")"
      }
    }
    #expect(try route() == ["a priority 90, up, first", "b priority 50, up, lower priority"])
    try run.expectError("pool_crash", .backendLost)
    let after = try route()
    #expect(after.first == "b priority 50, up, first", "\(after)")
    #expect(after.last?.hasPrefix("a priority 90, open for ") == true, "\(after)")
    let unknown = try run.client.roundTrip("switchyard/explain", ["name": "nobody"])
    #expect(unknown.errorCode == ErrorCode.invalidParams.rawValue, "\(unknown.text)")
    try run.finish()
  }

  @Test func `B18: calls go past a service that is slow to start, and come back to it`() throws {
    let folder = try TemporaryFolder()
    let run = try open(pair(in: folder), folder)
    for process in run.processes(of: "a") { kill(process, SIGKILL) }
    #expect(run.wait { run.client.stderr.contains("service.failed") })
    // Whoever has the call, it is served; a is started again by and by.
    #expect(
      run.wait {
        _ = try? run.client.call("pool_echo", ["uuid": "v"])
        return executions(folder, "a", of: "v") > 0
      })
    try run.finish()
  }

  @Test func `a call that waits for a service that does not start goes to another`() throws {
    let folder = try TemporaryFolder()
    let words = try folder.write("", to: "words")
    let run = try GatewayRun(
      [
        Service(
          "a", "script=\(words)", process: ["idle: 1s"], more: ["group: pool", "priority: 90"]),
        Service("b", more: ["group: pool"]),
      ], folder: folder)
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    #expect(run.wait { run.status(of: "a")?["state"] == "asleep" })
    try folder.write("exit=1", to: "words")
    let ids = try (0..<5).map { _ in try run.client.request("tools/call", ["name": "pool_echo"]) }
    for id in ids {
      let answer = try run.client.response(to: id)
      #expect(attempts(answer) == ["a not_sent", "b answered"], "\(answer.text)")
    }
    try run.finish()
  }

  @Test func `an error says that the call was sent, if an earlier attempt was`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [
        Service(
          "a", "only=digest,crash@1,ledger=\(folder.path)/a",
          more: [
            "group: pool", "priority: 90", "tools: {exclude: [hang], idempotent: [digest]}",
          ]),
        Service(
          "b", more: ["group: pool", "tools: {idempotent: [digest]}", "limits: {queue: 0}"]),
      ], settings: GatewayRun.patientSettings + "limits: {backend_calls: 1}\n", folder: folder)
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    _ = try run.client.request("tools/call", ["name": "pool_hang"])
    // The second service is full, which would be safe to say of a call that nobody has had.
    let answer = try run.expectError("pool_digest", .overloaded, arguments: ["uuid": "u"])
    #expect(executions(folder, "a", of: "u") == 1)
    #expect(answer.error?.at(pointer: "/data/sent") == true, "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/outcome") == "unknown", "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/attempts") == 2, "\(answer.text)")
    try run.finish()
  }

  @Test func `the figures of a shared tool are those of the service that had the call`() throws {
    let folder = try TemporaryFolder()
    let run = try open(pair(in: folder), folder)
    let name = "switchyard_calls_total"
    _ = try run.client.call("pool_echo")
    for process in run.processes(of: "a") { kill(process, SIGKILL) }
    #expect(run.wait { run.client.stderr.contains("service.failed") })
    _ = try run.client.call("pool_echo")
    #expect(try run.metric(name, of: "a") == 1 && run.metric(name, of: "b") == 1)
    try run.finish()
  }
}
