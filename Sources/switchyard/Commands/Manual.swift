import ArgumentParser
import MCP
import RawJSON

/// `switchyard manual`: the man page, made from what the parser knows.
struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the man page of this command, for man(1).",
    discussion: """
      EXAMPLES
        switchyard manual > switchyard.1
        switchyard manual | man -l -
      """,
    shouldDisplay: false)

  func run() throws {
    let dump = try JSONValue(parsing: Array(Switchyard._dumpHelp().utf8))
    guard let command = dump["command"] else {
      throw CommandFailure("the parser describes no command", .gateway)
    }
    Terminal.output.write(ManualPage(command: command).text)
  }
}

/// A page in man(7) form, from the JSON that ArgumentParser writes for a command.
struct ManualPage {
  private let command: JSONValue
  private var lines: [String] = []

  init(command: JSONValue) {
    self.command = command
    build()
  }

  var text: String { lines.joined(separator: "\n") + "\n" }

  private mutating func build() {
    lines.append(".TH SWITCHYARD 1 \"\" \"switchyard \(Product.version)\" \"User Commands\"")
    lines += [".SH NAME", "switchyard \\- " + Self.roff(command["abstract"]?.stringValue ?? "")]
    lines += [".SH SYNOPSIS", ".B switchyard", ".I command", "[\\fIoptions\\fR]"]
    lines += [".SH DESCRIPTION"]
    prose(command["discussion"]?.stringValue)
    lines += [".SH COMMANDS"]
    for subcommand in command["subcommands"]?.arrayValue ?? [] {
      guard subcommand["shouldDisplay"]?.boolValue != false else { continue }
      if subcommand["commandName"]?.stringValue != "help" { section(subcommand) }
    }
    lines += [".SH EXIT STATUS"]
    for (code, meaning) in [
      ("0", "Done."), ("1", "Mistakes were found, a test or a tool failed."),
      ("2", "Used wrongly."), ("3", "The gateway or the protocol failed."), ("130", "Interrupted."),
    ] {
      lines += [".TP", ".B \(code)", meaning]
    }
    lines += [".SH SEE ALSO", ".BR switchyard-gateway (1)"]
  }

  private mutating func section(_ command: JSONValue) {
    let name = command["commandName"]?.stringValue ?? ""
    lines += [".SS switchyard " + Self.roff(name)]
    lines.append(Self.roff(command["abstract"]?.stringValue ?? ""))
    prose(command["discussion"]?.stringValue)
    for argument in command["arguments"]?.arrayValue ?? [] {
      guard argument["shouldDisplay"]?.boolValue != false, !isEverywhere(argument) else { continue }
      lines += [".TP", label(of: argument)]
      lines.append(Self.roff(argument["abstract"]?.stringValue ?? "No description."))
      if let more = argument["discussion"]?.stringValue { lines.append(Self.roff(more)) }
      if let value = argument["defaultValue"]?.stringValue {
        lines.append("(default: \(Self.roff(value)))")
      }
    }
  }

  /// `--help` and `--version`, which every command has.
  private func isEverywhere(_ argument: JSONValue) -> Bool {
    let name = argument["preferredName"]?["name"]?.stringValue
    return name == "help" || name == "version"
  }

  private func label(of argument: JSONValue) -> String {
    let value = argument["valueName"]?.stringValue ?? "value"
    let names = (argument["names"]?.arrayValue ?? []).map { name in
      (name["kind"]?.stringValue == "short" ? "-" : "--") + (name["name"]?.stringValue ?? "")
    }
    guard !names.isEmpty else { return "\\fI\(Self.roff(value))\\fR" }
    let label = names.map { "\\fB\(Self.roff($0))\\fR" }.joined(separator: ", ")
    let isFlag = argument["kind"]?.stringValue == "flag"
    return isFlag ? label : label + " \\fI\(Self.roff(value))\\fR"
  }

  /// Paragraphs; indented lines, as in examples, keep their layout.
  private mutating func prose(_ text: String?) {
    var isExample = false
    for line in (text ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
      let indented = line.hasPrefix("  ")
      if indented != isExample { lines.append(indented ? ".nf" : ".fi") }
      isExample = indented
      if line.isEmpty {
        lines.append(".PP")
      } else if line == "EXAMPLES" {
        lines += [".PP", "Examples:"]
      } else {
        lines.append(Self.roff(String(line)))
      }
    }
    if isExample { lines.append(".fi") }
    lines.append(".PP")
  }

  /// Text that roff takes literally.
  private static func roff(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "\n": result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    if let first = result.utf8.first, first == 0x2E || first == 0x27 { result = "\\&" + result }
    return result
  }
}
