/// Metrics as text, version 0.0.4 of Prometheus's exposition format.
package enum PrometheusText {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// - Parameter common: labels of every point.
  package static func of(
    _ families: [MetricFamily], common: [MetricFamily.Label] = []
  ) -> [UInt8] {
    var text: [UInt8] = []
    for family in families where !family.points.isEmpty {
      text +=
        "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(word(family.kind))\n"
        .utf8
      for var point in family.points {
        point.labels += common
        append(point, of: family, to: &text)
      }
    }
    return text
  }

  private static func word(_ kind: MetricFamily.Kind) -> String {
    switch kind {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }

  private static func append(
    _ point: MetricFamily.Point, of family: MetricFamily, to text: inout [UInt8]
  ) {
    switch point.value {
    case .number(let value):
      line("\(family.name)", point.labels, nil, value, to: &text)
    case .histogram(let counts, let sum):
      var total: UInt64 = 0
      for (index, count) in counts.enumerated() {
        total &+= count
        let bounds = ExportedHistogram.bounds
        let bound = index < bounds.count ? number(bounds[index]) : "+Inf"
        line("\(family.name)_bucket", point.labels, bound, Double(total), to: &text)
      }
      line("\(family.name)_sum", point.labels, nil, sum, to: &text)
      line("\(family.name)_count", point.labels, nil, Double(total), to: &text)
    }
  }

  private static func line(
    _ name: String, _ labels: [MetricFamily.Label], _ bound: String?, _ value: Double,
    to text: inout [UInt8]
  ) {
    text += name.utf8
    var pairs = labels.map { "\($0.name)=\"\(escaped($0.value))\"" }
    if let bound { pairs.append("le=\"\(bound)\"") }
    if !pairs.isEmpty { text += ("{" + pairs.joined(separator: ",") + "}").utf8 }
    text += (" " + number(value) + "\n").utf8
  }

  /// Whole numbers without a fraction.
  static func number(_ value: Double) -> String {
    if let whole = Int64(exactly: value) { return String(whole) }
    return "\(value)"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
