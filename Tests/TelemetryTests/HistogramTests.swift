import Resilience
import Testing

@testable import Telemetry

@Suite struct HistogramTests {
  @Test func `every microsecond up to a hundred thousand lies in its bucket`() {
    var last = 0
    for value in UInt64(0)..<100_000 {
      let bucket = DurationHistogram.bucket(of: value)
      #expect(bucket == last || bucket == last + 1)
      last = bucket
      let middle = DurationHistogram.middle(of: bucket)
      let distance = max(middle, value) - min(middle, value)
      if distance * 16 > max(value, 16) { Issue.record("\(value) is shown as \(middle)") }
    }
  }

  @Test func `the longest durations have a bucket`() {
    var histogram = DurationHistogram()
    for value in [UInt64.max] + [1 << 32, (1 << 32) - 1, 1 << 31] as [UInt64] {
      histogram.record(microseconds: value)
    }
    #expect(histogram.count == 4)
    #expect(DurationHistogram.bucket(of: (1 << 32) - 1) == DurationHistogram.bucketCount - 1)
  }

  @Test func `quantiles are right to a sixteenth`() throws {
    var histogram = DurationHistogram()
    #expect(histogram.quantile(0.5) == nil)
    for value in UInt64(1)...10_000 { histogram.record(microseconds: value * 100) }
    for (share, exact) in [(0.5, 500_000.0), (0.95, 950_000), (0.99, 990_000), (1, 1_000_000)] {
      let found = Double(try #require(histogram.quantile(share)))
      #expect(abs(found - exact) <= exact / 16, "\(share): \(found)")
    }
    #expect(histogram.sum == 5_000_500_000)
  }

  @Test func `a quantile of one value is that value`() {
    var histogram = DurationHistogram()
    histogram.record(microseconds: 5)
    for share in [-1, 0, 0.5, 1, 2] { #expect(histogram.quantile(share) == 5) }
  }

  @Test func `exported buckets include their upper ends`() {
    var histogram = ExportedHistogram()
    for value in [0, 10_000, 10_001, 300_000_000, 300_000_001] as [UInt64] {
      histogram.record(microseconds: value)
    }
    #expect(histogram.counts.first == 2)
    #expect(histogram.counts[1] == 1)
    #expect(histogram.counts.suffix(2) == [1, 1])
  }

  @Test func `an attempt that the service never had counts, and has no time`() {
    let tool = ToolStatistics(service: "a", tool: "echo")
    tool.record(.answered, nanoseconds: 3_000_000)
    tool.record(.notSent, nanoseconds: 0)
    tool.record(.cancelled, nanoseconds: 9_000_000_000)
    tool.record(.timedOut, nanoseconds: -5)
    #expect(tool.calls == 4)
    #expect(tool.failures == 2)
    #expect(tool.durations.count == 2)
    #expect(tool.milliseconds(at: 1) == 3)
  }

  @Test func `tools beyond the most share one set of figures`() {
    let registry = MetricsRegistry()
    for number in 0..<MetricsRegistry.mostTools { _ = registry.tool("t\(number)", of: "a") }
    let first = registry.tool("one more", of: "a")
    #expect(first === registry.tool("and another", of: "a"))
    #expect(first.tool == MetricsRegistry.others)
    #expect(registry.tool("t7", of: "a").tool == "t7")
    #expect(registry.tool("one more", of: "b") !== first)
  }

  @Test func `names are told apart by their bytes`() {
    let registry = MetricsRegistry()
    #expect(registry.tool("\u{212A}", of: "a") !== registry.tool("K", of: "a"))
    #expect(registry.service("e\u{301}") !== registry.service("\u{E9}"))
  }
}
