import ArgumentParser
import Harness

/// The words behind `--`: the server that `test`, `record` and `replay` launch.
///
/// They are set aside before parsing, because the parser would add them to the
/// files in front of `--`.
enum ServerWords {
  @TaskLocal static var words: [String] = []

  private static let commands = ["test", "record", "replay", "add"]

  /// Splits a command line; other commands keep their `--`.
  static func split(_ arguments: [String]) -> (own: [String], server: [String]) {
    guard let first = arguments.first, commands.contains(first),
      let dashes = arguments.firstIndex(of: "--")
    else { return (arguments, []) }
    return (Array(arguments[..<dashes]), Array(arguments[(dashes + 1)...]))
  }
}

/// `switchyard test`: plays scenarios against a server.
struct Test: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play scenario files against an MCP stdio server.",
    usage: "switchyard test <scenario> ... [<options>] [-- <command> ...]",
    discussion: """
      The server is the COMMAND behind '--', otherwise the scenario's own, otherwise
      switchyard-gateway. Exit codes: 0 everything passed, 1 something did not, 2 a
      scenario cannot be used.

      EXAMPLES
        switchyard test scenarios/*.yaml
        switchyard test handshake.yaml --format junit --report out.xml -- ./server
      """)

  @Argument(help: "Scenario files, played in this order.", completion: .file(extensions: ["yaml"]))
  var scenarios: [String]

  @Option(help: "How the report is written: pretty, tap or junit.")
  var format: ReportFormat = .pretty

  @Option(
    help: ArgumentHelp("Where the report goes, instead of standard output.", valueName: "file"),
    completion: .file())
  var report: String?

  @Flag(help: "Print every line that goes over the wire to standard error.")
  var wire = false

  func run() throws {
    let options = TestOptions(
      scenarios: scenarios, command: ServerWords.words,
      defaultCommand: [try Installation.gateway()],
      format: format, reportFile: report, showsWire: wire)
    throw ExitCode(Harness.run(.test(options)))
  }
}

/// `switchyard record`: keeps a conversation as a file.
struct Record: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stand between a client and a server, and keep their conversation as a file.",
    usage: "switchyard record <file> -- <command> ...",
    discussion: """
      Put this in place of the server in the client's configuration.

      EXAMPLES
        switchyard record talk.jsonl -- switchyard-gateway --config ./config/demo
      """)

  @Argument(help: "The recording; replaced if it exists.", completion: .file())
  var file: String

  func validate() throws {
    if ServerWords.words.isEmpty { throw ValidationError("Give the server behind '--'.") }
  }

  func run() throws {
    throw ExitCode(Harness.run(.record(RecordOptions(file: file, command: ServerWords.words))))
  }
}

/// `switchyard replay`: plays the client of a recording.
struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play the client's side of a recording against a server and compare the answers.",
    usage: "switchyard replay <file> [<options>] -- <command> ...",
    discussion: """
      EXAMPLES
        switchyard replay talk.jsonl -- ./my-server
        switchyard replay talk.jsonl --ignore /result/serverInfo/version -- ./my-server
      """)

  @Argument(help: "The recording.", completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp(
      "A JSON pointer into answers that may differ; '*' is any one member. Repeatable.",
      valueName: "pointer"))
  var ignore: [String] = []

  @Option(help: ArgumentHelp("The longest wait for one answer, in seconds.", valueName: "seconds"))
  var timeout: Double = 10

  @Option(help: "How the report is written: pretty, tap or junit.")
  var format: ReportFormat = .pretty

  func validate() throws {
    if ServerWords.words.isEmpty { throw ValidationError("Give the server behind '--'.") }
    if !(timeout > 0 && timeout <= 86400) {
      throw ValidationError("--timeout is a number of seconds between 0 and 86400")
    }
  }

  func run() throws {
    let options = ReplayOptions(
      file: file, command: ServerWords.words, ignoredPointers: ignore, timeout: .seconds(timeout),
      format: format)
    throw ExitCode(Harness.run(.replay(options)))
  }
}

extension ReportFormat: ExpressibleByArgument {}
