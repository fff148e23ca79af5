import Glibc

/// SIGUSR1 and SIGUSR2 as bytes of a pipe, which a loop can wait for.
///
/// One thread takes them: what was sent to a process that stood still is in the pipe before that
/// thread does anything else (signal(7)). With a thread of its own to wait for them, a connection
/// was reset when what stood still had answered others for a while.
enum SignalPipe {
  private static let numbers = [SIGUSR1, SIGUSR2]
  nonisolated(unsafe) private static var writeEnd: Int32 = -1

  /// The numbers of signals come out of the descriptor, a byte each. This thread takes none of them,
  /// nor does any that it starts, before `takeHere`.
  static func open() -> Int32 {
    mask(SIG_BLOCK)
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return -1 }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    writeEnd = ends[1]
    for number in numbers {
      signal(number) { number in
        let before = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(SignalPipe.writeEnd, &byte, 1)
        errno = before
      }
    }
    return ends[0]
  }

  /// This thread takes them from now on.
  static func takeHere() { mask(SIG_UNBLOCK) }

  private static func mask(_ how: Int32) {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    pthread_sigmask(how, &set, nil)
  }
}
