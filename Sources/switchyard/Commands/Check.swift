import ArgumentParser
import Manifest
import Provision
import RawJSON

/// `switchyard check`: finds mistakes without running anything.
struct Check: ParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

  static let configuration = CommandConfiguration(
    abstract: "Find mistakes in the configuration, without running anything.",
    discussion: """
      Reads the whole folder, or only the FILES. Exit codes: 0 no errors, 1 errors.

      EXAMPLES
        switchyard check
        switchyard check --config ./config/demo
        switchyard check manifests/git.yaml --format json
        switchyard check --diff     What a reload would change.
      """)

  @Argument(
    help: "Manifests or a gateway.yaml; without any, the whole folder.",
    completion: .file(extensions: ["yaml", "yml"]))
  var files: [String] = []

  @Option(help: "How the mistakes are written: text or json.")
  var format: Format = .text

  @Flag(help: "Say what a reload would change in the gateways that run.")
  var diff = false

  @OptionGroup var folders: FolderOptions

  func run() throws {
    let paths = try folders.paths()
    if diff { return try showDifference(paths) }
    var configuration =
      files.isEmpty
      ? folders.load(paths)
      : Configuration.check(
        files: files, directory: paths.configuration, environment: Process.environment)
    configuration.placeEnvironments(in: paths.state)
    let commands = configuration.ready.compactMap {
      $0.commandWarning(inherited: Process.environment)
    }
    let profiles =
      files.isEmpty ? configuration.profileWarnings(StateSnapshot(folder: paths.state)) : []
    let diagnostics = configuration.diagnostics + profiles + commands
    // What is built by the first start is no obstacle.
    let unstartable = configuration.ready.count { manifest in
      let trouble = manifest.process.trouble(inherited: Process.environment)
      return manifest.commandWarning(inherited: Process.environment) != nil && trouble != .notBuilt
    }
    switch format {
    case .json:
      let list = diagnostics.map(\.json)
      Terminal.output.write(JSONValue.array(list).serialized(pretty: true) + [0x0A])
    case .text:
      for diagnostic in diagnostics {
        Terminal.output.write(DiagnosticText(diagnostic).text(for: .output))
      }
      Terminal.output.write(
        summary(of: configuration, diagnostics, without: unstartable, in: paths))
    }
    if diagnostics.contains(where: { $0.severity == .error }) {
      throw ExitCode(ExitStatus.badNews.rawValue)
    }
  }

  private func showDifference(_ paths: ConfigurationPaths) throws {
    let reports = ReloadReport.ask("diff", state: paths.state)
    Terminal.output.write(reports.map(\.text).joined())
    if reports.isEmpty { Terminal.output.write("no gateway is running\n") }
    if reports.contains(where: \.isBadNews) { throw ExitCode(ExitStatus.badNews.rawValue) }
  }

  private func summary(
    of configuration: Configuration, _ diagnostics: [Diagnostic], without unstartable: Int,
    in paths: ConfigurationPaths
  ) -> String {
    let errors = diagnostics.count { $0.severity == .error }
    let warnings = diagnostics.count - errors
    let ready = configuration.ready.count - unstartable
    let place = files.isEmpty ? "\(paths.configuration): " : ""
    if files.isEmpty, configuration.services.isEmpty, errors == 0 {
      return "\(place)no services; 'switchyard add --help' tells how to add one\n"
    }
    var text = "\(place)\(ready) of \(configuration.services.count) services ready"
    if errors > 0 { text += ", \(errors) \(errors == 1 ? "error" : "errors")" }
    if warnings > 0 { text += ", \(warnings) \(warnings == 1 ? "warning" : "warnings")" }
    return text + "\n"
  }
}

extension Diagnostic {
  var json: JSONValue {
    [
      "severity": severity == .error ? "error" : "warning", "file": .string(file),
      "line": JSONValue(integerLiteral: line), "column": JSONValue(integerLiteral: column),
      "message": .string(message),
    ]
  }
}

/// A mistake with the line it is on and a caret under the place.
struct DiagnosticText {
  private let diagnostic: Diagnostic

  init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }

  func text(for terminal: Terminal) -> String {
    let style: Terminal.Style = diagnostic.severity == .error ? .red : .yellow
    var text = terminal.styled("\(diagnostic)", style) + "\n"
    guard diagnostic.position != nil, let line = sourceLine(), !line.isEmpty else { return text }
    // Columns count characters; what is shown before the caret is as wide as the text above it.
    let before = line.prefix(max(0, diagnostic.column - 1))
    let shown = String(line).printable()
    let indent = String(before).printable().count
    text += "  \(shown)\n  \(String(repeating: " ", count: indent))\(terminal.styled("^", .bold))\n"
    return text
  }

  private func sourceLine() -> Substring? {
    guard let bytes = Process.contents(of: diagnostic.file, limit: 1 << 20) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard lines.indices.contains(diagnostic.line - 1) else { return nil }
    let line = lines[diagnostic.line - 1]
    return line.count <= 200 ? line : nil
  }
}
