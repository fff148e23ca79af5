import Glibc

/// Standard output: collected while lines are handled, written once for all of them.
///
/// Writes block. A client that does not read stops this backend, as it stops
/// most servers.
struct Output {
  var buffer: [UInt8] = []
  /// Writes no faster than this; nil means no limit.
  var bytesPerSecond: Int?
  /// Set when stdout was closed on purpose: everything is thrown away.
  var isMuted = false

  init(bytesPerSecond: Int?) {
    self.bytesPerSecond = bytesPerSecond
    buffer.reserveCapacity(1 << 17)
  }

  mutating func append(_ text: StaticString) {
    buffer.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    buffer.append(contentsOf: bytes)
  }

  mutating func append(_ text: String) { buffer.append(contentsOf: text.utf8) }

  mutating func append(_ number: Int) { buffer.append(contentsOf: String(number).utf8) }

  mutating func endLine(crlf: Bool = false) {
    if crlf { buffer.append(13) }
    buffer.append(10)
  }

  /// Writes everything that was collected. A reader that is gone ends the process.
  mutating func flush() {
    guard !buffer.isEmpty else { return }
    if isMuted {
      // Nobody is meant to hear it.
    } else if let bytesPerSecond {
      writeSlowly(bytesPerSecond)
    } else {
      write(buffer[...])
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func write(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { bytes in
      var rest = bytes
      while let start = rest.baseAddress, rest.count > 0 {
        let written = Glibc.write(1, start, rest.count)
        if written < 0 {
          if errno == EINTR { continue }
          if errno == EAGAIN {
            var waiter = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
            _ = poll(&waiter, 1, -1)
            continue
          }
          _exit(0)
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
  }

  private func writeSlowly(_ bytesPerSecond: Int) {
    // Ten portions a second, at least a byte each.
    let portion = max(1, bytesPerSecond / 10)
    var start = 0
    while start < buffer.count {
      let end = min(buffer.count, start + portion)
      write(buffer[start..<end])
      start = end
      if start < buffer.count { usleep(100_000) }
    }
  }
}
