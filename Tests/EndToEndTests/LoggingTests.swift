import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
import Testing

/// `logging/setLevel`, the level of a modern request, and the gateway's own events.
@Suite struct LoggingTests {
  private func logs(_ run: GatewayRun) -> [JSONValue] {
    run.client.transcript.messages.filter { $0.method == "notifications/message" }
      .compactMap { $0.params }
  }

  private func say(
    _ level: String, _ run: GatewayRun, times: Int = 1, tool: String = "a_notify",
    logLevel: String? = nil
  ) throws {
    var params: JSONValue = [
      "name": .string(tool),
      "arguments": [
        "method": "notifications/message", "times": .number(JSONNumber(times)),
        "params": ["level": .string(level), "logger": "db", "data": ["n": 1.0]],
      ],
    ]
    if let logLevel {
      params["_meta"] = ["io.modelcontextprotocol/logLevel": .string(logLevel)]
    }
    let answer = try run.client.roundTrip("tools/call", params, within: .seconds(20))
    #expect(answer.kind == .result, "\(answer.text)")
  }

  private func level(of tool: String, _ run: GatewayRun) throws -> JSONValue? {
    try run.client.call(tool, within: .seconds(20)).result?.at(
      pointer: "/structuredContent/level")
  }

  @Test func `a legacy client gets what a legacy service logs, byte for byte`() throws {
    let run = try GatewayRun.open([Service("a", "watch,legacy")], settings: "")
    try say("debug", run)
    try run.finish()
    #expect(logs(run) == [["level": "debug", "logger": "db", "data": ["n": 1.0]]])
  }

  @Test func `setLevel goes to running services and to those that start later`() throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,legacy"), Service("b", "watch,legacy"), Service("good", "legacy")],
      settings: "")
    try run.expectOK("a_echo", within: .seconds(20))
    let answer = try run.client.roundTrip("logging/setLevel", ["level": "warning"])
    #expect(answer.result == [:])
    #expect(try level(of: "a_state", run) == "warning")
    #expect(try level(of: "b_state", run) == "warning")
    try say("notice", run)
    try say("error", run)
    #expect(try run.client.call("a_crash").kind == .failure)
    #expect(try level(of: "a_state", run) == "warning")
    try run.finish()
    let heard = logs(run).filter { $0["logger"] == "db" }.compactMap { $0["level"] }
    #expect(heard == ["error"])
  }

  @Test func `a level that is none is refused`() throws {
    let run = try GatewayRun.open([Service("a", "watch")])
    let answer = try run.client.roundTrip("logging/setLevel", ["level": "loud"])
    #expect(answer.errorCode == ErrorCode.invalidParams.rawValue)
    try run.finish()
  }

  @Test func `a legacy client's level goes to modern services with each request`() throws {
    let run = try GatewayRun.open([Service("a", "watch,modern")], settings: "")
    let key = "io.modelcontextprotocol/logLevel"
    let before = try run.client.call("a_meta", within: .seconds(20)).result?.at(
      pointer: "/structuredContent/meta")
    #expect(before?[key] == nil)
    _ = try run.client.roundTrip("logging/setLevel", ["level": "info"])
    let after = try run.client.call("a_meta").result?.at(pointer: "/structuredContent/meta")
    #expect(after?[key] == "info")
    try say("info", run)
    try say("debug", run)
    try run.finish()
    #expect(logs(run).compactMap { $0["level"] } == ["info"])
  }

  @Test(arguments: SubscriptionTests.words)
  func `a modern request with a level hears its service at that level, others nothing`(
    era: String
  ) throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,\(era)")], settings: "", revision: .r2026_07_28)
    try say("error", run)
    try say("info", run, logLevel: "warning")
    try say("warning", run, logLevel: "warning")
    if era == "legacy" { #expect(try level(of: "a_state", run) == "warning") }
    try run.finish()
    #expect(logs(run).compactMap { $0["level"] } == ["warning"])
  }

  @Test func `a flood of log messages is bounded, and what was dropped is counted`() throws {
    let run = try GatewayRun.open([Service("a", "watch,legacy")], settings: "")
    try say("info", run, times: 5_000)
    func passed() -> Int { logs(run).count { $0["logger"] == "db" } }
    func counted() -> Int {
      logs(run).compactMap { $0.at(pointer: "/data/count")?.intValue }.reduce(0, +)
    }
    let isComplete = run.wait(within: .seconds(20)) { passed() + counted() == 5_000 }
    #expect(isComplete, "\(passed()) passed and \(counted()) counted")
    #expect(passed() >= 50 && counted() > 0)
    try run.finish()
  }

  @Test func `events of services are told to those who want them, without their words`() throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,legacy,only=digest,stderr-flood"), Service("c", "exit=3")],
      settings: "")
    try run.expectOK("a_echo", within: .seconds(20))
    #expect(logs(run).isEmpty)
    _ = try run.client.roundTrip("logging/setLevel", ["level": "notice"])
    #expect(try run.client.call("a_crash").kind == .failure)
    try run.expectOK("a_echo", within: .seconds(20))
    let told = run.wait(within: .seconds(20)) {
      logs(run).contains { $0.at(pointer: "/data/event") == "service_restarted" }
    }
    #expect(told, "\(logs(run))")
    try run.finish()
    let mine = logs(run).filter { $0.at(pointer: "/data/service") == "a" }
    #expect(
      mine.compactMap { $0.at(pointer: "/data/event") }
        == ["service_stopped", "service_restarted"])
    #expect(mine.allSatisfy { $0["logger"] == "switchyard" })
    #expect(mine.first?["level"] == "warning")
  }

  @Test func `a service that gets no calls for a while is told of, and when it gets them again`()
    throws
  {
    let run = try GatewayRun.open(
      [Service("a", "legacy", more: ["limits: {timeout: 200ms}"]), Service("good")],
      settings: GatewayRun.patientSettings + "breaker: {failures: 2, open: 300ms}\n")
    _ = try run.client.roundTrip("logging/setLevel", ["level": "notice"])
    try run.expectServed("a_echo")
    func told(_ event: String) -> Bool {
      logs(run).contains { $0.at(pointer: "/data/event")?.stringValue == event }
    }
    let isOpen = run.wait {
      _ = try? run.client.call("a_hang")
      return told("circuit_open")
    }
    #expect(isOpen, "\(logs(run))")
    let isClosed = run.wait {
      _ = try? run.client.call("a_echo")
      return told("circuit_closed")
    }
    #expect(isClosed, "\(logs(run))")
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras)
  func `an API that gets no calls for a while is told of, and when it gets them again`(
    revision: Revision
  ) throws {
    let isUp = Mutex(false)
    let api = try APIRun(
      settings: "breaker: {failures: 2, open: 200ms}\n", revision: revision,
      answer: { request, connection in
        if isUp.withLock({ $0 }) { return APIRun.answer(request, connection) }
        APIRun.reply([:], to: connection, status: "500 Broken")
        return true
      })
    if revision.era == .legacy {
      _ = try api.client.roundTrip("logging/setLevel", ["level": "notice"])
    }
    func call() {
      var params: JSONValue = ["name": "api_send", "arguments": ["act": "echo"]]
      if revision.era == .modern {
        params["_meta"] = ["io.modelcontextprotocol/logLevel": "notice"]
      }
      _ = try? api.client.roundTrip("tools/call", params, within: .seconds(20))
    }
    func told(_ event: String) -> Bool {
      logs(api.gateway).contains {
        $0.at(pointer: "/data/event")?.stringValue == event
          && $0.at(pointer: "/data/service") == "api"
      }
    }
    let isOpen = api.gateway.wait {
      call()
      return told("circuit_open")
    }
    #expect(isOpen, "\(logs(api.gateway))")
    isUp.withLock { $0 = true }
    let isClosed = api.gateway.wait {
      call()
      return told("circuit_closed")
    }
    #expect(isClosed, "\(logs(api.gateway))")
    try api.finish()
  }

  @Test(arguments: SubscriptionTests.eras)
  func `calls of an API that wait for a limit are told of once`(revision: Revision) throws {
    let api = try APIRun(
      rest: ["lanes: {all: {in_flight: 1}}"], revision: revision,
      answer: { request, connection in
        connection.wait(milliseconds: 30)
        return APIRun.answer(request, connection)
      })
    if revision.era == .legacy {
      _ = try api.client.roundTrip("logging/setLevel", ["level": "notice"])
    }
    var params: JSONValue = ["name": "api_echo", "arguments": ["id": "1"]]
    if revision.era == .modern {
      params["_meta"] = ["io.modelcontextprotocol/logLevel": "notice"]
    }
    let ids = try (0..<4).map { _ in try api.client.request("tools/call", params) }
    for id in ids {
      #expect(try api.client.response(to: id, within: .seconds(20)).kind == .result)
    }
    try api.finish()
    #expect(logs(api.gateway).compactMap { $0.at(pointer: "/data/event") } == ["calls_wait"])
  }

  @Test func `calls that wait for a limit are told once`() throws {
    let run = try GatewayRun.open(
      [Service("a", "legacy", more: ["limits: {concurrent: 1}"])], settings: "")
    try run.expectOK("a_echo", within: .seconds(20))
    _ = try run.client.roundTrip("logging/setLevel", ["level": "info"])
    let ids = try (0..<4).map { _ in
      try run.client.request("tools/call", ["name": "a_slow", "arguments": ["ms": 20]])
    }
    for id in ids { #expect(try run.client.response(to: id, within: .seconds(20)).kind == .result) }
    try run.finish()
    #expect(logs(run).compactMap { $0.at(pointer: "/data/event") } == ["calls_wait"])
  }
}
