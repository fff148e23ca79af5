import Glibc

/// A process for good: its pid, when it started, and the boot in which that counts.
///
/// A pid alone is used again by the kernel; the three together are not.
package struct ProcessIdentity: Hashable, Sendable {
  package var pid: Int32
  /// Clock ticks since boot, field 22 of `/proc/PID/stat` (proc(5)).
  package var startTime: UInt64
  /// `/proc/sys/kernel/random/boot_id`.
  package var bootID: String

  package init(pid: Int32, startTime: UInt64, bootID: String) {
    self.pid = pid
    self.startTime = startTime
    self.bootID = bootID
  }

  /// The process that has `pid` now; nil if there is none.
  package init?(pid: Int32) {
    guard let startTime = Self.startTime(of: pid) else { return nil }
    self.init(pid: pid, startTime: startTime, bootID: Self.bootID)
  }

  /// This process.
  package static func current() -> ProcessIdentity {
    ProcessIdentity(pid: getpid())
      ?? ProcessIdentity(pid: getpid(), startTime: 0, bootID: bootID)
  }

  /// Whether this very process still exists (a zombie does).
  package var isAlive: Bool {
    bootID == Self.bootID && Self.startTime(of: pid) == startTime
  }

  /// Read once; it cannot change while we run. Empty where there is no `/proc`.
  package static let bootID: String = {
    let bytes = contents("/proc/sys/kernel/random/boot_id").prefix { $0 > 0x20 }
    return String(decoding: bytes, as: UTF8.self)
  }()

  private static func startTime(of pid: Int32) -> UInt64? {
    let line = contents("/proc/\(pid)/stat")
    // The name in brackets may hold anything, brackets too: fields count from the last one.
    guard let end = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = line[(end + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19 else { return nil }
    return UInt64(String(decoding: fields[19], as: UTF8.self))
  }

  private static func contents(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
  }
}

/// A child of a gateway, written down so that a later start can end it.
package struct ChildRecord: Hashable, Sendable {
  package var process: ProcessIdentity
  /// What its environment carries so that its descendants can be found.
  package var marker: String
  package var service: String
  package var owner: ProcessIdentity

  package init(process: ProcessIdentity, marker: String, service: String, owner: ProcessIdentity) {
    self.process = process
    self.marker = marker
    self.service = service
    self.owner = owner
  }
}

/// A gateway that runs.
package struct GatewayRecord: Hashable, Sendable {
  package var process: ProcessIdentity
  /// The folder it serves.
  package var configuration: String
  /// Seconds since 1970.
  package var startedAt: Int64

  package init(process: ProcessIdentity, configuration: String, startedAt: Int64) {
    self.process = process
    self.configuration = configuration
    self.startedAt = startedAt
  }
}
