import Harness

/// A manifest for one fake backend.
struct Service {
  var name: String
  /// Words of the fake backend.
  var script: String
  /// Another program in its place.
  var command: String?
  var arguments: [String] = []
  /// Lines below `process:`.
  var process: [String] = []
  /// Lines at the top level.
  var more: [String] = []
  var environment: [String: String] = [:]

  init(
    _ name: String, _ script: String = "", command: String? = nil, arguments: [String] = [],
    process: [String] = [], more: [String] = [], environment: [String: String] = [:]
  ) {
    self.name = name
    self.script = script
    self.command = command
    self.arguments = arguments
    self.process = process
    self.more = more
    self.environment = environment
  }

  /// The manifest as YAML. `variables` are what the test adds to the environment.
  func manifest(command fallback: String, variables: [String: String]) -> String {
    var lines = ["service: \(name)", "process:", "  command: \(quoted(command ?? fallback))"]
    if !arguments.isEmpty {
      lines.append("  args: [\(arguments.map(quoted).joined(separator: ", "))]")
    }
    lines.append("  env:")
    var all = environment.merging(variables) { mine, _ in mine }
    all["FAKEB_SCRIPT"] = script
    for (name, value) in all.sorted(by: { $0.key < $1.key }) {
      lines.append("    \(name): \(quoted(value))")
    }
    lines += process.map { "  " + $0 }
    return (lines + more).joined(separator: "\n") + "\n"
  }

  private func quoted(_ text: String) -> String {
    // A JSON string is a double-quoted scalar of YAML.
    WireText.quoted(text)
  }
}
