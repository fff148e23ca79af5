import CSpawn
import Glibc

/// The process that ends what we started when we could not: one a gateway,
/// forked before the first child, C only.
///
/// It learns our process groups over a pipe. When the pipe ends, because we
/// did, in whatever way, it kills these groups and then everything that
/// carries our lineage. Should the guard itself die, another takes its place.
@EventLoop
package enum ProcessGuard {
  private static var pipe: Int32 = -1
  private static var pidfd: Int32 = -1
  private static var watch: Watch?
  /// Records that the pipe had no room for.
  private static var unsent: [Int32] = []

  /// The guard's process id; 0 while there is none.
  package private(set) static var pid: Int32 = 0

  /// Starts the guard if there is none. `Child.spawn` calls it.
  static func start() throws(SystemError) {
    guard pid == 0 else { return }
    let started = cspawn_guard(Lineage.gateway, &pipe, &pidfd)
    guard started > 0 else { throw SystemError(code: errno) }
    pid = started
    watch = try? Watch(descriptor: pidfd) { checkExit() }
    watch?.start(.readable)
    Orphans.watchForEnds()
  }

  static func add(group: Int32) { send(1, group) }

  static func remove(group: Int32) { send(0, group) }

  /// Replaces a guard that has ended.
  static func checkExit() {
    var code: Int32 = 0
    var status: Int32 = 0
    guard pid != 0, cspawn_wait(pidfd, 1, &code, &status) == 1 else { return }
    watch?.close()
    watch = nil
    close(pidfd)
    close(pipe)
    pid = 0
    unsent = []
    // Without descriptors or memory there is no new one now; the next spawn tries again.
    guard (try? start()) != nil else { return }
    for group in Child.running.keys { add(group: group) }
  }

  private static func send(_ operation: Int32, _ group: Int32) {
    guard pid != 0 else { return }
    unsent += [operation, group]
    // Two integers are written whole or not at all (PIPE_BUF), in the order of the events.
    while unsent.count >= 2 {
      let count = write(pipe, &unsent, 8)
      if count < 0 && errno == EINTR { continue }
      guard count == 8 else { return }
      unsent.removeFirst(2)
    }
  }
}
