import CSpawn
import Glibc
import Synchronization

/// The descriptors of this process: how many there may be, and which exist at the start.
enum DescriptorTable {
  private static let startLimit = Atomic<UInt64>(0)

  /// The soft limit that this process was started with; 0 while it was not raised. Children get
  /// it back: programs that use select(2) break above it.
  static var originalSoftLimit: UInt64 { startLimit.load(ordering: .relaxed) }

  /// Raises the soft limit to the hard one.
  static func raiseLimit() {
    var limit = rlimit()
    guard getrlimit(descriptorLimit, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    let before = UInt64(limit.rlim_cur)
    limit.rlim_cur = limit.rlim_max
    if setrlimit(descriptorLimit, &limit) == 0 { startLimit.store(before, ordering: .relaxed) }
  }

  /// Opens /dev/null at each of 0, 1 and 2 that is closed, so that no later
  /// descriptor of ours becomes somebody's stdout (row R08).
  static func fillStandard() {
    while true {
      let descriptor = open("/dev/null", O_RDWR)
      guard descriptor >= 0 else { return }
      if descriptor > 2 {
        close(descriptor)
        return
      }
    }
  }

  /// Keeps what we inherited from reaching our children.
  static func closeInheritedAtExec() { cspawn_close_at_exec(3) }

  /// Whether `count` more descriptors can be opened, found out by opening and
  /// closing that many: 5 us, and right whatever was closed or inherited.
  static func hasSpare(_ count: Int) -> Bool {
    var opened: [Int32] = []
    opened.reserveCapacity(count)
    defer { for descriptor in opened { close(descriptor) } }
    while opened.count < count {
      let descriptor = fcntl(0, F_DUPFD_CLOEXEC, 3)
      // Anything else that is wrong is for the spawn to report.
      guard descriptor >= 0 else { return errno != EMFILE }
      opened.append(descriptor)
    }
    return true
  }
}

private let descriptorLimit = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
