import Glibc
import Manifest

/// The node or python that a service runs with.
struct Interpreter {
  enum Kind {
    case node, python

    /// The oldest version that MCP servers run with: of the official libraries.
    var least: [Int] { self == .node ? [18] : [3, 10] }
  }

  let kind: Kind
  /// Its path.
  let program: String

  /// Nil if the file is neither, nor a script of one.
  init?(of file: String, path: String) {
    var program = file
    // What is called python may be a script itself, as those of version managers are.
    if Self.kind(of: file) == nil, let words = ProcessSpec.scriptWords(of: file),
      let first = words.first
    {
      program = first
      if let name = ProcessSpec.nameForEnv(words) {
        guard let found = ProcessSpec.locate(name, path: path) else { return nil }
        program = found
      }
    }
    guard let kind = Self.kind(of: program) else { return nil }
    self.kind = kind
    self.program = program
  }

  private static func kind(of program: String) -> Kind? {
    let name = name(program)
    if name == "node" || name == "nodejs" { return .node }
    return name == "python" || name.hasPrefix("python3") ? .python : nil
  }

  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// What it says of itself, as numbers; nil if it does not say it within five seconds.
  var version: [Int]? {
    guard let text = ProgramOutput.of(program, ["--version"], milliseconds: 5_000) else {
      return nil
    }
    let digits = text.drop { !$0.isNumber }.prefix { $0.isNumber || $0 == "." }
    let numbers = digits.split(separator: ".").compactMap { Int($0) }
    return numbers.isEmpty ? nil : numbers
  }
}

/// What a program writes.
enum ProgramOutput {
  /// At most 4 KiB of its standard output; nil if it cannot be started or does not end in time.
  static func of(_ program: String, _ arguments: [String], milliseconds: Int32) -> String? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, program, &actions, nil, &words, environ)
    close(ends[1])
    guard failure == 0 else { return nil }
    var ready = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
    var output: [UInt8] = []
    if poll(&ready, 1, milliseconds) == 1 {
      var chunk = [UInt8](repeating: 0, count: 4_096)
      let count = read(ends[0], &chunk, chunk.count)
      output = Array(chunk.prefix(max(0, count)))
    }
    // It has said what was asked; whatever it does now is of no interest.
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    return output.isEmpty ? nil : String(decoding: output, as: UTF8.self)
  }
}
