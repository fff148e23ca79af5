import ArgumentParser
import Manifest
import RawJSON

/// `switchyard doctor`: what runs, what does not, and why.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what runs, what does not, why, and what to do about it.",
    discussion: """
      Looks at the configuration, the state file, the gateways that run and the
      clients that launch them; starts no service and changes nothing. Each finding
      has a code, which docs/errors.md explains. Exit codes: 0 nothing but notes,
      10 warnings, 1 errors.

      EXAMPLES
        switchyard doctor
        switchyard doctor --json | jq '.findings[].code'
        switchyard doctor --explain crash-loop
      """)

  /// The exit code of warnings without an error.
  static let warningsCode: Int32 = 10

  @Flag(help: "Print JSON.")
  var json = false

  @Option(help: ArgumentHelp("Explain a code; 'all' explains every one.", valueName: "code"))
  var explain: String?

  @OptionGroup var folders: FolderOptions

  func run() throws {
    if let explain { return try Self.explain(explain) }
    let paths = try folders.paths()
    var examination = Examination(
      paths: paths, configuration: folders.load(paths), environment: Process.environment)
    examination.examine()
    if json {
      Terminal.output.write(examination.json.serialized(pretty: true) + [0x0A])
    } else {
      Terminal.output.write(examination.text(for: .output))
    }
    switch examination.findings.map(\.code.severity).max() {
    case .error: throw ExitCode(ExitStatus.badNews.rawValue)
    case .warning: throw ExitCode(Self.warningsCode)
    case .note, nil: break
    }
  }

  private static func explain(_ word: String) throws {
    let codes = FindingCode.allCases.filter { word == "all" || $0.rawValue == word }
    guard !codes.isEmpty else {
      throw CommandFailure(
        "there is no code '\(word.printable())'; --explain all shows every one", .usage)
    }
    Terminal.output.write(codes.map(\.page).joined(separator: "\n"))
  }
}

extension Examination {
  var json: JSONValue {
    [
      "findings": .array(findings.map(\.json)),
      "services": .array(standings.map { .object($0.json) }),
      "gateways": .array(live.keys.sorted().map { .number(JSONNumber(Int($0))) }),
    ]
  }

  func text(for terminal: Terminal) -> String {
    var text = "configuration  \(paths.configuration)\nstate          \(paths.state)\n\n"
    var table = Table()
    for standing in standings {
      table.rows.append(["  " + standing.name.printable(), standing.state, standing.detail])
    }
    text += table.rows.isEmpty ? "no services\n" : table.text(width: terminal.columnLimit)
    text += "\n"
    for finding in findings { text += finding.text(for: terminal) + "\n" }
    return text + summary
  }

  private var summary: String {
    func count(_ severity: FindingCode.Severity, _ word: String) -> String? {
      let number = findings.count { $0.code.severity == severity }
      return number == 0 ? nil : "\(number) \(word)\(number == 1 ? "" : "s")"
    }
    let parts = [count(.error, "error"), count(.warning, "warning"), count(.note, "note")]
    let found = parts.compactMap(\.self).joined(separator: ", ")
    return found.isEmpty ? "nothing is wrong\n" : found + "\n"
  }

  /// Every service in one word: what gateways say of it, else what its manifest says.
  private var standings: [Standing] {
    configuration.services.map { entry in
      for report in live.values {
        let service = report["services"]?.arrayValue?.first {
          $0["name"]?.stringValue == entry.name
        }
        guard let service, let state = service["state"]?.stringValue else { continue }
        let pids = (service["pids"]?.arrayValue ?? []).compactMap(\.intValue)
        let detail = pids.isEmpty ? "" : "pid " + pids.map { String($0) }.joined(separator: " ")
        return Standing(name: entry.name, state: state, detail: detail)
      }
      let summary = ServiceSummary(entry, switchedOff: self.state.switchedOff)
      return Standing(name: entry.name, state: summary.state, detail: "")
    }
  }
}

/// A line of the overview.
private struct Standing {
  var name: String
  var state: String
  var detail: String

  var json: JSONObject {
    JSONObject([
      .init(key: "name", value: .string(name)), .init(key: "state", value: .string(state)),
    ])
  }
}
