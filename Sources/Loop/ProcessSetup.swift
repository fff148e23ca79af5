import CSpawn
import CUV
import Glibc

extension EventLoop {
  /// Makes this process fit to be a gateway. Called once, first thing in main:
  ///
  /// - descriptors 0 to 2 are open (/dev/null where they were not), inherited ones from 3 up close
  ///   at exec, and as many are allowed as the hard limit says;
  /// - SIGPIPE is ignored: a write says EPIPE instead; so are SIGUSR1 and SIGUSR2, which mean nothing
  ///   here and would end the process (row R13); SIGCHLD is not, and no signal is blocked, whatever
  ///   we were started with;
  /// - orphans among our descendants become our children, to be reaped and
  ///   killed (`Orphans`).
  package nonisolated static func prepareProcess() {
    DescriptorTable.fillStandard()
    DescriptorTable.closeInheritedAtExec()
    DescriptorTable.raiseLimit()
    for number in [SIGPIPE, SIGUSR1, SIGUSR2] { signal(number, SIG_IGN) }
    // Ignored, it would make the kernel reap our children before we could ask how they ended.
    signal(SIGCHLD, SIG_DFL)
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    Orphans.becomeParentOfOrphans()
  }
}

/// The descriptors that the client gave us, ready for a reader and a writer.
///
/// A pipe or terminal is opened anew, since making it non-blocking would make
/// it so for the client too; a socket (clients built on Node pass them) cannot
/// be opened anew and is used as it is; so is anything else.
package enum StandardStreams {
  /// Descriptor 0, moved; /dev/null takes its place. The caller owns the result.
  package static func takeInput() -> Int32 {
    let descriptor = reopened(0, O_RDONLY)
    replace(0, with: "/dev/null", O_RDONLY)
    return descriptor
  }

  /// Descriptor 1, moved; stderr takes its place, so that nothing a library
  /// prints can get between the messages. The caller owns the result.
  package static func takeOutput() -> Int32 {
    let descriptor = reopened(1, O_WRONLY)
    if dup2(2, 1) < 0 { replace(1, with: "/dev/null", O_WRONLY) }
    return descriptor
  }

  private static func reopened(_ standard: Int32, _ mode: Int32) -> Int32 {
    var status = stat()
    let kind = fstat(standard, &status) == 0 ? status.st_mode & S_IFMT : 0
    if kind == S_IFIFO || isatty(standard) == 1 {
      let flags = mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
      let descriptor = open("/proc/self/fd/\(standard)", flags)
      if descriptor >= 0 { return descriptor }
    }
    return fcntl(standard, F_DUPFD_CLOEXEC, 3)
  }

  private static func replace(_ standard: Int32, with path: String, _ mode: Int32) {
    let descriptor = open(path, mode | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    dup2(descriptor, standard)
    close(descriptor)
  }
}
