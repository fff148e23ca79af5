import RawJSON
import Store

/// What one gateway says of a reload, done or only looked at.
struct ReloadReport {
  let text: String
  /// Something cannot be used, or the gateway did not answer.
  let isBadNews: Bool

  /// Milliseconds that a gateway has for reading its folder.
  private static let patience = 60_000

  /// Tells every gateway of a state folder, and waits for each.
  static func ask(_ command: String, state: String) -> [ReloadReport] {
    ControlClient.all(in: state).map { gateway in
      do throws(ControlClient.Failure) {
        let answer = try gateway.ask(
          ["command": .string(command)], milliseconds: Self.patience)
        return ReloadReport(answer, pid: gateway.address.pid)
      } catch {
        return ReloadReport(
          text: "gateway \(gateway.address.pid): \(error)\n".printable(keepsLines: true),
          isBadNews: true)
      }
    }
  }

  private init(text: String, isBadNews: Bool) {
    self.text = text
    self.isBadNews = isBadNews
  }

  private init(_ answer: JSONObject, pid: Int32) {
    var table = Table()
    let services = answer["services"]?.arrayValue ?? []
    for service in services {
      let name = service["name"]?.stringValue ?? ""
      table.rows.append(["  " + name.printable()] + Self.cells(of: service))
    }
    let settings = answer["settings"]?.arrayValue ?? []
    for setting in settings {
      let values = ["from", "to"].map { setting[$0]?.stringValue ?? "" }
      table.rows.append([
        "  " + (setting["key"]?.stringValue ?? ""), "setting",
        "\(values[0]) -> \(values[1]), \(setting["effect"]?.stringValue ?? "")".printable(),
      ])
    }
    let problems = (answer["problems"]?.arrayValue ?? []).compactMap(\.stringValue)
    var text = "gateway \(pid): "
    if answer["usable"] == false {
      text += "the configuration cannot be used; the one from before goes on\n"
    } else {
      text += table.rows.isEmpty ? "nothing changes\n" : "\n" + table.text(width: nil)
    }
    for problem in problems { text += "  \(problem.printable())\n" }
    self.text = text
    isBadNews =
      answer["usable"] == false || services.contains { $0["change"] == "kept" }
  }

  private static func cells(of service: JSONValue) -> [String] {
    let change = service["change"]?.stringValue ?? ""
    switch change {
    case "changed":
      let keys = (service["keys"]?.arrayValue ?? []).compactMap(\.stringValue)
      let what = keys.isEmpty ? "defaults of gateway.yaml" : keys.joined(separator: ", ")
      let process = service["newProcess"] == true ? "; its process is replaced" : ""
      return [change, what.printable() + process]
    case "kept": return [change, (service["why"]?.stringValue ?? "").printable()]
    default: return [change, ""]
    }
  }
}
