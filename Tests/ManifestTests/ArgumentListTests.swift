import Manifest
import Testing

@Suite struct ArgumentListTests {
  /// The numbers of the refused arguments.
  private func refused(_ command: String, _ arguments: [String], value: String = "v") -> [String] {
    let list = arguments.map { "'\($0)'" }.joined(separator: ", ")
    return complaints("process: {command: '\(command)', args: [\(list)]}", ["X": value]).map {
      $0.split(separator: "'").dropFirst().first.map { String($0.dropFirst("process.args.".count)) }
        ?? "?"
    }
  }

  @Test(arguments: [
    ("sh", ["-c", "echo ${env:X}"], ["2"]),
    ("/bin/bash", ["-lc", "${env:X}"], ["2"]),
    ("bash", ["-o", "pipefail", "-c", "${env:X}"], ["4"]),
    ("bash", ["-c", "-x", "${env:X}"], ["3"]),
    ("dash", ["-c${env:X}"], ["1"]),
    ("python3.11", ["-c", "print(${env:X})"], ["2"]),
    ("python3", ["-Ic", "${env:X}"], ["2"]),
    ("python", ["-W", "ignore", "-c", "${env:X}"], ["4"]),
    ("node", ["-e", "${env:X}"], ["2"]),
    ("node", ["--eval", "${env:X}"], ["2"]),
    ("node", ["--eval=${env:X}"], ["1"]),
    ("node", ["-pe", "${env:X}"], ["2"]),
    ("node", ["-p", "${env:X}"], ["2"]),
    ("perl", ["-ne", "${env:X}"], ["2"]),
    ("ruby", ["-e", "puts ${env:X}"], ["2"]),
    ("php", ["-r", "${env:X}"], ["2"]),
    ("pwsh", ["-Command", "${env:X}"], ["2"]),
    ("env", ["-i", "sh", "-c", "${env:X}"], ["4"]),
    ("busybox", ["sh", "-c", "${env:X}"], ["3"]),
    ("docker", ["run", "image", "bash", "-c", "${env:X}"], ["5"]),
    ("npx", ["-c", "${env:X}"], ["2"]),
    ("uv", ["run", "python", "-c", "${env:X}"], ["4"]),
    ("${env:X}", ["-c", "${env:X}"], []),
  ])
  func `S08: a value never becomes code`(command: String, arguments: [String], numbers: [String]) {
    #expect(refused(command, arguments) == numbers)
  }

  @Test func `S08: an interpreter that a variable names is known too`() {
    #expect(refused("${env:X}", ["-c", "${env:X}"], value: "bash") == ["2"])
  }

  @Test(arguments: [
    ("sh", ["-c", "echo fixed"]),
    ("sh", ["-c", "exec \"$0\" \"$@\"", "${env:X}"]),
    ("python3", ["server.py", "--repository=${env:X}"]),
    ("python3", ["-m", "server", "--repository", "${env:X}"]),
    ("node", ["server.js", "-p", "${env:X}"]),
    ("mcp-server-git", ["-c", "${env:X}"]),
    ("mcp-server-git", ["--repository", "${env:X}"]),
    ("uvx", ["mcp-server-git", "--repository", "${env:X}"]),
  ])
  func `S08: ordinary arguments take values`(command: String, arguments: [String]) {
    #expect(refused(command, arguments) == [])
  }

  @Test func `S08: a value that begins with a dash is no option`() {
    for value in ["-x", "--upload-pack=evil", "-"] {
      #expect(refused("git", ["log", "${env:X}"], value: value) == ["2"])
      #expect(refused("git", ["log", "${env:X}/y"], value: value) == ["2"])
      #expect(refused("git", ["log", "--", "${env:X}"], value: value) == [])
      #expect(refused("git", ["--repository=${env:X}"], value: value) == [])
      #expect(refused("git", ["log", "${env:X}", "--"], value: value) == ["2"])
    }
    #expect(refused("git", ["log", "${env:X}", "-v"], value: "--") == ["2"])
    #expect(refused("git", ["${env:X:--v}"], value: "") == ["1"])
    #expect(refused("git", ["-v", "--all"]) == [])
  }

  @Test func `S08: shell characters in a value stay one argument`() {
    for value in ["; rm -rf /", "$(id)", "`id`", "a b", "a\nb", "'\"", "|x", "&& y", "*", "\\"] {
      let entry = service("process: {command: x, args: [a, 'p ${env:X} q', b]}", ["X": value])
      #expect(entry.manifest?.process.arguments == ["a", "p \(value) q", "b"])
    }
  }

  @Test func `the order of command and args does not matter`() {
    #expect(
      complaints("process:\n  args: [-c, '${env:X}']\n  command: sh", ["X": "v"]).count == 1)
  }

  @Test func `the gateway's own variable cannot be set`() {
    #expect(
      complaints("process: {command: x, env: {SWITCHYARD_LINEAGE: x, '1A': x, 'a=b': y}}").map {
        $0.split(separator: " ", maxSplits: 1).last.map { String($0) }
      } == [
        "'process.env.SWITCHYARD_LINEAGE' is set by the gateway",
        "the key '1A' in 'process.env' may only contain letters, digits and _, and not begin with "
          + "a digit",
        "the key 'a=b' in 'process.env' may only contain letters, digits and _, and not begin with "
          + "a digit",
      ])
  }
}
