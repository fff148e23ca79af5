import CSpawn
import Glibc

/// One process, told apart from every other that has or will have its number:
/// what the state file keeps about a child or a gateway.
package struct ProcessIdentity: Hashable, Sendable {
  package var pid: Int32
  /// Clock ticks from boot to its start (field 22 of /proc/PID/stat).
  package var startTime: UInt64
  /// The boot in which it ran (/proc/sys/kernel/random/boot_id).
  package var bootID: String

  package init(pid: Int32, startTime: UInt64, bootID: String) {
    self.pid = pid
    self.startTime = startTime
    self.bootID = bootID
  }

  /// The process that has this number now; nil when there is none.
  package init?(pid: Int32) {
    guard let startTime = ProcessFile.startTime(pid) else { return nil }
    self.init(pid: pid, startTime: startTime, bootID: Self.currentBoot)
  }

  /// This process.
  package static var current: ProcessIdentity? { ProcessIdentity(pid: getpid()) }

  package static let currentBoot: String = {
    let contents = ProcessFile.read("/proc/sys/kernel/random/boot_id") ?? []
    return String(decoding: contents.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }()

  /// Whether that very process exists (a zombie does).
  package var isAlive: Bool {
    Self.currentBoot.utf8.elementsEqual(bootID.utf8) && ProcessFile.startTime(pid) == startTime
  }

  /// Sends SIGKILL to the process and, when it leads one, to its group; only
  /// if it is still the process described. Returns whether it was.
  @discardableResult
  package func killIfStillThatProcess() -> Bool {
    guard pid > 1, pid != getpid() else { return false }
    // Opened first: what is checked after it is what gets the signal.
    let descriptor = cspawn_pidfd_open(pid)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard isAlive else { return false }
    // The number cannot be given to another group while this process leads one.
    if getpgid(pid) == pid { kill(-pid, SIGKILL) }
    return cspawn_pidfd_signal(descriptor, SIGKILL) == 0
  }
}
