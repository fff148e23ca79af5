// The people's command: everything about Switchyard that a person does by hand.
//
// It serves nothing itself. What clients see is asked of `switchyard-gateway`,
// started as a child and spoken to as a client would; what the folders say is
// read by the same code that the gateway uses. Nothing here runs in the gateway.
//
// Standard output carries what was asked for, standard error everything else.
// Exit codes: 0 done, 1 the answer is bad news (mistakes found, a tool failed),
// 2 used wrongly, 3 the gateway, the protocol or standard output failed, 130 interrupted.

import ArgumentParser
import Glibc
import MCP
import YAML

@main
struct Switchyard: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "switchyard",
    abstract: "One MCP server in front of many services.",
    discussion: """
      Clients launch 'switchyard-gateway'; this command is for people.

      EXAMPLES
        switchyard check                      Find mistakes in the configuration.
        switchyard list                       Show the tools that clients see.
        switchyard call demo_add --args '{"a": 1, "b": 2}'
        switchyard add time -- uvx mcp-server-time
        switchyard register claude-code       Tell a client about the gateway.
        switchyard doctor                     What does not run, why, and what to do.
      """,
    version: Product.version,
    subcommands: [
      Serve.self, Check.self, Schema.self, List.self, Call.self, Explain.self, Status.self,
      Doctor.self, Enable.self, Disable.self, Reload.self, Register.self, Unregister.self,
      Prepare.self, Add.self, Login.self, Import.self, Test.self, Record.self, Replay.self,
      Manual.self,
    ])

  /// Runs the command that the arguments name; never returns.
  static func main() {
    // A reader that has seen enough (`| head`) shows as a failed write, which ends the output.
    signal(SIGPIPE, SIG_IGN)
    var running: String?
    do {
      let (own, server) = ServerWords.split(Array(CommandLine.arguments.dropFirst()))
      try ServerWords.$words.withValue(server) {
        try checkName(own.first)
        var command = try parseAsRoot(own)
        running = name(of: type(of: command))
        try command.run()
      }
      end(.done)
    } catch let failure as CommandFailure {
      Terminal.error.write("switchyard: \(failure.message)\n")
      end(failure.status)
    } catch let mistake as ValidationError where running != nil {
      // The usage that the library would show is that of the whole.
      let page = "switchyard \(running ?? "") --help"
      Terminal.error.write("Error: \(mistake.message)\n  See '\(page)' for more information.\n")
      end(.usage)
    } catch {
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      guard code == .validationFailure else {
        if !text.isEmpty { (code.isSuccess ? Terminal.output : .error).write(text + "\n") }
        end(code.rawValue)
      }
      Terminal.error.write(text + "\n")
      end(.usage)
    }
  }

  /// Where the first word is no command, says which one was probably meant.
  private static func checkName(_ word: String?) throws {
    let names = configuration.subcommands.map { name(of: $0) } + ["help"]
    guard let word, word.utf8.first != UInt8(ascii: "-"), !names.contains(word) else { return }
    let hint = NearestKey.to(word, among: names).map { "did you mean '\($0)'?" }
    let list = "'switchyard --help' shows all of them"
    throw CommandFailure("there is no command '\(word.printable())'; \(hint ?? list)", .usage)
  }

  private static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? "\(command)".lowercased()
  }

  private static func end(_ status: ExitStatus) -> Never { end(status.rawValue) }

  /// What could not be written is told, whatever else the exit code would say.
  private static func end(_ code: Int32) -> Never {
    if let trouble = Terminal.outputTrouble {
      Terminal.error.write("switchyard: cannot write to standard output: \(trouble)\n")
      Glibc.exit(ExitStatus.gateway.rawValue)
    }
    Glibc.exit(code)
  }
}

/// The exit codes, which scripts rely on.
enum ExitStatus: Int32, Error {
  case done = 0
  case badNews = 1
  case usage = 2
  case gateway = 3
  case interrupted = 130
}

/// Ends the command with one sentence on standard error.
struct CommandFailure: Error {
  /// What is wrong, where, and what to do next.
  var message: String
  var status: ExitStatus

  init(_ message: String, _ status: ExitStatus = .badNews) {
    self.message = message
    self.status = status
  }
}
