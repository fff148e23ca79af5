import CommandTesting
import Glibc
import Harness
import RawJSON
import TestSupport
import Testing

/// `list` and `call` through the real gateway to the real demo.
@Suite struct CallTests {
  @Test func `list shows what clients see`() throws {
    let home = try DemoHome()
    let tools = try home.run("list")
    #expect(tools.code == 0)
    let names = tools.output.split(separator: "\n").compactMap { $0.split(separator: " ").first }
    #expect(names.sorted() == ["demo_add", "demo_countdown", "demo_echo", "demo_roll"])
    #expect(try home.run("list", "prompts").output.hasPrefix("demo_introduction "))
    #expect(try home.run("list", "resources").output.contains("demo://manual"))
    #expect(try home.run("list", "services").output == "demo  on  For tests.\n")
    let json = try JSONValue(parsing: Array(try home.run("list", "--json").output.utf8))
    #expect(json.arrayValue?.count == 4)
    #expect(json.arrayValue?.allSatisfy { $0["inputSchema"] != nil } == true)
  }

  @Test func `list tells of services that offer nothing, and why`() throws {
    let home = try DemoHome()
    try home.write("process: { command: /bin/false }\n", to: "ends.yaml")
    try home.write("process: { command: \"${env:NOT_SET_HERE}\" }\n", to: "off.yaml")
    let run = try home.run("list")
    #expect(run.code == 0 && run.output.contains("demo_add "))
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == 2, "\(run.errors)")
    #expect(lines.contains { $0.contains("'ends'") && $0.contains("exit code 1") })
    #expect(lines.contains { $0.contains("off.yaml") && $0.contains("NOT_SET_HERE") })
    // What is asked of a program stays what it was.
    let json = try home.run("list", "--json")
    #expect((try JSONValue(parsing: Array(json.output.utf8))).arrayValue?.count == 4)
  }

  @Test(arguments: [["list"], ["call", "demo_add"]])
  func `a configuration that cannot be used is told as check tells it`(words: [String]) throws {
    let home = try DemoHome()
    try home.folder.write("deadlines: {cal: 2m}\n", to: ".config/switchyard/gateway.yaml")
    let run = try CommandRun(words, environment: home.environment)
    #expect(run.code == 3 && run.output == "")
    let lines = run.errors.split(separator: "\n").map(String.init)
    #expect(lines.first == "switchyard: the gateway ended without an answer; it says:")
    let place = "\(home.configuration)/gateway.yaml:1:13: unknown key 'cal' in 'deadlines'"
    #expect(lines.dropFirst().first?.hasPrefix(place) == true, "\(run.errors)")
    #expect(!run.errors.contains("{\""))
  }

  @Test func `call prints the text of the result, or all of it as JSON`() throws {
    let home = try DemoHome()
    let sum = try home.run("call", "demo_add", "--args", #"{"a": 1, "b": 2}"#)
    #expect((sum.code, sum.output, sum.errors) == (0, "3\n", ""))
    let json = try home.run("call", "demo_add", "--json", "--args", #"{"a": 1, "b": 2}"#)
    let value = try JSONValue(parsing: Array(json.output.utf8))
    #expect(value["structuredContent"]?["sum"]?.doubleValue == 3)
  }

  @Test func `arguments come from standard input and from files as well`() throws {
    let home = try DemoHome()
    let piped = try home.run("call", "demo_echo", "--args", "-", input: #"{"text": "piped"}"#)
    #expect((piped.code, piped.output) == (0, "piped\n"))
    let file = try home.folder.write(#"{"text": "filed"}"#, to: "arguments.json")
    let filed = try home.run("call", "demo_echo", "--args", "@" + file)
    #expect((filed.code, filed.output) == (0, "filed\n"))
  }

  @Test func `progress goes to standard error as lines where nobody watches`() throws {
    let home = try DemoHome()
    let run = try home.run(
      "call", "demo_countdown", "--args", #"{"steps": 3, "seconds": 0.03}"#)
    #expect((run.code, run.output) == (0, "Lift-off after 3 steps.\n"))
    #expect(
      run.errors == "progress: 0/3  3\nprogress: 1/3  2\nprogress: 2/3  1\nprogress: 3/3  0\n")
  }

  @Test func `exit code 1: the tool reported a failure, which is printed`() throws {
    let run = try DemoHome().run("call", "demo_add", "--args", #"{"a": 1}"#)
    #expect(run.code == 1)
    #expect(run.output.contains("/b: is required"))
  }

  @Test(arguments: [
    ["call"], ["call", "demo_add", "--args", "{x"], ["call", "demo_add", "--args", "[1]"],
    ["call", "demo_add", "--args", "@/nowhere"], ["call", "demo_add", "--timeout", "-1"],
    ["nonsense"], ["list", "nonsense"], ["register", "nonsense"], ["list", "--config", ""],
    ["register", "cursor", "--env", "X"], ["register", "cursor", "--name", "a b"],
    ["register", "windsurf", "--scope", "project"], ["record", "file"],
  ])
  func `exit code 2: used wrongly, and nothing on standard output`(arguments: [String]) throws {
    let home = try DemoHome()
    let run = try CommandRun(arguments, environment: home.environment)
    #expect(run.code == 2)
    #expect(run.output.isEmpty)
    #expect(!run.errors.isEmpty)
  }

  @Test func `exit code 3: an unknown tool, a folder that is not there, a deadline`() throws {
    let home = try DemoHome()
    let unknown = try home.run("call", "nope")
    #expect(unknown.code == 3)
    #expect(unknown.errors.contains("'switchyard list' shows the tools"))
    let missing = try home.run("call", "demo_add", "--config", "/nowhere")
    #expect(missing.code == 3)
    #expect(missing.errors.contains("/nowhere"))
    #expect(!missing.errors.contains("\n\n"))
    let replay = try home.run("replay", "/nowhere", "--", "true")
    #expect(replay.code == 2)
    #expect(replay.errors.hasPrefix("switchyard: /nowhere: "))
    #expect(!replay.errors.contains("no recording"))
    let late = try home.run(
      "call", "demo_countdown", "--args", #"{"seconds": 60}"#, "--timeout", "1")
    #expect(late.code == 3)
    #expect(late.errors.contains("no answer within 1.0 s"))
  }

  @Test func `Ctrl-C cancels the call, waits for the gateway and exits with 130`() throws {
    let home = try DemoHome()
    let client = try HarnessClient(
      ServerCommand(
        [
          Sibling.path(of: "switchyard"), "call", "demo_countdown", "--args",
          #"{"steps": 1000, "seconds": 1000}"#,
        ], environment: home.environment))
    // The call is on its way when its progress shows.
    for _ in 0..<100 where !client.stderr.contains("progress: 1/") {
      client.run(for: .milliseconds(100))
    }
    #expect(client.stderr.contains("progress: 1/"))
    kill(client.process.processID, SIGINT)
    #expect(try client.waitForExit(within: .seconds(5)) == .code(130))
    #expect(client.stderr.hasSuffix("switchyard: interrupted\n"))
    let state = try home.run("status", "--json")
    let value = try JSONValue(parsing: Array(state.output.utf8))
    #expect(value["gateways"] == [])
  }

  @Test func `tool names complete from what is on offer`() throws {
    let home = try DemoHome()
    let run = try CommandRun(
      ["---completion", "call", "--", "positional@0", "2", "0", "switchyard", "call", "demo_"],
      environment: home.environment)
    #expect(run.code == 0)
    let names = run.output.split(separator: "\n").sorted()
    #expect(names == ["demo_add", "demo_countdown", "demo_echo", "demo_roll"])
  }

  @Test func `names of services complete from what is described`() throws {
    let home = try DemoHome()
    try home.write("process: {comand: x}\n", to: "broken.yaml")
    let run = try CommandRun(
      ["---completion", "enable", "--", "positional@0", "2", "0", "switchyard", "enable", ""],
      environment: home.environment)
    #expect(run.output == "broken\ndemo\n")
  }

  @Test func `status knows what was found and leaves nothing behind by asking`() throws {
    let home = try DemoHome()
    let before = try home.run("status")
    #expect(before.code == 0)
    #expect(before.output.contains("demo  on"))
    #expect(access(home.folder.path + "/.local", F_OK) != 0)
    _ = try home.run("list")
    try home.write("process: { command: \"${env:NOT_SET_HERE}\" }\n", to: "off.yaml")
    let after = try home.run("status")
    // `list` is a legacy client, so the service, which speaks both eras, was asked in that era.
    #expect(after.output.contains("demo  on   4 tools, 1 prompt, 1 resource, 2025-11-25, seen 20"))
    #expect(after.output.contains("NOT_SET_HERE"))
    let json = try JSONValue(parsing: Array(try home.run("status", "--json").output.utf8))
    #expect(json.at(pointer: "/services/0/catalogue/tools") == 4)
    #expect(json.at(pointer: "/services/1/state") == "off")
  }
}
