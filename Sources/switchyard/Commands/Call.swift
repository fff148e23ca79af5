import ArgumentParser
import RawJSON

/// `switchyard call`: one call of one tool.
struct Call: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Call a tool and print what it returns.",
    discussion: """
      Progress goes to standard error: a bar on a terminal, lines elsewhere. Ctrl-C
      cancels the call and waits until the service has been told; a second one does
      not wait.

      Exit codes: 0 the tool answered, 1 the tool reported a failure, 2 used wrongly,
      3 the gateway, the protocol or standard output failed, 130 interrupted.

      EXAMPLES
        switchyard call demo_add --args '{"a": 1, "b": 2}'
        switchyard call demo_echo --args @arguments.json
        generate-arguments | switchyard call demo_echo --args - --json
      """)

  @Argument(help: "The tool, as 'switchyard list' shows it.", completion: ToolNames.completion)
  var tool: String

  @Option(
    help: ArgumentHelp(
      "The arguments: a JSON object, @FILE, or - for standard input.", valueName: "json"))
  var args: String = "{}"

  @Flag(help: "Print the whole result as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "The longest wait in seconds; otherwise the gateway decides.", valueName: "seconds"))
  var timeout: Double?

  @Flag(help: "Pass the gateway's log on to standard error.")
  var verbose = false

  @OptionGroup var profile: ProfileOptions

  @OptionGroup var folders: FolderOptions

  func validate() throws {
    if let timeout, !(timeout > 0 && timeout <= 86400) {
      throw ValidationError("--timeout is a number of seconds between 0 and 86400")
    }
  }

  func run() throws {
    var params = JSONObject()
    params["name"] = .string(tool)
    params["arguments"] = try arguments()
    let bar = ProgressLine(terminal: .error)
    Interrupt.watch()
    let result: JSONValue
    do {
      let client = try GatewayClient(
        try folders.gateway(profile: profile.profile), showsLog: verbose)
      defer { client.close() }
      defer { bar.clear() }
      result = try client.request("tools/call", params, timeout: timeout) { bar.show($0) }
    } catch let error as GatewayClientError {
      throw error.failure
    }
    try show(result)
  }

  private func arguments() throws -> JSONValue {
    var source = "--args"
    var bytes = Array(args.utf8)
    if args == "-" || args.utf8.first == UInt8(ascii: "@") {
      let path = args == "-" ? "-" : String(args.dropFirst())
      source = args == "-" ? "standard input" : path
      guard let contents = Process.contents(of: path) else {
        throw CommandFailure("cannot read \(source): \(Process.lastError)", .usage)
      }
      bytes = contents
    }
    do {
      let value = try JSONValue(parsing: bytes)
      guard value.objectValue != nil else {
        throw CommandFailure("\(source) must be a JSON object, as in '{\"key\": 1}'", .usage)
      }
      return value
    } catch let error as JSONError {
      throw CommandFailure("\(source) is not JSON: \(error)", .usage)
    }
  }

  private func show(_ result: JSONValue) throws {
    let failed = result["isError"]?.boolValue ?? false
    if json {
      Terminal.output.write(result.serialized(pretty: true) + [0x0A])
    } else if result["resultType"]?.stringValue == "input_required" {
      throw CommandFailure(
        "the tool asks the person for input, which this command cannot give", .gateway)
    } else {
      // A tool's failure is what was asked for, too; the exit code tells the difference.
      Terminal.output.write(ResultText(result).text(for: .output))
    }
    if failed { throw ExitCode(ExitStatus.badNews.rawValue) }
  }
}

/// A tool result as text for people.
struct ResultText {
  private let result: JSONValue

  init(_ result: JSONValue) { self.result = result }

  /// Texts as they are, other content by a line that says what it is.
  ///
  /// Control characters reach files and pipes, never a terminal.
  func text(for terminal: Terminal) -> String {
    var parts: [String] = []
    for block in result["content"]?.arrayValue ?? [] {
      let text = describe(block)
      parts.append(terminal.isInteractive ? text.printable(keepsLines: true) : text)
    }
    if parts.isEmpty, let structured = result["structuredContent"] {
      parts.append(String(decoding: structured.serialized(pretty: true), as: UTF8.self))
    }
    return parts.map { $0.utf8.last == 0x0A ? $0 : $0 + "\n" }.joined()
  }

  private func describe(_ block: JSONValue) -> String {
    let type = block["type"]?.stringValue ?? "unknown"
    switch type {
    case "text": return block["text"]?.stringValue ?? ""
    case "image", "audio":
      let size = (block["data"]?.stringValue?.utf8.count ?? 0) / 4 * 3
      return
        "[\(type), \(block["mimeType"]?.stringValue ?? "no type"), about \(size) bytes; --json]"
    case "resource_link": return "[resource \(block["uri"]?.stringValue ?? "")]"
    case "resource":
      let resource = block["resource"]
      return resource?["text"]?.stringValue ?? "[resource \(resource?["uri"]?.stringValue ?? "")]"
    default: return "[\(type); --json shows it]"
    }
  }
}
