import Manifest
import TestSupport
import Testing

/// What can be known of a command without starting it.
@Suite struct CommandTroubleTests {
  private let folder = ConfigurationFolder()

  /// The trouble with a process whose `PATH` is `bin` of the folder and nothing else.
  private func trouble(_ lines: String) -> CommandTrouble? {
    folder.manifest("it", "process:\n" + lines)
    let manifest = folder.load().ready.first
    return manifest?.process.trouble(inherited: ["PATH": folder.path + "/bin"])
  }

  @Test func `a program that is there and may be executed is no trouble`() {
    folder.write("bin/tool", "#!/bin/sh\n", mode: 0o700)
    #expect(trouble("  command: tool\n") == nil)
    #expect(trouble("  command: ../bin/tool\n") == nil)
    #expect(trouble("  command: /bin/sh\n") == nil)
  }

  @Test func `what is reached over HTTP has no command that could be missing`() {
    folder.manifest("far", "http:\n  url: https://example.org/mcp\n")
    let manifest = folder.load().ready.first
    #expect(manifest?.remote != nil)
    #expect(manifest?.commandWarning(inherited: ["PATH": "/none"]) == nil)
  }

  @Test func `a name is looked for in the PATH that the process will have`() {
    folder.write("other/tool", "#!/bin/sh\n", mode: 0o700)
    #expect(trouble("  command: tool\n") == .notInPath("tool"))
    #expect(trouble("  command: tool\n  env: {PATH: \"\(folder.path)/other\"}\n") == nil)
  }

  @Test func `each reason is told apart`() {
    let path = folder.path
    folder.write("bin/plain", "x", mode: 0o600)
    folder.write("bin/python", "#!/no/such/python3\n", mode: 0o700)
    folder.write("bin/node", "#!/usr/bin/env -S node-99 --flag\n", mode: 0o700)
    folder.write("bin/inner/x", "x")
    #expect(trouble("  command: plain\n") == .notInPath("plain"))
    #expect(trouble("  command: \(path)/bin/plain\n") == .notExecutable(path + "/bin/plain"))
    #expect(trouble("  command: \(path)/bin/none\n") == .missing(path + "/bin/none"))
    #expect(trouble("  command: \(path)/bin/inner\n") == .isFolder(path + "/bin/inner"))
    #expect(
      trouble("  command: python\n")
        == .noInterpreter(script: path + "/bin/python", "/no/such/python3"))
    #expect(
      trouble("  command: node\n") == .noInterpreter(script: path + "/bin/node", "node-99"))
    #expect(
      trouble("  command: /bin/sh\n  directory: nowhere\n")
        == .noDirectory(path + "/manifests/nowhere"))
  }

  @Test func `the warning stands at the command`() {
    folder.manifest("it", "process:\n  command: nothing-of-the-kind\n")
    let warning = folder.load().ready.first?.commandWarning(inherited: ["PATH": "/none"])
    #expect(
      warning?.description == folder.path + "/manifests/it.yaml:2:12: warning: the command "
        + "'nothing-of-the-kind' is not in PATH; install it, or write its full path in "
        + "'process.command'")
  }
}
