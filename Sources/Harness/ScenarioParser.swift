import MCP
import RawJSON
package import YAML

/// Turns a scenario file into a `Scenario`, or into all complaints about it.
package enum ScenarioParser {
  private static let keys = [
    "scenario", "command", "environment", "directory", "stdio", "protocol", "capabilities",
    "answers", "timeout", "ignore", "check", "steps",
  ]

  package static func parse(_ root: Node, file: String) throws(ScenarioError) -> Scenario {
    var reader = ScenarioReader(file: file)
    let (folder, base) = parts(of: file)
    var scenario = Scenario(name: base, file: file, directory: folder)
    let pairs = reader.pairs(root, of: "a scenario", allowed: keys)
    for pair in pairs { read(pair, &scenario, &reader) }
    if !pairs.contains(where: { $0.key == "steps" }) {
      reader.complain("a scenario needs 'steps'", at: root.position)
    }
    guard reader.complaints.isEmpty else {
      throw ScenarioError(complaints: reader.complaints)
    }
    return scenario
  }

  private static func read(
    _ pair: Node.Pair, _ scenario: inout Scenario, _ reader: inout ScenarioReader
  ) {
    let value = pair.value
    switch pair.key {
    case "scenario": scenario.name = reader.text(value, "scenario") ?? scenario.name
    case "command": scenario.command = reader.texts(value, "command")
    case "environment":
      for variable in value.pairs ?? [] {
        scenario.environment[variable.key] = reader.text(variable.value, variable.key)
      }
    case "directory":
      let path = reader.text(value, "directory") ?? "."
      scenario.directory = path.hasPrefix("/") ? path : scenario.directory + "/" + path
    case "stdio":
      scenario.channel = reader.choice(value, "stdio", ServerCommand.Channel.self) ?? .pipes
    case "protocol":
      scenario.revision = reader.choice(value, "protocol", Revision.self) ?? .newestLegacy
    case "capabilities": scenario.capabilities = JSONValue(value)
    case "answers":
      for answer in value.pairs ?? [] {
        scenario.answers[answer.key] = reader.clientAnswer(answer.value)
      }
    case "timeout": scenario.timeout = reader.duration(value, "timeout") ?? scenario.timeout
    case "ignore": scenario.ignoredNotifications = reader.texts(value, "ignore")
    case "check": readChecks(value, &scenario, &reader)
    default:
      scenario.steps = (value.items ?? []).compactMap { reader.step($0) }
      if value.items == nil { reader.complain("steps is not a list", at: value.position) }
    }
  }

  /// `check: { no-leftovers: false }`: every rule is on unless it is switched off.
  private static func readChecks(
    _ node: Node, _ scenario: inout Scenario, _ reader: inout ScenarioReader
  ) {
    let known = Violation.Rule.allCases.map(\.rawValue)
    for pair in reader.pairs(node, of: "check", allowed: known) {
      guard let rule = Violation.Rule(rawValue: pair.key) else { continue }
      guard let isOn = JSONValue(pair.value).boolValue else {
        reader.complain("\(pair.key) is true or false", at: pair.value.position)
        continue
      }
      if !isOn { scenario.checks.remove(rule) }
    }
  }

  private static func parts(of file: String) -> (folder: String, base: String) {
    let bytes = Array(file.utf8)
    let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { String(decoding: bytes[..<$0], as: UTF8.self) } ?? "."
    let name = slash.map { bytes[($0 + 1)...] } ?? bytes[...]
    let base = name.firstIndex(of: UInt8(ascii: ".")).map { name[..<$0] } ?? name
    return (folder.isEmpty ? "/" : folder, String(decoding: base, as: UTF8.self))
  }
}
