import Glibc
import Harness
package import TestSupport
import Testing

/// One run of the real `switchyard`, with an environment of its own.
package struct CommandRun {
  package let code: Int32
  package let output: String
  package let errors: String

  /// - Parameters:
  ///   - environment: everything the command sees, but for a usual `PATH` unless it has one.
  ///   - input: what it reads on standard input.
  ///   - onTerminal: gives it a terminal, by script(1); both outputs are in `output` then.
  ///   - into: where its output goes, as a shell has it: `| head -n 1`, `> /dev/full`. The exit
  ///     code is then the last line of `errors`; the command has 20 seconds.
  package init(
    _ arguments: [String], environment: [String: String] = [:], directory: String = "/",
    input: String = "", onTerminal: Bool = false, into: String? = nil
  ) throws {
    let folder = try TemporaryFolder()
    let stdin = try folder.write(input, to: "stdin")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, stdin, O_RDONLY, 0)
    for (descriptor, name) in [(Int32(1), "stdout"), (2, "stderr")] {
      posix_spawn_file_actions_addopen(
        &actions, descriptor, folder.path + "/" + name, O_WRONLY | O_CREAT, 0o600)
    }
    // env(1) changes the folder and then becomes the command.
    let executable = "/usr/bin/env"
    var command = [Sibling.path(of: "switchyard")] + arguments
    if onTerminal {
      let quoted = command.map { "'" + $0.replacing("'", with: #"'\''"#) + "'" }
      command = ["script", "-qec", quoted.joined(separator: " "), "/dev/null"]
    }
    if let into {
      let script = "{ timeout 20 \"$0\" \"$@\"; echo $? >&3; } 3>&2 \(into)"
      command = ["sh", "-c", script] + command
    }
    let line = [executable, "-C", directory] + command
    var words = Self.copies(of: line)
    let whole = ["PATH": "/usr/bin:/bin", "COLUMNS": "80"].merging(environment) { $1 }
    var variables = Self.copies(of: whole.map { "\($0)=\($1)" })
    defer { for text in words + variables { free(text) } }
    var pid: pid_t = 0
    try #require(posix_spawn(&pid, executable, &actions, nil, &words, &variables) == 0)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    code = status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
    output = folder.read("stdout")
    errors = folder.read("stderr")
  }

  /// What `posix_spawn` takes; the caller frees the texts.
  private static func copies(of texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { strdup($0) } + [nil]
  }
}

/// A home folder with a configuration that serves the demo, and nothing else.
package struct DemoHome {
  package let folder: TemporaryFolder
  package var environment: [String: String] { ["HOME": folder.path] }
  package var configuration: String { folder.path + "/.config/switchyard" }

  package init() throws {
    folder = try TemporaryFolder()
    for name in [".config", ".config/switchyard", ".config/switchyard/manifests"] {
      try folder.makeFolder(name)
    }
    try write(
      """
      service: demo
      description: For tests.
      process: { command: \(Sibling.path(of: "switchyard-demo")) }

      """, to: "demo.yaml")
  }

  package func write(_ manifest: String, to name: String) throws {
    try folder.write(manifest, to: ".config/switchyard/manifests/" + name)
  }

  package func run(_ arguments: String..., input: String = "") throws -> CommandRun {
    try CommandRun(arguments, environment: environment, input: input)
  }
}
