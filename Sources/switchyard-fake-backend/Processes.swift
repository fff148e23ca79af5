import Glibc

/// Ways to die, and processes to leave behind.
enum Processes {
  /// POSIX_SPAWN_SETSID of glibc, which Swift does not import.
  private static let newSession: Int32 = 0x80

  /// Dies at once by a signal that cannot be handled.
  static func die(by signal: Int32) -> Never {
    var fallback = sigaction()
    fallback.__sigaction_handler.sa_handler = SIG_DFL
    sigaction(signal, &fallback, nil)
    kill(getpid(), signal)
    while true { pause() }
  }

  /// Does nothing until somebody kills it.
  static func linger() -> Never {
    signal(SIGTERM, SIG_IGN)
    signal(SIGHUP, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    while true { pause() }
  }

  /// Leaves a process behind that ignores SIGTERM. It is this executable again,
  /// because a Swift program cannot fork.
  static func leave(_ lingerer: Script.Lingerer) {
    switch lingerer {
    case .inGroup: start(["linger"], flags: 0, detached: false)
    case .inOwnSession: start(["linger"], flags: newSession, detached: false)
    case .daemon: start(["linger-detached"], flags: newSession, detached: true)
    }
  }

  /// The middle process of a daemon: starts the last one and is gone.
  static func detach() -> Never {
    start(["linger"], flags: newSession, detached: true)
    _exit(0)
  }

  private static func start(_ words: [String], flags: Int32, detached: Bool) {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    if detached {
      for descriptor in Int32(0)...2 {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
      }
    }
    let name = "switchyard-fake-backend"
    let arguments: [UnsafeMutablePointer<CChar>?] = ([name] + words).map { strdup($0) } + [nil]
    var child = pid_t()
    posix_spawn(&child, "/proc/self/exe", &actions, &attributes, arguments, environ)
    for argument in arguments { free(argument) }
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
  }

  /// Writes to stderr for ever, on a thread of its own.
  static func floodStderr() {
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        let line = [UInt8](repeating: UInt8(ascii: "e"), count: 4095) + [10]
        while write(2, line, line.count) > 0 || errno == EINTR {}
        return nil
      }, nil)
  }

  /// One line, one write: what O_APPEND keeps whole between processes.
  static func append(_ line: String, to file: String) {
    let descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    let bytes = Array(line.utf8) + [10]
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
  }

  /// True for exactly one of the processes that ask about the same file.
  static func isFirst(_ file: String) -> Bool {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
  }

  /// Every variable of this process, names and values, in the order of `environ`.
  static var environment: [(name: String, value: String)] {
    var variables: [(String, String)] = []
    var next = environ
    while let entry = next.pointee {
      variables.append(String(cString: entry).cut(at: UInt8(ascii: "=")) ?? ("", ""))
      next += 1
    }
    return variables
  }

  static var directory: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    guard getcwd(&buffer, buffer.count) != nil else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension Processes {
  static func say(_ text: String, on descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
  }

  /// The words of a script file; none if it cannot be read.
  static func words(in file: String) -> [String] {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = max(0, read(descriptor, &bytes, bytes.count))
    return bytes[0..<count].split { $0 == 10 || $0 == UInt8(ascii: ",") }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// What the script wants before the first byte is read.
  static func prepare(_ script: Script) {
    if let file = script.starts { append("started \(getpid())", to: file) }
    if let code = script.exitAtStart {
      say("fake backend: leaving with \(code) before anything\n", on: 2)
      exit(code)
    }
    if script.printsUsage {
      say("usage: fake [--verbose] FILE...\n  --verbose   say more\n", on: 1)
      say("fake: missing operand\n", on: 2)
      exit(2)
    }
    signal(SIGPIPE, SIG_IGN)
    if script.ignoresTerm { signal(SIGTERM, SIG_IGN) }
    if let lingerer = script.lingerer { leave(lingerer) }
    if script.floodsStderr { floodStderr() }
  }
}
