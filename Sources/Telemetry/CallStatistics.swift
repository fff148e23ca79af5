/// How an attempt ended, as a label of metrics: the words of `Outcome` in Resilience.
package enum CallEnd: Int, CaseIterable, Sendable {
  case answered, isError, error, serverTrouble, notSent, refused, lost, timedOut, malformed
  case cancelled, withheld, cache

  /// The label; for `error.type` of OpenTelemetry too.
  package var label: StaticString {
    switch self {
    case .answered: "answered"
    case .isError: "is_error"
    case .error: "error"
    case .serverTrouble: "server_trouble"
    case .notSent: "not_sent"
    case .refused: "refused"
    case .lost: "lost"
    case .timedOut: "timed_out"
    case .malformed: "malformed"
    case .cancelled: "cancelled"
    case .withheld: "withheld"
    case .cache: "cache"
    }
  }

  /// Whether it is a sign that the service is ill.
  package var isFailure: Bool {
    switch self {
    case .serverTrouble, .notSent, .lost, .timedOut, .malformed: true
    case .answered, .isError, .error, .refused, .cancelled, .withheld, .cache: false
    }
  }

  /// Whether the service has had the call, so that its time says something about it.
  var hasTime: Bool {
    switch self {
    case .answered, .isError, .error, .serverTrouble, .lost, .timedOut, .malformed: true
    case .notSent, .refused, .cancelled, .withheld, .cache: false
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
  package private(set) var ends = [UInt64](repeating: 0, count: CallEnd.allCases.count)
  package private(set) var durations = DurationHistogram()
  package private(set) var exported = ExportedHistogram()

  package init(service: String, tool: String) {
    self.service = service
    self.tool = tool
  }

  /// A negative time, of a clock that was asked in the wrong order, counts as none.
  package func record(_ end: CallEnd, nanoseconds: Int64) {
    ends[end.rawValue] &+= 1
    guard end.hasTime else { return }
    let microseconds = UInt64(max(0, nanoseconds)) / 1_000
    durations.record(microseconds: microseconds)
    exported.record(microseconds: microseconds)
  }

  package var calls: UInt64 { ends.reduce(0, &+) }

  package func count(_ end: CallEnd) -> UInt64 { ends[end.rawValue] }

  package var failures: UInt64 {
    CallEnd.allCases.reduce(0) { $0 &+ ($1.isFailure ? count($1) : 0) }
  }

  /// Milliseconds, rounded to the next; nil before the first answer.
  package func milliseconds(at share: Double) -> UInt64? {
    durations.quantile(share).map { ($0 + 500) / 1_000 }
  }
}

/// The counters of one service. Owned by the loop.
package final class ServiceStatistics {
  package let service: String
  private var counts = [UInt64](repeating: 0, count: ServiceCount.allCases.count)
  /// Of all its tools.
  package private(set) var durations = DurationHistogram()
  package private(set) var calls: UInt64 = 0
  package private(set) var failures: UInt64 = 0

  package init(service: String) { self.service = service }

  package func add(_ count: UInt64 = 1, to figure: ServiceCount) {
    counts[figure.rawValue] &+= count
  }

  package func record(_ end: CallEnd, nanoseconds: Int64) {
    calls &+= 1
    if end.isFailure { failures &+= 1 }
    guard end.hasTime else { return }
    durations.record(microseconds: UInt64(max(0, nanoseconds)) / 1_000)
  }

  package subscript(figure: ServiceCount) -> UInt64 { counts[figure.rawValue] }

  /// Milliseconds, rounded to the next; nil before the first answer.
  package func milliseconds(at share: Double) -> UInt64? {
    durations.quantile(share).map { ($0 + 500) / 1_000 }
  }
}
