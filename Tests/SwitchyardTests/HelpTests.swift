import CommandTesting
import Glibc
import Harness
import Testing

/// The help of every command is a file, so that a change of a word shows in review.
///
/// `SWITCHYARD_SNAPSHOTS=write swift test --filter HelpTests` writes them anew.
@Suite struct HelpTests {
  static let commands = [
    "", "serve", "check", "schema", "list", "call", "explain", "status", "doctor", "enable",
    "disable",
    "reload",
    "register", "unregister", "prepare", "add", "login", "import",
    "test",
    "record", "replay",
  ]

  private static let folder =
    "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Snapshots"

  @Test(arguments: commands) func `help is what the snapshot says`(command: String) throws {
    let words = command.isEmpty ? ["--help"] : [command, "--help"]
    let run = try CommandRun(words)
    #expect(run.code == 0)
    #expect(run.errors.isEmpty)
    try compare(run.output, with: (command.isEmpty ? "switchyard" : command) + ".txt")
  }

  @Test func `the man page is what the snapshot says`() throws {
    let run = try CommandRun(["manual"])
    #expect(run.code == 0)
    try compare(run.output, with: "switchyard.1")
    for command in Self.commands where !command.isEmpty {
      #expect(run.output.contains(".SS switchyard \(command)\n"), "\(command)")
    }
  }

  @Test(arguments: commands.dropFirst()) func `every command shows examples`(command: String) throws
  {
    let help = try CommandRun([command, "--help"]).output
    #expect(help.contains("EXAMPLES\n  "))
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func `completions are written`(shell: String) throws {
    let run = try CommandRun(["--generate-completion-script", shell])
    #expect(run.code == 0)
    #expect(run.output.contains("unregister"))
    #expect(run.output.contains("claude-desktop"))
  }

  @Test func `the version goes to standard output`() throws {
    let run = try CommandRun(["--version"])
    #expect(run.code == 0)
    #expect(run.output.split(separator: ".").count == 3)
  }

  private func compare(_ text: String, with name: String) throws {
    let path = Self.folder + "/" + name
    if getenv("SWITCHYARD_SNAPSHOTS").map({ String(cString: $0) }) == "write" {
      #expect(SmallFile.write(Array(text.utf8), to: path))
      return
    }
    #expect(text == String(decoding: SmallFile.bytes(of: path), as: UTF8.self))
  }
}
