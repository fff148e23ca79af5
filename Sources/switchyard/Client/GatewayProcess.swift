import Glibc

/// `switchyard-gateway` as a child with three pipes, in a process group of its own
/// so that Ctrl-C reaches us alone and we can end it in good order.
final class GatewayProcess {
  private(set) var input: Int32
  let output: Int32
  let log: Int32
  private let pid: pid_t
  private var isReaped = false

  init(_ command: GatewayCommand) throws {
    let input = try Self.makePipe()
    let output = try Self.makePipe()
    let log = try Self.makePipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.read, 0)
    posix_spawn_file_actions_adddup2(&actions, output.write, 1)
    posix_spawn_file_actions_adddup2(&actions, log.write, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, 0)
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGDEF))
    var arguments: [UnsafeMutablePointer<CChar>?] = ([command.executable] + command.arguments).map {
      strdup($0)
    }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let failure = posix_spawn(
      &pid, command.executable, &actions, &attributes, arguments, environ)
    for end in [input.read, output.write, log.write] { close(end) }
    guard failure == 0 else {
      for end in [input.write, output.read, log.read] { close(end) }
      throw GatewayClientError.cannotStart(
        path: command.executable, systemError: String(cString: strerror(failure)))
    }
    self.pid = pid
    (self.input, self.output, self.log) = (input.write, output.read, log.read)
    _ = fcntl(self.input, F_SETFL, O_NONBLOCK)
  }

  deinit {
    stop()
    close(output)
    close(log)
  }

  private static func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw GatewayClientError.cannotStart(
        path: "a pipe", systemError: String(cString: strerror(errno)))
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Closes its input, waits up to three seconds, then insists; returns when it is gone.
  func stop() {
    guard !isReaped else { return }
    isReaped = true
    if input >= 0 { close(input) }
    input = -1
    // The gateway promises to be out within two seconds of the end of its input.
    for (signal, tries) in [(0, 300), (SIGTERM, 100), (SIGKILL, 500)] {
      if signal != 0 { kill(pid, signal) }
      for _ in 0..<tries {
        let reaped = waitpid(pid, nil, WNOHANG)
        if reaped == pid || (reaped < 0 && errno == ECHILD) { return }
        drain()
      }
    }
  }

  /// Throws away what it still writes, so that a full pipe cannot hold it; takes 10 ms at most.
  private func drain() {
    var wait = [
      pollfd(fd: output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: log, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&wait, 2, 10) > 0 else { return }
    var chunk = [UInt8](repeating: 0, count: 65536)
    var isOpen = false
    for entry in wait where entry.revents & Int16(POLLIN) != 0 {
      isOpen = read(entry.fd, &chunk, chunk.count) > 0 || isOpen
    }
    if !isOpen { usleep(10_000) }
  }
}
