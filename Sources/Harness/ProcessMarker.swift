import Glibc
import Resilience

/// A variable in the environment of a process that all its descendants inherit,
/// so that they are found again wherever they went.
///
/// A descendant that was started with an environment of its own is not found.
package struct ProcessMarker: Sendable {
  package static let name = "SWITCHYARD_HARNESS_RUN"
  package let variable: String
  package let value: String

  package init(variable: String = Self.name, value: String) {
    self.variable = variable
    self.value = value
  }

  /// A value that no other run has.
  package static func fresh() -> ProcessMarker {
    ProcessMarker(
      value: "\(getpid())-\(MonotonicClock.now.nanoseconds)-\(UInt32.random(in: 0...(.max)))")
  }

  /// The variable as it stands in an environment.
  package var entry: String { variable + "=" + value }

  /// Processes that carry the marker; not this one, and no zombies.
  package func processes() -> [Int32] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var found: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let process = Int32(name), process != getpid(), carriesMarker(process) else { continue }
      found.append(process)
    }
    return found.sorted()
  }

  /// Waits until none is left; returns those that are.
  package func waitUntilGone(within limit: Duration) -> [Int32] {
    let deadline = MonotonicClock.now + limit
    while true {
      let left = processes()
      if left.isEmpty || MonotonicClock.now >= deadline { return left }
      usleep(20_000)
    }
  }

  package func killAll() {
    for process in processes() { kill(process, SIGKILL) }
  }

  private func carriesMarker(_ process: Int32) -> Bool {
    let environment = SmallFile.bytes(of: "/proc/\(process)/environ")
    let wanted = Array(entry.utf8)
    return environment.split(separator: 0).contains { $0.elementsEqual(wanted) }
  }
}

/// Files of `/proc` and the like, whose size nobody knows beforehand.
package enum SmallFile {
  /// The whole content, at most `limit` bytes; empty if it cannot be read.
  package static func bytes(of path: String, limit: Int = 1 << 22) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while content.count < limit {
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { break }
      content += chunk[0..<count]
    }
    return content
  }

  /// Replaces a file; says whether that worked.
  package static func write(_ bytes: [UInt8], to path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return write(bytes, on: descriptor)
  }

  /// Writes everything, however often it takes.
  package static func write(_ bytes: [UInt8], on descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent)
      }
      if written > 0 {
        sent += written
      } else if errno == EAGAIN {
        var waiter = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiter, 1, 1000)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}
