import Glibc

/// SIGUSR1 and SIGUSR2 as bytes of a pipe, which a loop can wait for.
enum SignalPipe {
  /// The numbers of signals come out of the descriptor, a byte each.
  static func open() -> Int32 {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGUSR1)
    sigaddset(&set, SIGUSR2)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return -1 }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { end in
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGUSR1)
        sigaddset(&set, SIGUSR2)
        while true {
          var signal: Int32 = 0
          guard sigwait(&set, &signal) == 0 else { continue }
          var byte = UInt8(truncatingIfNeeded: signal)
          _ = write(Int32(Int(bitPattern: end)), &byte, 1)
        }
      }, UnsafeMutableRawPointer(bitPattern: Int(ends[1])))
    return ends[0]
  }
}
