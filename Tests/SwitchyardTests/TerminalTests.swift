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
}
