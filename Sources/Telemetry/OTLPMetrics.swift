import RawJSON

/// Metrics as JSON of OTLP/HTTP (opentelemetry-proto 1.x, `ExportMetricsServiceRequest`).
package enum OTLPMetrics {
  /// - Parameters:
  ///   - start: when counting began, and `now`: both nanoseconds since 1970.
  package static func request(
    _ families: [MetricFamily], from start: Int64, to now: Int64, of source: OTLPSource
  ) -> [UInt8] {
    var text = Array(#"{"resourceMetrics":[{"resource":"#.utf8)
    text += source.resource
    text += #","scopeMetrics":[{"scope":{"name":"switchyard"},"metrics":["#.utf8
    var isFirst = true
    for family in families where !family.points.isEmpty {
      if !isFirst { text.append(UInt8(ascii: ",")) }
      isFirst = false
      append(family, Times(start: start, now: now), to: &text)
    }
    return text + Array("]}]}]}".utf8)
  }

  private struct Times {
    var start: Int64
    var now: Int64
  }

  private static func append(_ family: MetricFamily, _ times: Times, to text: inout [UInt8]) {
    text += #"{"name":"\#(family.openName)","unit":"\#(family.unit)","description":"#.utf8
    JSON.appendQuoted("\(family.help)".utf8, to: &text)
    switch family.kind {
    case .counter:
      text += #","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":["#.utf8
    case .gauge: text += #","gauge":{"dataPoints":["#.utf8
    case .histogram: text += #","histogram":{"aggregationTemporality":2,"dataPoints":["#.utf8
    }
    for (index, point) in family.points.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(point, times, to: &text)
    }
    text += "]}}".utf8
  }

  private static func append(
    _ point: MetricFamily.Point, _ times: Times, to text: inout [UInt8]
  ) {
    text += #"{"startTimeUnixNano":"\#(times.start)","timeUnixNano":"\#(times.now)","#.utf8
    switch point.value {
    case .number(let value): text += #""asDouble":\#(value)"#.utf8
    case .histogram(let counts, let sum):
      let total = counts.reduce(0, &+)
      text += #""count":"\#(total)","sum":\#(sum),"bucketCounts":["#.utf8
      text += counts.map { "\"\($0)\"" }.joined(separator: ",").utf8
      text += #"],"explicitBounds":["#.utf8
      text += ExportedHistogram.bounds.map { "\($0)" }.joined(separator: ",").utf8
      text += "]".utf8
    }
    text += #","attributes":["#.utf8
    var attributes = point.labels.map { ($0.openName, $0.value) }
    if point.labels.contains(where: { $0.isTool }) {
      attributes.append(("mcp.method.name", "tools/call"))
    }
    OTLPSource.append(attributes, to: &text)
    text += "]}".utf8
  }
}

extension MetricFamily.Label {
  fileprivate var isTool: Bool { openName == "gen_ai.tool.name" }

  /// Under the name of the semantic conventions, where they have one.
  fileprivate var openName: String {
    switch "\(name)" {
    case "tool": "gen_ai.tool.name"
    case "service": "switchyard.service"
    case let other: "switchyard.\(other)"
    }
  }
}

/// Who sends: what all requests to a collector have in common.
package struct OTLPSource: Sendable {
  private let version: String
  /// Tells gateways of one machine apart.
  private let instance: String

  package init(version: String, instance: String) {
    self.version = version
    self.instance = instance
  }

  var resource: [UInt8] {
    var text = Array(#"{"attributes":["#.utf8)
    Self.append(
      [
        ("service.name", "switchyard"), ("service.version", version),
        ("service.instance.id", instance),
      ], to: &text)
    return text + Array("]}".utf8)
  }

  /// Attributes with values that are text.
  static func append(_ attributes: [(String, String)], to text: inout [UInt8]) {
    for (index, (name, value)) in attributes.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      text += #"{"key":"\#(name)","value":{"stringValue":"#.utf8
      JSON.appendQuoted(value.utf8, to: &text)
      text += "}}".utf8
    }
  }
}
