import Resilience

/// One metric with all its points, ready to be written in some format.
package struct MetricFamily: Sendable {
  package enum Kind: Sendable { case counter, gauge, histogram }

  package struct Label: Sendable {
    package var name: StaticString
    package var value: String

    package init(_ name: StaticString, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package enum Value: Sendable {
    case number(Double)
    /// Counts beside `ExportedHistogram.bounds`, not cumulative; the sum in seconds.
    case histogram(counts: [UInt64], sum: Double)
  }

  package struct Point: Sendable {
    package var labels: [Label]
    package var value: Value
  }

  /// In the form of Prometheus: `switchyard_calls_total`.
  package let name: StaticString
  /// In the form of OpenTelemetry, with its unit.
  package let openName: StaticString
  package let unit: StaticString
  package let help: StaticString
  package let kind: Kind
  package var points: [Point] = []

  package init(
    _ kind: Kind, _ name: StaticString, open openName: StaticString, unit: StaticString,
    _ help: StaticString
  ) {
    self.kind = kind
    self.name = name
    self.openName = openName
    self.unit = unit
    self.help = help
  }

  package mutating func add(_ value: Double, _ labels: Label...) {
    points.append(Point(labels: labels, value: .number(value)))
  }
}

extension MetricsRegistry {
  /// Everything that was counted.
  package var families: [MetricFamily] { callFamilies + serviceFamilies }

  private var callFamilies: [MetricFamily] {
    var calls = MetricFamily(
      .counter, "switchyard_calls_total", open: "switchyard.calls", unit: "{call}",
      "Attempts to have a call answered by a service.")
    var durations = MetricFamily(
      .histogram, "switchyard_call_duration_seconds", open: "mcp.client.operation.duration",
      unit: "s", "From the start of an attempt to its end.")
    for tool in allTools {
      let labels = [MetricFamily.Label("service", tool.service), .init("tool", tool.tool)]
      for end in Outcome.allCases where tool.count(end) > 0 {
        calls.points.append(
          .init(
            labels: labels + [.init("outcome", "\(end.name)")],
            value: .number(Double(tool.count(end)))))
      }
      let sum = Double(tool.durations.sum) / 1_000_000
      durations.points.append(
        .init(labels: labels, value: .histogram(counts: tool.exported.counts, sum: sum)))
    }
    return [calls, durations]
  }

  private var serviceFamilies: [MetricFamily] {
    ServiceCount.allCases.map { figure in
      var family = MetricFamily(figure)
      for service in allServices {
        family.add(Double(service[figure]), .init("service", service.service))
      }
      return family
    }
  }
}

extension MetricFamily {
  /// The counter of a figure of services.
  fileprivate init(_ figure: ServiceCount) {
    let (name, open, unit, help): (StaticString, StaticString, StaticString, StaticString) =
      switch figure {
      case .retries:
        ("switchyard_retries_total", "switchyard.retries", "{attempt}", "Attempts after the first.")
      case .failovers:
        (
          "switchyard_failovers_total", "switchyard.failovers", "{call}",
          "Calls that another service of the group took over."
        )
      case .cacheHits:
        (
          "switchyard_cache_hits_total", "switchyard.cache.hits", "{call}",
          "Answers from the cache."
        )
      case .cacheMisses:
        (
          "switchyard_cache_misses_total", "switchyard.cache.misses", "{call}",
          "Calls that the cache could have answered and did not."
        )
      case .refused:
        (
          "switchyard_refused_total", "switchyard.refused", "{call}",
          "Calls that were refused for a limit or an open breaker."
        )
      case .starts:
        ("switchyard_starts_total", "switchyard.starts", "{start}", "Processes that became ready.")
      case .crashes:
        (
          "switchyard_crashes_total", "switchyard.crashes", "{crash}",
          "Processes that ended by themselves or could not be started."
        )
      case .checks:
        ("switchyard_checks_total", "switchyard.checks", "{check}", "Health checks that ended.")
      case .checkFailures:
        (
          "switchyard_check_failures_total", "switchyard.check_failures", "{check}",
          "Health checks that were not answered."
        )
      case .garbageLines:
        (
          "switchyard_garbage_lines_total", "switchyard.garbage_lines", "{line}",
          "Lines on stdout of a service that were no messages."
        )
      case .bytesSent:
        ("switchyard_sent_bytes_total", "switchyard.sent", "By", "Bytes of requests to a service.")
      case .bytesReceived:
        (
          "switchyard_received_bytes_total", "switchyard.received", "By",
          "Bytes of answers of a service."
        )
      }
    self.init(.counter, name, open: open, unit: unit, help)
  }
}
