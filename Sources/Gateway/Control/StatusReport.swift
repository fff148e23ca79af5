import Backend
import Glibc
import Loop
import MCP
import Manifest
import RawJSON
import Resilience

/// How the gateway and its services are at this moment, as JSON.
///
/// Times are milliseconds, `since` and `startedAt` milliseconds since 1970.
extension Gateway {
  /// `pid version uptimeMs configuration inFlight services`, the services in their order.
  var statusReport: JSONObject {
    var report = JSONObject()
    report["pid"] = .count(Int(getpid()))
    report["version"] = .string(Product.version)
    report["uptimeMs"] = .count(Int((EventLoop.now - begun).inMilliseconds))
    report["configuration"] = .string(surroundings.folder)
    report["inFlight"] = .count(session.ledger.count)
    if let newestProfile { report["profile"] = .string(newestProfile) }
    report["ending"] = .bool(ending != nil)
    var all: [(name: String, report: JSONObject)] = services.map { ($0.name, $0.statusReport) }
    all += restServices.map { ($0.name, $0.statusReport) }
    all += switchedOff.values.map { ($0.name, $0.statusReport) }
    for entry in configuration.services where entry.manifest == nil {
      all.append((entry.name, entry.statusReport))
    }
    all.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    report["reloads"] = .count(reloader.count)
    if let trouble = reloader.trouble {
      report["configurationError"] = [
        "sinceMs": .count(Int((EventLoop.now - trouble.since).inMilliseconds)),
        "why": .string(trouble.why),
      ]
    }
    report["services"] = .array(
      all.map { name, report in
        var report = report
        if let record = health.record(named: name) {
          report["health"] = .object(health.report(of: record))
          report["counts"] = .object(health.counts(of: record))
        }
        return .object(report)
      })
    report["memoryBytes"] = .count(HealthWatch.residentMemory)
    return report
  }
}

extension Service {
  /// `name kind state pids inFlight waiting starts tools why`
  var statusReport: JSONObject {
    var report = JSONObject()
    report["name"] = .string(name)
    report["kind"] = manifest.remote == nil ? "process" : "http"
    report["state"] = .string(stateWord)
    let backends = liveBackends
    report["pids"] = .array(
      backends.compactMap { backend in
        backend.identity.map { .count(Int($0.pid)) }
      })
    report["inFlight"] = .count(backends.reduce(0) { $0 + $1.inFlight })
    report["waiting"] = .count(waiting.count + (twin?.service.waiting.count ?? 0))
    // How often it became ready; whatever is beyond one is a start after idleness or a crash.
    report["starts"] = .count(readyCount)
    report["tools"] = offer.map { .count($0.items[.tools]?.count ?? 0) } ?? .null
    if case .held = phase, let preparation, preparation.isBusy {
      report["why"] = .string(preparation.words)
    } else if let why = (lastFailure ?? lack)?.detail {
      report["why"] = .string(why)
    }
    if case .pausing(let until) = phase {
      report["retryMs"] = .count(Int(max(.zero, until - EventLoop.now).inMilliseconds))
    }
    return report
  }

  /// One word of a closed list.
  private var stateWord: String {
    switch phase {
    case .asleep: lastFailure == nil ? "asleep" : "failed"
    case .held: preparation?.isBusy == true ? "preparing" : "held"
    case .queued: "queued"
    case .starting: "starting"
    case .ready: "ready"
    case .pausing: policy.isFlapping ? "flapping" : "pausing"
    case .closed: "closed"
    }
  }
}

extension RESTService {
  var statusReport: JSONObject {
    var report = JSONObject()
    report["name"] = .string(name)
    report["kind"] = "rest"
    report["state"] = "ready"
    report["pids"] = .array([])
    report["tools"] = .count(offer.items[.tools]?.count ?? 0)
    return report
  }
}

extension SwitchedOffService {
  fileprivate var statusReport: JSONObject {
    var report: JSONObject
    switch kind {
    case .process(let service): report = service.statusReport
    case .rest(let service): report = service.statusReport
    }
    report["state"] = service?.isEmpty == false ? "draining" : "switched-off"
    return report
  }
}

extension ServiceEntry {
  /// Of a service that is not served.
  fileprivate var statusReport: JSONObject {
    var report = JSONObject()
    report["name"] = .string(name)
    switch state {
    case .ready: report["state"] = "ready"
    case .disabled: report["state"] = "disabled"
    case .off(let reasons):
      report["state"] = "off"
      report["why"] = reasons.first.map { .string("\($0)") } ?? .null
    }
    return report
  }
}

extension JSONValue {
  static func count(_ number: Int) -> JSONValue { .number(JSONNumber(number)) }
}
