import ArgumentParser
import RawJSON

/// `switchyard explain`: where a call of a tool goes, and why.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show which services get the calls of a tool, in which order and why.",
    discussion: """
      Asks a gateway that is started for this, as a client would: what it shows of
      priorities and groups is true for every gateway, what it shows of health only
      for a fresh one.

      EXAMPLES
        switchyard explain search_query
        switchyard explain search_query --json | jq '.route[0].service'
      """)

  @Argument(help: "The tool, by the name that clients see.", completion: ToolNames.completion)
  var tool: String

  @Flag(help: "Print the gateway's answer as JSON.")
  var json = false

  @Option(help: ArgumentHelp("The longest wait in seconds.", valueName: "seconds"))
  var timeout: Double = 60

  @OptionGroup var profile: ProfileOptions

  @OptionGroup var folders: FolderOptions

  func run() throws {
    let answer: JSONValue
    do {
      let client = try GatewayClient(try folders.gateway(profile: profile.profile))
      defer { client.close() }
      _ = try client.list("tools/list", "tools", timeout: timeout)
      var params = JSONObject()
      params["name"] = .string(tool)
      answer = try client.request("switchyard/explain", params, timeout: timeout)
    } catch let error as GatewayClientError {
      throw error.failure
    }
    if json { return Terminal.output.write(answer.serialized(pretty: true) + [0x0A]) }
    show(answer)
  }

  private func show(_ answer: JSONValue) {
    var table = Table()
    for (index, place) in (answer["route"]?.arrayValue ?? []).enumerated() {
      let isUsable = place["usable"]?.boolValue ?? false
      table.rows.append([
        isUsable ? String(index + 1) : "-", (place["service"]?.stringValue ?? "").printable(),
        (place["why"]?.stringValue ?? "").printable(),
      ])
    }
    Terminal.output.write(table.text(width: Terminal.output.columnLimit))
    var lines: [String] = []
    if let group = answer["group"]?.stringValue { lines.append("group: \(group.printable())") }
    if let profile = answer["profile"]?.stringValue {
      let isListed = answer["listed"]?.boolValue == true
      lines.append("profile: \(profile.printable()), \(isListed ? "listed" : "by tools_call")")
      lines.append("tool: \((answer["tool"]?.stringValue ?? "").printable())")
    }
    lines.append("priority: \(answer["priority"]?.stringValue ?? "")")
    lines.append("sent again: \(answer["again"]?.stringValue ?? "")")
    Terminal.output.write(lines.joined(separator: "\n") + "\n")
  }
}
