import CommandTesting
import TestSupport
import Testing

/// What is different when a person watches.
@Suite struct TerminalTests {
  private func run(
    _ home: DemoHome, _ arguments: String..., variables: [String: String] = [:]
  ) throws -> CommandRun {
    let environment = home.environment.merging(variables) { $1 }
    return try CommandRun(
      arguments, environment: environment.merging(["TERM": "xterm"]) { own, _ in own },
      onTerminal: true)
  }

  @Test func `progress is a bar that leaves nothing behind`() throws {
    let home = try DemoHome()
    let run = try run(home, "call", "demo_countdown", "--args", #"{"steps": 2, "seconds": 0.02}"#)
    #expect(run.code == 0)
    #expect(run.output.contains("\r[###############···············]  50 %  1\u{1B}[K"))
    #expect(run.output.hasSuffix("\r\u{1B}[KLift-off after 2 steps.\r\n"))
  }

  @Test func `a tool cannot steer the terminal, but reaches a pipe unchanged`() throws {
    let home = try DemoHome()
    let arguments = #"{"text": "a\u001b]0;title\u0007\u202eb\nc"}"#
    let watched = try run(home, "call", "demo_echo", "--args", arguments)
    #expect(watched.output.contains("a\\u{1b}]0;title\\u{7}\\u{202e}b\r\nc\r\n"))
    let piped = try home.run("call", "demo_echo", "--args", arguments)
    #expect(piped.output == "a\u{1B}]0;title\u{07}\u{202E}b\nc\n")
  }

  @Test func `colours come on a terminal only, and not against NO_COLOR`() throws {
    let home = try DemoHome()
    try home.write("prcess: {}\n", to: "bad.yaml")
    #expect(try run(home, "check").output.contains("\u{1B}[31m"))
    for variables in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
      #expect(try !run(home, "check", variables: variables).output.contains("\u{1B}"))
    }
    #expect(try !home.run("check").output.contains("\u{1B}"))
  }

  @Test func `output that cannot be written is told, output that nobody wants is not`() throws {
    let home = try DemoHome()
    for arguments in [["check"], ["status"], ["--help"], ["schema"]] {
      let full = try CommandRun(arguments, environment: home.environment, into: "> /dev/full")
      #expect(
        full.errors
          == "switchyard: cannot write to standard output: No space left on device\n3\n",
        "\(arguments)")
      let left = try CommandRun(arguments, environment: home.environment, into: "| true")
      #expect(left.errors == "0\n", "\(arguments)")
    }
  }

  @Test func `watching ends when nobody looks any more`() throws {
    let home = try DemoHome()
    let run = try CommandRun(
      ["status", "--watch"], environment: home.environment, into: "| head -n 1")
    #expect(run.output.hasPrefix("configuration  "))
    #expect(run.errors == "0\n")
  }

  @Test func `a word that is no command is answered with the nearest one`() throws {
    let near = try CommandRun(["chek"])
    #expect((near.code, near.output) == (2, ""))
    #expect(near.errors == "switchyard: there is no command 'chek'; did you mean 'check'?\n")
    #expect(try CommandRun(["frobnicate"]).errors.contains("'switchyard --help' shows all"))
    #expect(try CommandRun(["help", "check"]).code == 0)
    let unsaid = try DemoHome().run("add")
    #expect(unsaid.code == 2)
    #expect(unsaid.errors.hasSuffix("See 'switchyard add --help' for more information.\n"))
  }
}
