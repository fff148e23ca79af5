import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Spans of calls whose client has spans of its own.
@Suite struct TraceTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let span = "00f067aa0ba902b7"

  private func call(_ run: GatewayRun, _ tool: String, _ parent: String) throws {
    let answer = try run.client.roundTrip(
      "tools/call", ["name": .string(tool), "_meta": ["traceparent": .string(parent)]])
    #expect(answer.kind == .result, "\(answer.text)")
  }

  private func spans(_ server: RawHTTPServer) -> [JSONValue] {
    server.requests.filter { $0.target == "/v1/traces" }
      .compactMap { try? JSONValue(parsing: $0.body) }
      .flatMap { $0.at(pointer: "/resourceSpans/0/scopeSpans/0/spans")?.arrayValue ?? [] }
  }

  @Test func `a call is a span below the client's, where the client records one`() throws {
    let server = try RawHTTPServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
      return true
    }
    let run = try GatewayRun.open(
      [Service("a", "watch", more: ["tools: {read_only: [echo], cache: {echo: 1h}}"])],
      settings: GatewayRun.patientSettings
        + "metrics: {every: 100ms, collector: '\(server.url)'}\n")
    try call(run, "a_add", "00-\(Self.trace)-\(Self.span)-01")
    // A plan, and a hit of it.
    for _ in 0..<2 { try call(run, "a_echo", "00-\(Self.trace)-\(Self.span)-01") }
    // The client does not record its own, so nobody looks for ours.
    try call(run, "a_digest", "00-\(Self.trace)-\(Self.span)-00")
    // Junk is ignored.
    try call(run, "a_env", "00-nonsense")
    let all = run.wait { spans(server).count >= 4 }
    #expect(all, "\(spans(server).count)")
    try run.finish()
    let told = spans(server)
    #expect(
      told.map { $0["name"] } == [
        "tools/call a_add", "tools/call a_echo", "tools/call a_echo", "tools/call a_env",
      ])
    #expect(told.prefix(3).allSatisfy { $0["traceId"]?.stringValue == Self.trace })
    #expect(told.prefix(3).allSatisfy { $0["parentSpanId"]?.stringValue == Self.span })
    #expect(Set(told.compactMap { $0["spanId"]?.stringValue }).count == 4)
    #expect(told.last?["parentSpanId"] == nil && told.last?["traceId"]?.stringValue != Self.trace)
    server.stop()
  }

  @Test func `the service gets the client's traceparent unchanged`() throws {
    let run = try GatewayRun.open([Service("a", "watch")])
    let parent = "00-\(Self.trace)-\(Self.span)-01"
    let answer = try run.client.roundTrip(
      "tools/call", ["name": "a_meta", "_meta": ["traceparent": .string(parent)]])
    #expect(
      answer.result?.at(pointer: "/structuredContent/meta/traceparent")?.stringValue == parent,
      "\(answer.text)")
    try run.finish()
  }
}
