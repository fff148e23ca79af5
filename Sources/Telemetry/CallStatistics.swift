package import Resilience

extension Outcome {
  /// Whether the service has had the call, so that its time says something about it.
  var hasTime: Bool {
    switch self {
    case .answered, .answeredIsError, .answeredError, .serverTrouble: true
    case .lost, .timedOut, .malformed: true
    case .notSent, .refused, .cancelled, .withheld, .fromCache: false
    }
  }
}

/// What else is counted of a service: a closed set.
package enum ServiceCount: Int, CaseIterable, Sendable {
  case retries, failovers, cacheHits, cacheMisses, refused, starts, crashes, checks, checkFailures
  case garbageLines, bytesSent, bytesReceived

  package var name: StaticString {
    switch self {
    case .retries: "retries"
    case .failovers: "failovers"
    case .cacheHits: "cache_hits"
    case .cacheMisses: "cache_misses"
    case .refused: "refused"
    case .starts: "starts"
    case .crashes: "crashes"
    case .checks: "checks"
    case .checkFailures: "check_failures"
    case .garbageLines: "garbage_lines"
    case .bytesSent: "sent_bytes"
    case .bytesReceived: "received_bytes"
    }
  }
}

/// The figures of one tool. Owned by the loop.
package final class ToolStatistics {
  package let service: String
  package let tool: String
  /// By `Outcome`, in place: an array would be asked for its owners with each call.
  private var ends = InlineArray<12, UInt64>(repeating: 0)
  package private(set) var durations = DurationHistogram()
  package private(set) var exported = ExportedHistogram()

  package init(service: String, tool: String) {
    self.service = service
    self.tool = tool
  }

  /// A negative time, of a clock that was asked in the wrong order, counts as none.
  package func record(_ end: Outcome, nanoseconds: Int64) {
    ends[end.rawValue] &+= 1
    guard end.hasTime else { return }
    let microseconds = UInt64(max(0, nanoseconds)) / 1_000
    durations.record(microseconds: microseconds)
    exported.record(microseconds: microseconds)
  }

  package var calls: UInt64 { ends.indices.reduce(0) { $0 &+ ends[$1] } }

  package func count(_ end: Outcome) -> UInt64 { ends[end.rawValue] }

  package var failures: UInt64 {
    Outcome.allCases.reduce(0) { $0 &+ ($1.verdict == .ill ? count($1) : 0) }
  }

  /// Milliseconds, rounded to the next; nil before the first answer.
  package func milliseconds(at share: Double) -> UInt64? {
    durations.quantile(share).map { ($0 + 500) / 1_000 }
  }
}

/// The counters of one service. Owned by the loop.
package final class ServiceStatistics {
  package let service: String
  /// By `ServiceCount`.
  private var counts = InlineArray<12, UInt64>(repeating: 0)
  /// Of all its tools.
  package private(set) var durations = DurationHistogram()
  package private(set) var calls: UInt64 = 0
  package private(set) var failures: UInt64 = 0

  package init(service: String) { self.service = service }

  package func add(_ count: UInt64 = 1, to figure: ServiceCount) {
    counts[figure.rawValue] &+= count
  }

  package func record(_ end: Outcome, nanoseconds: Int64) {
    calls &+= 1
    if end.verdict == .ill { failures &+= 1 }
    guard end.hasTime else { return }
    durations.record(microseconds: UInt64(max(0, nanoseconds)) / 1_000)
  }

  package subscript(figure: ServiceCount) -> UInt64 { counts[figure.rawValue] }

  /// Milliseconds, rounded to the next; nil before the first answer.
  package func milliseconds(at share: Double) -> UInt64? {
    durations.quantile(share).map { ($0 + 500) / 1_000 }
  }
}
