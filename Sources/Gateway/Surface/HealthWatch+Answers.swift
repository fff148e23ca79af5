import Backend
import Glibc
import Health
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Store
import Telemetry

// The answers of the gateway's own tools and resources; `status` of the control socket uses parts
// of them. Times are milliseconds, shares are percent.
extension HealthWatch {
  /// The gateway, a count of each state, and what does not do well.
  var statusAnswer: JSONObject {
    var answer = JSONObject()
    answer["version"] = .string(Product.version)
    answer["pid"] = .count(Int(getpid()))
    answer["uptimeMs"] = .count(Int((EventLoop.now - gateway.begun).inMilliseconds))
    answer["memoryBytes"] = .count(Self.residentMemory)
    answer["requestsInFlight"] = .count(gateway.session.ledger.count)
    var states = JSONObject()
    for state in HealthState.allCases {
      let count = records.count { $0.health.state == state } + (state == .off ? off.count : 0)
      if count > 0 { states[state.rawValue] = .count(count) }
    }
    answer["services"] = .object(states)
    let bad = records.filter { $0.health.state == .down || $0.health.state == .degraded }
    var problems = bad.map { JSONValue.object(problem($0)) }
    problems += off.map { ["service": .string($0.name), "state": "off", "why": .string($0.why)] }
    put(problems, as: "problems", into: &answer)
    return answer
  }

  private func problem(_ record: HealthRecord) -> JSONObject {
    var problem = JSONObject()
    problem["service"] = .string(record.name)
    problem["state"] = .string(record.health.state.rawValue)
    problem["reason"] = .string(record.health.reason.rawValue)
    if let why = record.service?.lastFailure?.detail { problem["why"] = .string(why) }
    return problem
  }

  /// Services that are switched off or whose manifests are broken.
  private var off: [(name: String, why: String)] {
    gateway.configuration.services.compactMap { entry in
      switch entry.state {
      case .ready: return nil
      case .disabled: return (entry.name, "its manifest says enabled: false")
      case .off(let reasons):
        return (entry.name, reasons.first?.message ?? "its manifest is broken")
      }
    }
  }

  /// Every service in a line.
  var servicesAnswer: JSONObject {
    let services = records.map { record -> JSONValue in
      var service = JSONObject()
      service["name"] = .string(record.name)
      if let text = record.manifest.description {
        service["description"] = .string(String(text.prefix(120)))
      }
      service["kind"] =
        record.service == nil ? "rest" : record.manifest.remote == nil ? "process" : "http"
      service["state"] = .string(record.health.state.rawValue)
      let offer = record.service?.offer ?? record.api?.offer
      service["tools"] = offer.map { .count($0.items[.tools]?.count ?? 0) } ?? .null
      service["pids"] = .array(
        (record.service?.liveBackends ?? []).compactMap { backend in
          backend.identity.map { .count(Int($0.pid)) }
        })
      service["priority"] = .count(record.manifest.priority)
      return .object(service)
    }
    var answer = JSONObject()
    put(services, as: "services", into: &answer)
    return answer
  }

  // MARK: Health

  var healthAnswer: JSONObject {
    var answer = JSONObject()
    put(records.map { .object(report(of: $0)) }, as: "services", into: &answer)
    return answer
  }

  func healthAnswer(of record: HealthRecord) -> JSONObject {
    var answer = report(of: record)
    answer["checkEveryMs"] = .count(Int(record.manifest.health.every.inMilliseconds))
    answer["check"] = record.check.map { .string($0.text) } ?? .null
    let history = gateway.surroundings.store?.healthHistory(of: record.name, limit: 20) ?? []
    answer["history"] = .array(
      history.map { entry in
        [
          "at": .count(Int(entry.at)), "kind": .string(entry.kind.rawValue),
          "what": .string(entry.word), "detail": .string(entry.detail),
        ]
      })
    return answer
  }

  /// How one service does.
  func report(of record: HealthRecord) -> JSONObject {
    let now = EventLoop.now
    let health = record.health
    var report = JSONObject()
    report["service"] = .string(record.name)
    report["state"] = .string(health.state.rawValue)
    report["reason"] = .string(health.reason.rawValue)
    report["sinceMs"] = .count(Int((now - health.since).inMilliseconds))
    report["responseMs"] = health.responseTime.map { .count(Int($0.inMilliseconds)) } ?? .null
    report["uptimePercent"] = health.uptime.percent(at: now).map { .hundredths($0) } ?? .null
    report["failuresInARow"] = .count(health.failuresInARow)
    report["alert"] = book.open(record.id).map { .string($0.rawValue) } ?? .null
    let score = score(of: record)
    report["score"] = score.value.map { .count($0) } ?? .null
    if !score.advice.isEmpty {
      report["advice"] = .array(score.advice.map { .string($0.text) })
    }
    return report
  }

  /// The note of a service, with advice; other members of its group are compared with it.
  func score(of record: HealthRecord) -> Score {
    let group = record.manifest.group
    let mates = records.filter { $0 !== record && group != nil && $0.manifest.group == group }
    return Score(figures(of: record), mates: mates.map { figures(of: $0) })
  }

  private func figures(of record: HealthRecord) -> ServiceFigures {
    var figures = ServiceFigures(name: record.name)
    figures.calls = Int(clamping: record.counts.calls)
    figures.failures = Int(clamping: record.counts.failures)
    figures.median = record.counts.milliseconds(at: 0.5).map { .milliseconds(Int64($0)) }
    figures.p95 = record.counts.milliseconds(at: 0.95).map { .milliseconds(Int64($0)) }
    let tools = metrics.tools(of: record.name)
    let slowest = tools.filter { $0.calls >= 5 }.max {
      ($0.milliseconds(at: 0.95) ?? 0) < ($1.milliseconds(at: 0.95) ?? 0)
    }
    if let slowest, let p95 = slowest.milliseconds(at: 0.95) {
      figures.slowestTool = (
        slowest.tool, .milliseconds(Int64(p95)), Int(clamping: slowest.calls)
      )
    }
    figures.uptimePercent = record.health.uptime.percent(at: EventLoop.now)
    figures.restarts = Int(clamping: record.counts[.crashes])
    figures.observed = EventLoop.now - gateway.begun
    figures.priority = record.manifest.priority
    return figures
  }

  // MARK: Metrics

  var metricsAnswer: JSONObject {
    var answer = JSONObject()
    let called = records.filter { $0.counts.calls > 0 }.sorted {
      $0.counts.calls > $1.counts.calls
    }
    put(called.map { .object(counts(of: $0)) }, as: "services", into: &answer)
    return answer
  }

  func metricsAnswer(of record: HealthRecord) -> JSONObject {
    var answer = counts(of: record)
    for figure in ServiceCount.allCases where record.counts[figure] > 0 {
      answer["\(figure.name)"] = .count(Int(clamping: record.counts[figure]))
    }
    let tools = metrics.tools(of: record.name).map { tool -> JSONValue in
      var row = JSONObject()
      row["tool"] = .string(tool.tool)
      row["calls"] = .count(Int(clamping: tool.calls))
      for end in Outcome.allCases where end != .answered && tool.count(end) > 0 {
        row["\(end.name)"] = .count(Int(clamping: tool.count(end)))
      }
      putTimes(tool.milliseconds, into: &row)
      return .object(row)
    }
    put(tools, as: "tools", into: &answer)
    return answer
  }

  /// What was counted of a service, in short.
  func counts(of record: HealthRecord) -> JSONObject {
    var counts = JSONObject()
    counts["service"] = .string(record.name)
    counts["calls"] = .count(Int(clamping: record.counts.calls))
    counts["failures"] = .count(Int(clamping: record.counts.failures))
    putTimes(record.counts.milliseconds, into: &counts)
    return counts
  }

  private func putTimes(_ time: (Double) -> UInt64?, into row: inout JSONObject) {
    for (name, share) in [("p50Ms", 0.5), ("p95Ms", 0.95), ("p99Ms", 0.99)] {
      if let time = time(share) { row[name] = .count(Int(clamping: time)) }
    }
  }

  /// The first entries, and how many were left out.
  private func put(_ entries: [JSONValue], as key: String, into answer: inout JSONObject) {
    answer[key] = .array(Array(entries.prefix(Surface.mostEntries)))
    if entries.count > Surface.mostEntries {
      answer["leftOut"] = .count(entries.count - Surface.mostEntries)
    }
  }
}

extension JSONValue {
  /// With at most two digits behind the point.
  static func hundredths(_ value: Double) -> JSONValue {
    let rounded = (value * 100).rounded() / 100
    return Int(exactly: rounded).map { .count($0) } ?? .number(JSONNumber(rounded) ?? JSONNumber(0))
  }
}
