import RawJSON
import Resilience
import Testing

@testable import Telemetry

@Suite struct FormatTests {
  private var registry: MetricsRegistry {
    let registry = MetricsRegistry()
    let tool = registry.tool("git_log", of: "git")
    tool.record(.answered, nanoseconds: 15_000_000)
    tool.record(.answered, nanoseconds: 1_500_000_000)
    tool.record(.timedOut, nanoseconds: 60_000_000_000)
    registry.service("git").add(7, to: .bytesSent)
    return registry
  }

  @Test func `Prometheus is given counters and cumulative buckets`() {
    let text = String(decoding: PrometheusText.of(registry.families), as: UTF8.self)
    let lines = text.split(separator: "\n").map(String.init)
    for line in [
      "# TYPE switchyard_calls_total counter",
      #"switchyard_calls_total{service="git",tool="git_log",outcome="answered"} 2"#,
      #"switchyard_calls_total{service="git",tool="git_log",outcome="timed_out"} 1"#,
      "# TYPE switchyard_call_duration_seconds histogram",
      #"switchyard_call_duration_seconds_bucket{service="git",tool="git_log",le="0.01"} 0"#,
      #"switchyard_call_duration_seconds_bucket{service="git",tool="git_log",le="0.02"} 1"#,
      #"switchyard_call_duration_seconds_bucket{service="git",tool="git_log",le="2"} 2"#,
      #"switchyard_call_duration_seconds_bucket{service="git",tool="git_log",le="60"} 3"#,
      #"switchyard_call_duration_seconds_bucket{service="git",tool="git_log",le="+Inf"} 3"#,
      #"switchyard_call_duration_seconds_sum{service="git",tool="git_log"} 61.515"#,
      #"switchyard_call_duration_seconds_count{service="git",tool="git_log"} 3"#,
      #"switchyard_sent_bytes_total{service="git"} 7"#,
    ] {
      #expect(lines.contains(line), "\(line)\n\(text)")
    }
    #expect(text.hasSuffix("\n"))
  }

  private let source = OTLPSource(version: "1.2", instance: "77")

  @Test func `labels of the gateway stand at every point`() {
    let text = PrometheusText.of(registry.families, common: [.init("gateway", "77")])
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("#") || $0.contains(#"gateway="77""#) })
  }

  @Test func `a label cannot leave its quotes`() {
    var family = MetricFamily(.gauge, "x", open: "x", unit: "1", "Nothing.")
    family.add(1, .init("service", "a\"} 9\nevil 1\\"))
    let text = String(decoding: PrometheusText.of([family]), as: UTF8.self)
    #expect(text.split(separator: "\n").last == #"x{service="a\"} 9\nevil 1\\"} 1"#)
  }

  @Test func `families without points are left out`() {
    let family = MetricFamily(.gauge, "x", open: "x", unit: "1", "Nothing.")
    #expect(PrometheusText.of([family]).isEmpty)
  }

  @Test func `OTLP metrics are JSON with cumulative sums and explicit bounds`() throws {
    let bytes = OTLPMetrics.request(registry.families, from: 5, to: 9, of: source)
    let root = try JSONValue(parsing: bytes)
    let resource = root.at(pointer: "/resourceMetrics/0/resource/attributes/0/value/stringValue")
    #expect(resource == "switchyard")
    let metrics = try #require(
      root.at(pointer: "/resourceMetrics/0/scopeMetrics/0/metrics")?.arrayValue)
    let duration = try #require(metrics.first { $0["name"] == "mcp.client.operation.duration" })
    #expect(duration["unit"] == "s")
    #expect(duration.at(pointer: "/histogram/aggregationTemporality") == 2)
    let point = try #require(duration.at(pointer: "/histogram/dataPoints/0"))
    #expect(point["count"] == "3")
    #expect(point["startTimeUnixNano"] == "5" && point["timeUnixNano"] == "9")
    #expect(point["bucketCounts"]?.arrayValue?.count == ExportedHistogram.bounds.count + 1)
    #expect(point["explicitBounds"]?.arrayValue?.count == ExportedHistogram.bounds.count)
    let keys = point["attributes"]?.arrayValue?.compactMap { $0["key"]?.stringValue }
    #expect(keys == ["switchyard.service", "gen_ai.tool.name", "mcp.method.name"])
    let calls = try #require(metrics.first { $0["name"] == "switchyard.calls" })
    #expect(calls.at(pointer: "/sum/isMonotonic") == true)
  }

  private func span(_ end: Outcome, tool: String = "git_log", parent: UInt64 = 0) -> CallSpan {
    CallSpan(
      trace: (1, 0xABCD), id: 0xF, parent: parent, service: "git", tool: tool,
      method: tool.isEmpty ? "resources/read" : "tools/call", revision: "2025-11-25", end: end,
      attempt: 1, startedAt: 1_000, endedAt: 2_000)
  }

  @Test func `a span is named by method and tool and says how it ended`() throws {
    let spans = [span(.answered, parent: 0xE), span(.timedOut), span(.answered, tool: "")]
    let root = try JSONValue(parsing: OTLPTraces.request(spans, of: source))
    let found = try #require(
      root.at(pointer: "/resourceSpans/0/scopeSpans/0/spans")?.arrayValue)
    #expect(
      found.map { $0["name"] } == ["tools/call git_log", "tools/call git_log", "resources/read"])
    #expect(found[0]["traceId"] == "0000000000000001000000000000abcd")
    #expect(found[0]["spanId"] == "000000000000000f")
    #expect(found[0]["parentSpanId"] == "000000000000000e" && found[1]["parentSpanId"] == nil)
    #expect(found[0]["kind"] == 3 && found[0]["status"] == nil)
    #expect(found[1].at(pointer: "/status/code") == 2)
    let attributes = found[1]["attributes"]?.arrayValue?.map { attribute in
      [attribute["key"], attribute.at(pointer: "/value/stringValue")].compactMap { $0?.stringValue }
        .joined(separator: "=")
    }
    #expect(
      attributes == [
        "mcp.method.name=tools/call", "mcp.protocol.version=2025-11-25", "switchyard.service=git",
        "switchyard.attempt=1", "gen_ai.tool.name=git_log", "gen_ai.operation.name=execute_tool",
        "error.type=timed_out",
      ])
  }

  @Test func `spans that nobody takes are bounded and counted`() {
    var buffer = SpanBuffer()
    for _ in 0..<(SpanBuffer.capacity + 3) { buffer.add(span(.answered)) }
    #expect(buffer.count == SpanBuffer.capacity && buffer.dropped == 3)
    #expect(buffer.takeAll().count == SpanBuffer.capacity)
    #expect(buffer.count == 0)
  }
}
