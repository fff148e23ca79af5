import CommandTesting
import Glibc
import RawJSON
import TestSupport
import Testing

/// `switchyard check`.
@Suite struct CheckTests {
  @Test func `a good folder passes`() throws {
    let home = try DemoHome()
    let run = try home.run("check")
    #expect(run.code == 0)
    #expect(run.output == "\(home.configuration): 1 of 1 services ready\n")
  }

  @Test func `M06: every mistake is shown with its line and a caret`() throws {
    let home = try DemoHome()
    try home.write(
      "process:\n  command: x\n  comand: y\nlimits: { concurrent: -1 }\n", to: "bad.yaml")
    let run = try home.run("check")
    #expect(run.code == 1)
    let file = "\(home.configuration)/manifests/bad.yaml"
    #expect(run.output.contains("\(file):3:3: "))
    #expect(run.output.contains("  \u{20}\u{20}comand: y\n    ^\n"))
    #expect(run.output.contains("\(file):4:"))
    #expect(run.output.hasSuffix("1 of 2 services ready, 2 errors\n"))
  }

  @Test func `where nothing is configured, every command says how to begin`() throws {
    let home = try DemoHome()
    unlink(home.configuration + "/manifests/demo.yaml")
    let check = try home.run("check")
    #expect(check.code == 0)
    #expect(check.output.hasSuffix(": no services; 'switchyard add --help' tells how to add one\n"))
    for kind in ["tools", "prompts", "services"] {
      let list = try home.run("list", kind)
      #expect((list.code, list.output) == (0, ""))
      #expect(
        list.errors
          == "No \(kind). No service is configured: 'switchyard add --help' tells how to add one.\n"
      )
    }
  }

  @Test func `a kind of service that is misspelt is one mistake`() throws {
    let home = try DemoHome()
    try home.write("proces: {command: x}\n", to: "bad.yaml")
    let run = try home.run("check")
    #expect(run.output.contains("bad.yaml:1:1: unknown key 'proces'; did you mean 'process'?"))
    #expect(run.output.hasSuffix("1 of 2 services ready, 1 error\n"))
  }

  @Test func `a mistake of a whole file has no caret`() throws {
    let home = try DemoHome()
    try home.write("", to: "empty.yaml")
    let run = try home.run("check")
    #expect(run.code == 1)
    #expect(
      run.output.contains("/empty.yaml:1:1: the file is empty\n\(home.configuration): 1 of 2"))
  }

  @Test func `a command that is not there is told, and its service is not called ready`() throws {
    let home = try DemoHome()
    try home.write("process: {command: no-such-command}\n", to: "gone.yaml")
    let run = try home.run("check")
    #expect(run.code == 0, "it may be installed where the gateway runs")
    #expect(run.output.contains("gone.yaml:1:20: warning: the command 'no-such-command' is not"))
    #expect(run.output.hasSuffix("1 of 2 services ready, 1 warning\n"))
    #expect(try home.run("status").output.contains("gone  no-command  the command 'no-such"))
    let json = try JSONValue(parsing: Array(try home.run("status", "--json").output.utf8))
    #expect(json["services"]?.arrayValue?.map { $0["state"] } == ["on", "no-command"])
  }

  @Test func `without a gateway there is nothing to compare with`() throws {
    let home = try DemoHome()
    let run = try home.run("check", "--diff")
    #expect((run.code, run.output) == (0, "no gateway is running\n"))
  }

  @Test func `single files and JSON`() throws {
    let home = try DemoHome()
    try home.write("prcess: {}\n", to: "bad.yaml")
    let file = "\(home.configuration)/manifests/bad.yaml"
    let run = try home.run("check", file, "--format", "json")
    #expect(run.code == 1)
    let list = try JSONValue(parsing: Array(run.output.utf8)).arrayValue ?? []
    #expect(!list.isEmpty)
    #expect(list.allSatisfy { $0["file"]?.stringValue == file && $0["severity"] == "error" })
    let good = try home.run("check", "\(home.configuration)/manifests/demo.yaml")
    #expect((good.code, good.output) == (0, "1 of 1 services ready\n"))
    #expect(try home.run("check", "/nowhere/x.yaml").code == 1)
  }

  @Test func `M08: a missing variable is named, and its service alone is off`() throws {
    let home = try DemoHome()
    try home.write("process: { command: \"${env:NOT_SET_HERE}\" }\n", to: "off.yaml")
    let run = try home.run("check")
    #expect(run.code == 1)
    #expect(run.output.contains("NOT_SET_HERE"))
    #expect(run.output.contains("1 of 2 services ready"))
  }

  @Test func `the configuration of the demo is good`() throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let run = try CommandRun(
      ["check", "--config", root + "/config/demo"], environment: ["HOME": "/"])
    #expect(run.code == 0, "\(run.output)\(run.errors)")
    for name in ["demo", "asana-sandbox"] {
      let plugin = try CommandRun(
        ["check", root + "/Plugins/\(name)/manifest.yaml"], environment: ["HOME": "/"])
      #expect(plugin.code == 0, "\(plugin.output)\(plugin.errors)")
    }
  }
}
