// Metrics: counters and durations of calls, with labels from closed sets.
//
//   ToolStatistics, ServiceStatistics ─▶ MetricFamily ─▶ PrometheusText, OTLPMetrics
//
// Labels are names of services and tools from the catalogue and words of enumerations; nothing
// that a client or a service sends becomes a label. At most `MetricsRegistry.mostTools` tools have
// figures of their own, the others share one set.
//
// Costs: an observation adds to a few integers of arrays that exist; it allocates nothing, hashes
// nothing and makes no text. A tool that was called takes about 1.2 KB.

/// Durations in buckets whose width is at most an eighth of their lower end.
///
/// From a microsecond to 71 minutes; what is longer counts as that. Quantiles are right to within
/// 6.25 percent.
package struct DurationHistogram: Sendable {
  /// Eight buckets for each power of two.
  private static let subBits: UInt64 = 3
  private static let longest: UInt64 = (1 << 32) - 1
  static let bucketCount = Int((32 - subBits + 1) << subBits)

  private var counts = [UInt32](repeating: 0, count: bucketCount)
  package private(set) var count: UInt64 = 0
  /// Microseconds.
  package private(set) var sum: UInt64 = 0

  package init() {}

  package mutating func record(microseconds: UInt64) {
    let value = min(microseconds, Self.longest)
    counts[Self.bucket(of: value)] &+= 1
    count &+= 1
    sum &+= value
  }

  /// The value below which a part `share` (0 to 1) of all lies, in microseconds; nil without any.
  package func quantile(_ share: Double) -> UInt64? {
    guard count > 0 else { return nil }
    let rank = max(1, (Double(count) * min(max(share, 0), 1)).rounded(.up))
    var seen: UInt64 = 0
    for (index, number) in counts.enumerated() where number > 0 {
      seen += UInt64(number)
      if Double(seen) >= rank { return Self.middle(of: index) }
    }
    return Self.longest
  }

  static func bucket(of value: UInt64) -> Int {
    guard value >= 1 << subBits else { return Int(value) }
    let exponent = UInt64(63 - value.leadingZeroBitCount)
    let sub = (value >> (exponent - subBits)) & ((1 << subBits) - 1)
    return Int((exponent - subBits + 1) << subBits | sub)
  }

  /// The value in the middle of a bucket.
  static func middle(of bucket: Int) -> UInt64 {
    let bucket = UInt64(bucket)
    guard bucket >= 1 << subBits else { return bucket }
    let shift = bucket >> subBits - 1
    let low = (1 << subBits | bucket & ((1 << subBits) - 1)) << shift
    return low + (1 << shift) / 2
  }
}

/// Durations in the buckets that collectors are given: those of the semantic conventions for MCP.
package struct ExportedHistogram: Sendable {
  /// Upper ends in seconds; one more bucket takes the rest.
  package static let bounds: [Double] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300,
  ]
  private static let limits: [UInt64] = bounds.map { UInt64($0 * 1_000_000) }

  /// One for each bound and one for the rest; not cumulative.
  package private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)

  package init() {}

  package mutating func record(microseconds: UInt64) {
    var index = 0
    while index < Self.limits.count, microseconds > Self.limits[index] { index += 1 }
    counts[index] &+= 1
  }
}
