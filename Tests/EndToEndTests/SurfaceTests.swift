import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// The gateway's own tools, resources and metrics.
@Suite struct SurfaceTests {
  private static let on =
    GatewayRun.patientSettings + "surface: {tools: true, resources: true}\n"

  private func ask(
    _ run: GatewayRun, _ tool: String, _ arguments: JSONValue = [:]
  ) throws -> JSONValue {
    let answer = try run.client.call(tool, arguments)
    return try #require(answer.result?["structuredContent"], "\(answer.text)")
  }

  @Test func `an assistant can ask what runs, how it does and where a call goes`() throws {
    let run = try GatewayRun.open(
      [Service("a"), Service("broken", command: "/nowhere/at/all")], settings: Self.on)
    try run.expectOK("a_echo")
    try run.expectError("broken_echo", .backendUnavailable)
    let status = try ask(run, "gateway_status")
    #expect(status.at(pointer: "/services/up") == 1, "\(status)")
    #expect(status.at(pointer: "/problems/0/service") == "broken")
    #expect(status.at(pointer: "/problems/0/reason") == "cannot_start")
    let services = try ask(run, "gateway_services")
    #expect(services.at(pointer: "/services/0/name") == "a")
    #expect(services.at(pointer: "/services/0/tools") == 11)
    let metrics = try ask(run, "gateway_metrics", ["service": "a"])
    #expect(metrics.at(pointer: "/tools/0/tool") == "a_echo")
    #expect(metrics.at(pointer: "/tools/0/calls") == 1)
    let way = try ask(run, "gateway_explain", ["tool": "a_echo"])
    #expect(way["service"] == "a" && way["state"] == "up" && way["breaker"] == "closed")
    try run.finish()
  }

  @Test func `the answers are small`() throws {
    let run = try GatewayRun.open(
      (0..<60).map { Service("s\($0)", more: ["enabled: \($0 == 0)"]) }, settings: Self.on)
    let status = try ask(run, "gateway_status")
    #expect(status["problems"]?.arrayValue?.count == 50)
    #expect(status["leftOut"] == 9)
    #expect(status.serialized().count < 8_000)
    try run.finish()
  }

  @Test func `what is not there is refused`() throws {
    let run = try GatewayRun.open([Service("a")], settings: Self.on)
    try run.expectError("gateway_health", .invalidParams, arguments: ["service": "b"])
    try run.expectError("gateway_explain", .invalidParams)
    try run.expectError("gateway_explain", .invalidParams, arguments: ["tool": "b_echo"])
    try run.expectError("gateway_other", .invalidParams)
    for uri in ["switchyard://other", "switchyard://explain", "switchyard://health/b"] {
      let answer = try run.client.roundTrip("resources/read", ["uri": .string(uri)])
      #expect(answer.kind == .failure, "\(uri): \(answer.text)")
    }
    try run.finish()
  }

  @Test(arguments: [Revision.newestLegacy, .newest])
  func `the same can be read as resources`(revision: Revision) throws {
    let run = try GatewayRun.open(
      [Service("a", "resources")], settings: Self.on, revision: revision)
    let list = try run.client.roundTrip("resources/list").result?["resources"]?.arrayValue ?? []
    let uris = list.compactMap { $0["uri"]?.stringValue }
    #expect(uris.contains("switchyard://services"), "\(uris)")
    for uri in ["switchyard://status", "switchyard://health/a", "switchyard://explain/a_echo"] {
      let answer = try run.client.roundTrip("resources/read", ["uri": .string(uri)])
      let text = answer.result?.at(pointer: "/contents/0/text")?.stringValue ?? ""
      #expect((try? JSONValue(parsing: Array(text.utf8))) != nil, "\(answer.text)")
    }
    // They belong to no service, so nobody can watch them.
    if revision.era == .legacy {
      let answer = try run.client.roundTrip(
        "resources/subscribe", ["uri": "switchyard://status"])
      #expect(answer.kind == .failure)
    }
    try run.finish()
  }

  @Test func `off by default, they are not there at all`() throws {
    let run = try GatewayRun.open([Service("a")])
    try run.expectError("gateway_status", .invalidParams)
    let answer = try run.client.roundTrip("resources/read", ["uri": "switchyard://status"])
    #expect(answer.kind == .failure)
    try run.finish()
  }

  @Test func `Prometheus finds a file while the gateway runs`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [Service("a")],
      settings: GatewayRun.patientSettings + "metrics: {every: 100ms, folder: '\(folder.path)'}\n",
      folder: folder)
    try run.client.handshake()
    try run.expectOK("a_echo")
    let file = "switchyard-\(run.client.process.processID).prom"
    let line = #"switchyard_calls_total{service="a",tool="a_echo",outcome="answered""#
    #expect(run.wait { folder.read(file).contains(line) }, "\(folder.read(file))")
    #expect(folder.read(file).contains(#"switchyard_service_state{service="a",state="up""#))
    #expect(folder.read(file).contains("switchyard_memory_bytes{"))
    try run.finish()
    #expect(access(folder.path + "/" + file, F_OK) != 0)
  }

  @Test func `a collector is sent metrics and a span for each call`() throws {
    let server = try RawHTTPServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
      return true
    }
    let run = try GatewayRun.open(
      [Service("a")],
      settings: GatewayRun.patientSettings
        + "metrics: {every: 100ms, collector: '\(server.url)/otlp'}\n")
    _ = try run.client.call("a_echo", ["text": "a secret"])
    _ = try run.client.call("a_fail")
    func spans() -> [JSONValue] {
      server.requests.filter { $0.target == "/otlp/v1/traces" }
        .compactMap { try? JSONValue(parsing: $0.body) }
        .flatMap {
          $0.at(pointer: "/resourceSpans/0/scopeSpans/0/spans")?.arrayValue ?? []
        }
    }
    #expect(
      run.wait {
        spans().count >= 2 && server.requests.contains { $0.target == "/otlp/v1/metrics" }
      })
    try run.finish()
    #expect(spans().map { $0["name"] } == ["tools/call a_echo", "tools/call a_fail"])
    #expect(spans().last?.at(pointer: "/status/code") == 2)
    let all = server.requests.flatMap { $0.body }
    #expect(!String(decoding: all, as: UTF8.self).contains("a secret"))
    server.stop()
  }

  @Test func `status --watch shows what changes until it is interrupted`() throws {
    let run = try GatewayRun.open([Service("a")])
    try run.expectOK("a_echo")
    _ = try #require(run.waitForControl())
    let command = Sibling.path(of: "switchyard")
    let folders = #"--config "\#(run.folder.path)" --state "\#(run.folder.path)/state""#
    // The limit ends the output, and with it every wait for a line.
    let shell = try Shell(
      #"exec timeout 60 sh -c 'echo $$; exec "\#(command)" status --watch \#(folders)'"#)
    let process = try #require(shell.line().flatMap { Int32($0) })
    var seen = ""
    while !seen.contains("1 call"), let line = shell.line() { seen += line + "\n" }
    try run.expectOK("a_echo")
    while !seen.contains("2 calls"), let line = shell.line() { seen += line + "\n" }
    kill(process, SIGINT)
    #expect(shell.finish() == 0)
    #expect(seen.contains("2 calls"), "\(seen)")
    try run.finish()
  }

  @Test func `the control socket tells health, figures and metrics`() throws {
    let run = try GatewayRun.open([Service("a")])
    try run.expectOK("a_echo")
    let control = try run.control()
    let status = try control.ask(#"{"command":"status"}"#)
    #expect(status.at(pointer: "/services/0/health/state") == "up", "\(status)")
    #expect(status.at(pointer: "/services/0/counts/calls") == 1)
    let metrics = try control.ask(#"{"command":"metrics"}"#)["text"]?.stringValue ?? ""
    #expect(metrics.contains("# TYPE switchyard_calls_total counter\n"))
    try run.finish()
  }
}
