import Glibc
import YAML

/// Runs the programs that make an environment, one after the other, within one limit of time.
///
/// They stay in our process group, so that whoever ends us ends them. Their output is read and
/// dropped but for its last lines, which a failure quotes.
package struct BuildSteps {
  /// `NAME=value` each.
  let variables: [String]
  let deadline: ContinuousClock.Instant
  private let limit: Duration

  init(variables: [String], limit: Duration) {
    self.variables = variables
    self.limit = limit
    deadline = ContinuousClock.now + limit
  }

  /// What installers get of our environment: who we are, where the network is, and their own
  /// settings but for those that lead out of the environment.
  package static func variables(_ inherited: [String: String], index: String) -> [String] {
    var kept = inherited.filter { name, _ in
      let isOwn = name.hasPrefix("PIP_") || name.hasPrefix("UV_") || name.hasPrefix("XDG_")
      return (isOwn || usual.contains(name)) && !misleading.contains(name)
    }
    if kept["PATH"] == nil { kept["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
    if !index.isEmpty {
      kept["PIP_INDEX_URL"] = index
      kept["UV_DEFAULT_INDEX"] = index
    }
    return kept.sorted { $0.key < $1.key }.map { $0.key + "=" + $0.value }
  }

  private static let usual: Set<String> = [
    "PATH", "HOME", "LANG", "TZ", "TMPDIR", "SWITCHYARD_LINEAGE",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
    "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
  ]
  private static let misleading: Set<String> = [
    "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REPORT", "PIP_DRY_RUN",
    "PIP_REQUIREMENT", "PIP_CONSTRAINT", "UV_PYTHON", "UV_SYSTEM_PYTHON",
  ]

  /// Runs a program to its end; fails unless it ends with 0.
  func run(_ program: String, _ arguments: [String]) throws(EnvironmentFailure) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw failure(program, "no descriptors are left") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let child = start(program, arguments, output: ends[1])
    close(ends[1])
    defer { close(ends[0]) }
    guard let child else {
      throw failure(program, "it cannot be started: \(String(cString: strerror(errno)))")
    }
    var output = LastLines()
    let ended = read(ends[0], of: child, into: &output)
    guard let status = ended else {
      throw failure(program, "it was stopped after \(limit)", output)
    }
    guard status == 0 else {
      let code = (status >> 8) & 0xFF
      let how = status & 0x7F == 0 ? "it ended with \(code)" : "signal \(status & 0x7F) ended it"
      throw failure(program, how, output)
    }
  }

  private func failure(
    _ program: String, _ why: String, _ output: LastLines = LastLines()
  ) -> EnvironmentFailure {
    let words = output.text
    return EnvironmentFailure(
      "\(quoted(program)) failed: \(why)" + (words.isEmpty ? "" : ". Its last words: \(words)"))
  }

  private func start(_ program: String, _ arguments: [String], output: Int32) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    var settings = variables.map { strdup($0) } + [nil]
    defer { for text in words + settings { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, program, &actions, nil, &words, &settings)
    guard code == 0 else {
      errno = code
      return nil
    }
    return pid
  }

  /// Reads until the program has ended; its status, or nil if it had to be killed.
  private func read(_ descriptor: Int32, of child: pid_t, into output: inout LastLines) -> Int32? {
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    var chunk = [UInt8](repeating: 0, count: 16_384)
    var isOpen = true
    while true {
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if isOpen { poll(&ready, 1, 100) } else { usleep(10_000) }
      while isOpen {
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        guard count > 0 else {
          isOpen = count < 0
          break
        }
        output.add(chunk[..<count])
      }
      var status: Int32 = 0
      // What it leaves behind may hold the pipe open: its own end counts.
      if waitpid(child, &status, WNOHANG) == child { return status }
      guard ContinuousClock.now < deadline else {
        kill(child, SIGKILL)
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return nil
      }
    }
  }
}

/// The last lines of an output, each cut.
struct LastLines {
  private static let count = 8
  private static let length = 300
  private var lines: [[UInt8]] = []
  private var current: [UInt8] = []

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    for byte in bytes {
      if byte == 0x0A || byte == 0x0D {
        finish()
      } else if current.count < Self.length {
        current.append(byte)
      }
    }
  }

  private mutating func finish() {
    if !current.isEmpty { lines.append(current) }
    if lines.count > Self.count { lines.removeFirst() }
    current.removeAll(keepingCapacity: true)
  }

  /// One line, with what is not printable escaped.
  var text: String {
    (lines + (current.isEmpty ? [] : [current]))
      .map { escaped(String(decoding: $0, as: UTF8.self)) }.joined(separator: " | ")
  }
}
