import CSpawn
import Glibc

/// What a command wrote, line by line, while it runs.
///
/// It starts with no signal blocked or ignored: threads of a pool, on which tests run, block what a
/// command needs in order to be interrupted or to keep its own time limit.
package final class Shell {
  private let stream: UnsafeMutablePointer<FILE>
  private let process: pid_t
  private var isOpen = true

  /// Runs a line of sh.
  package init(_ command: String) throws {
    var ends: [Int32] = [-1, -1]
    guard cspawn_pipe(&ends) == 0 else {
      throw RawHTTPServer.Failure(call: "pipe", code: errno)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
      close(ends[1])
    }
    let words: [String] = ["sh", "-c", command]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, "/bin/sh", &actions, &attributes, &arguments, environ)
    guard code == 0, let stream = fdopen(ends[0], "r") else {
      close(ends[0])
      throw RawHTTPServer.Failure(call: "posix_spawn", code: code == 0 ? errno : code)
    }
    self.process = process
    self.stream = stream
  }

  deinit { finish() }

  /// Nil at the end of its output.
  package func line() -> String? {
    var memory = [CChar](repeating: 0, count: 4096)
    guard fgets(&memory, Int32(memory.count), stream) != nil else { return nil }
    let bytes = memory.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes.filter { $0 != 0x0a }, as: UTF8.self)
  }

  /// Waits for the end of the command; 0 when all went well.
  @discardableResult
  package func finish() -> Int32 {
    guard isOpen else { return 0 }
    isOpen = false
    fclose(stream)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// Runs a command to its end.
  package static func run(_ command: String) throws {
    let status = try Shell(command).finish()
    guard status == 0 else { throw RawHTTPServer.Failure(call: command, code: status) }
  }
}
