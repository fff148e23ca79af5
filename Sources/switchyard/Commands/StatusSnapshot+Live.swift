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
        inFlight == 0 ? "" : "\(inFlight) in flight", service["why"]?.stringValue ?? "",
      ]
      table.rows.append([
        "  " + (service["name"]?.stringValue ?? "").printable(), state,
        details.filter { !$0.isEmpty }.joined(separator: ", ").printable(),
      ])
    }
    return table.rows.isEmpty ? "" : table.text(width: width)
  }
}
