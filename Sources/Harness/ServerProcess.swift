import Glibc

/// A child process with our ends of its stdin, stdout and stderr.
///
/// It leads a process group of its own, so that `killGroup` reaches what it
/// started. It inherits descriptors 0 to 2 only, with default signals. Ends of
/// ours are non-blocking and close-on-exec. Unlike a service of the gateway it
/// does not die with the thread that started it: tests start it from any thread.
package final class ServerProcess {
  package let processID: Int32
  /// Our ends; -1 once closed.
  package private(set) var input: Int32
  package private(set) var output: Int32
  package private(set) var errors: Int32
  private var exit: ServerExit?

  package init(_ command: ServerCommand) throws(HarnessError) {
    var channels: [(theirs: Int32, ours: Int32)] = []
    func fail(_ code: Int32) -> HarnessError {
      for channel in channels {
        close(channel.theirs)
        close(channel.ours)
      }
      return .notStarted(command.words.joined(separator: " "), errno: code)
    }
    for descriptor in Int32(0)...2 {
      let kind = descriptor == 2 ? .pipes : command.channel
      guard let channel = Self.channel(kind, theyRead: descriptor == 0) else { throw fail(errno) }
      channels.append(channel)
    }
    var child = pid_t()
    let code = Self.spawn(command, channels.map(\.theirs), &child)
    guard code == 0 else { throw fail(code) }
    for channel in channels { close(channel.theirs) }
    processID = child
    (input, output, errors) = (channels[0].ours, channels[1].ours, channels[2].ours)
  }

  deinit {
    closeInput()
    closeOutput()
    close(errors)
    if exit == nil {
      killGroup(SIGKILL)
      var status: Int32 = 0
      waitpid(processID, &status, 0)
    }
  }

  package func closeInput() {
    guard input >= 0 else { return }
    close(input)
    input = -1
  }

  package func closeOutput() {
    guard output >= 0 else { return }
    close(output)
    output = -1
  }

  /// How the process ended, or nil while it runs. Reaps it.
  package func poll() -> ServerExit? {
    if let exit { return exit }
    var status: Int32 = 0
    guard waitpid(processID, &status, WNOHANG) == processID else { return nil }
    let signal = status & 0x7f
    exit = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
    return exit
  }

  /// Sends a signal to the process, not to its group; does nothing once it was reaped.
  package func signal(_ signal: Int32) {
    guard exit == nil else { return }
    kill(processID, signal)
  }

  /// Sends a signal to whatever is left of the group.
  package func killGroup(_ signal: Int32) { kill(-processID, signal) }
}

extension ServerProcess {
  private static func channel(
    _ kind: ServerCommand.Channel, theyRead: Bool
  ) -> (theirs: Int32, ours: Int32)? {
    var ends: [Int32] = [-1, -1]
    switch kind {
    case .pipes:
      guard GNUExtensions.pipe(&ends) == 0 else { return nil }
    case .sockets:
      let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    }
    let (theirs, ours) = theyRead ? (ends[0], ends[1]) : (ends[1], ends[0])
    _ = fcntl(ours, F_SETFL, fcntl(ours, F_GETFL) | O_NONBLOCK)
    return (theirs, ours)
  }

  /// Returns 0 or an error number.
  private static func spawn(
    _ command: ServerCommand, _ descriptors: [Int32], _ child: inout pid_t
  ) -> Int32 {
    guard let executable = command.words.first else { return EINVAL }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let directory = command.directory {
      let code = GNUExtensions.addDirectory(&actions, directory)
      guard code == 0 else { return code }
    }
    for (target, descriptor) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
    }
    GNUExtensions.addCloseFrom(&actions, 3)

    var arguments = command.words.map { strdup($0) } + [nil]
    var variables = environment(of: command).map { strdup($0) } + [nil]
    defer { for text in arguments + variables { free(text) } }
    return posix_spawnp(&child, executable, &actions, &attributes, &arguments, &variables)
  }

  private static func environment(of command: ServerCommand) -> [String] {
    var lines = command.environment.map { "\($0.key)=\($0.value)" }
    guard command.inheritsEnvironment else { return lines }
    var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
    while let entry = next.pointee {
      let line = String(cString: entry)
      let name = line.utf8.prefix { $0 != UInt8(ascii: "=") }
      if command.environment[String(decoding: name, as: UTF8.self)] == nil { lines.append(line) }
      next += 1
    }
    return lines
  }
}

/// Words of the system.
package enum SystemText {
  package static func error(_ code: Int32) -> String { String(cString: strerror(code)) }
}
