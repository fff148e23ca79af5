import RawJSON
package import Resilience

/// One attempt at a service as a span: what is told of it, and no value of an argument.
package struct CallSpan: Sendable {
  package var trace: (UInt64, UInt64)
  package var id: UInt64
  /// The span of the client's request, 0 if it named none.
  package var parent: UInt64
  package var service: String
  /// As the client sees it; empty for requests that name none.
  package var tool: String
  package var method: StaticString
  package var revision: String
  package var end: Outcome
  package var attempt: Int
  /// Nanoseconds since 1970.
  package var startedAt: Int64
  package var endedAt: Int64

  package init(
    trace: (UInt64, UInt64), id: UInt64, parent: UInt64 = 0, service: String, tool: String,
    method: StaticString, revision: String, end: Outcome, attempt: Int, startedAt: Int64,
    endedAt: Int64
  ) {
    self.trace = trace
    self.id = id
    self.parent = parent
    self.service = service
    self.tool = tool
    self.method = method
    self.revision = revision
    self.end = end
    self.attempt = attempt
    self.startedAt = startedAt
    self.endedAt = endedAt
  }
}

/// Spans as JSON of OTLP/HTTP (`ExportTraceServiceRequest`), named as the semantic conventions
/// for MCP have it: method and tool, kind client.
package enum OTLPTraces {
  package static func request(_ spans: [CallSpan], of source: OTLPSource) -> [UInt8] {
    var text = Array(#"{"resourceSpans":[{"resource":"#.utf8)
    text += source.resource
    text += #","scopeSpans":[{"scope":{"name":"switchyard"},"spans":["#.utf8
    for (index, span) in spans.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(span, to: &text)
    }
    return text + Array("]}]}]}".utf8)
  }

  private static func append(_ span: CallSpan, to text: inout [UInt8]) {
    text += #"{"traceId":"\#(hex(span.trace.0))\#(hex(span.trace.1))","spanId":"#.utf8
    text += #""\#(hex(span.id))","#.utf8
    if span.parent != 0 { text += #""parentSpanId":"\#(hex(span.parent))","#.utf8 }
    text += #""name":"#.utf8
    let name = span.tool.isEmpty ? "\(span.method)" : "\(span.method) \(span.tool)"
    JSON.appendQuoted(name.utf8, to: &text)
    text += #","kind":3,"startTimeUnixNano":"\#(span.startedAt)","endTimeUnixNano":"#.utf8
    text += #""\#(span.endedAt)","attributes":["#.utf8
    OTLPSource.append(attributes(of: span), to: &text)
    // 2 is the error status of a span.
    text += (span.end == .answered ? "]}" : #"],"status":{"code":2}}"#).utf8
  }

  private static func attributes(of span: CallSpan) -> [(String, String)] {
    var attributes = [
      ("mcp.method.name", "\(span.method)"), ("mcp.protocol.version", span.revision),
      ("switchyard.service", span.service), ("switchyard.attempt", "\(span.attempt)"),
    ]
    if !span.tool.isEmpty {
      attributes.append(("gen_ai.tool.name", span.tool))
      attributes.append(("gen_ai.operation.name", "execute_tool"))
    }
    if span.end != .answered { attributes.append(("error.type", "\(span.end.name)")) }
    return attributes
  }

  /// Sixteen hexadecimal digits.
  static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

/// Spans that no collector has been given yet; where there is no room, new ones are counted and
/// dropped. Owned by the loop.
package struct SpanBuffer: Sendable {
  package static let capacity = 2_048

  private var spans: [CallSpan] = []
  /// Spans that nobody was given.
  package private(set) var dropped = 0

  package init() {}

  package var count: Int { spans.count }

  package mutating func add(_ span: CallSpan) {
    guard spans.count < Self.capacity else {
      dropped += 1
      return
    }
    spans.append(span)
  }

  /// Everything, and nothing is left.
  package mutating func takeAll() -> [CallSpan] {
    let all = spans
    spans.removeAll(keepingCapacity: true)
    return all
  }
}
