import CSpawn
import Glibc

/// Tells when the process that started us has ended: the client may be dead
/// although another process still holds our stdin open (row R17).
@EventLoop
package final class ParentWatch {
  private let pidfd: Int32
  private var watch: Watch?

  /// Fails when the parent is not to be seen: it has ended, or lives outside of our process namespace.
  package init?(of parent: Int32 = getppid(), _ onEnd: @escaping @EventLoop () -> Void) {
    pidfd = parent > 1 ? cspawn_pidfd_open(parent) : -1
    guard pidfd >= 0 else { return nil }
    watch = try? Watch(descriptor: pidfd) { [unowned(unsafe) self] in
      self.watch?.stop()
      onEnd()
    }
    watch?.start(.readable)
  }

  isolated deinit {
    watch?.close()
    if pidfd >= 0 { close(pidfd) }
  }
}
