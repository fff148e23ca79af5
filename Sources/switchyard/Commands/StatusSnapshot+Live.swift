import RawJSON
import Store

/// What gateways say of themselves.
extension StatusSnapshot {
  /// Asks every running gateway of a state folder; one that does not answer is left out.
  static func live(in state: String) -> [Int32: JSONObject] {
    var reports: [Int32: JSONObject] = [:]
    for gateway in ControlClient.all(in: state) {
      reports[gateway.address.pid] = try? gateway.ask(["command": "status"])
    }
    return reports
  }

  /// A line for each service that runs or has failed.
  static func text(of report: JSONObject, width: Int?) -> String {
    var table = Table()
    for service in report["services"]?.arrayValue ?? [] {
      let state = service["state"]?.stringValue ?? ""
      let pids = (service["pids"]?.arrayValue ?? []).compactMap(\.intValue)
      guard !pids.isEmpty || !["asleep", "ready"].contains(state) else { continue }
      let inFlight = service["inFlight"]?.intValue ?? 0
      let details = [
        pids.isEmpty ? "" : "pid " + pids.map { String($0) }.joined(separator: " "),
        inFlight == 0 ? "" : "\(inFlight) in flight", Self.health(of: service),
        service["why"]?.stringValue ?? "",
      ]
      table.rows.append([
        "  " + (service["name"]?.stringValue ?? "").printable(), state,
        details.filter { !$0.isEmpty }.joined(separator: ", ").printable(),
      ])
    }
    return table.rows.isEmpty ? "" : table.text(width: width)
  }
}

extension StatusSnapshot {
  /// `degraded (slow), 412 calls, 3 failed, p95 12 ms, score 97`; what there is to say of it.
  static func health(of service: JSONValue) -> String {
    var parts: [String] = []
    if let state = service.at(pointer: "/health/state")?.stringValue,
      state == "degraded" || state == "down"
    {
      let reason = service.at(pointer: "/health/reason")?.stringValue ?? ""
      parts.append("\(state) (\(reason))")
    }
    if let calls = service.at(pointer: "/counts/calls")?.intValue, calls > 0 {
      parts.append(calls == 1 ? "1 call" : "\(calls) calls")
    }
    if let failures = service.at(pointer: "/counts/failures")?.intValue, failures > 0 {
      parts.append("\(failures) failed")
    }
    if let time = service.at(pointer: "/counts/p95Ms")?.intValue { parts.append("p95 \(time) ms") }
    if let score = service.at(pointer: "/health/score")?.intValue { parts.append("score \(score)") }
    for advice in service.at(pointer: "/health/advice")?.arrayValue ?? [] {
      parts.append(advice.stringValue ?? "")
    }
    return parts.joined(separator: ", ")
  }
}
