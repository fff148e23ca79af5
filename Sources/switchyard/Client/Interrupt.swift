import Glibc
import Synchronization

/// Ctrl-C, noticed instead of obeyed.
enum Interrupt {
  private static let pending = Atomic(false)

  /// From here on Ctrl-C sets a mark; a second one ends the process at once.
  static func watch() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in Interrupt.arrived() }
    // The second one finds the default action. No SA_RESTART: waiting must end.
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
    sigaction(SIGINT, &action, nil)
    // Whoever started us may have blocked it: a thread pool's threads do.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Whether Ctrl-C was pressed since `watch`.
  static var isPending: Bool { pending.load(ordering: .acquiring) }

  private static func arrived() { pending.store(true, ordering: .releasing) }
}
