import Glibc
import Synchronization

/// The only writer of the descriptor that carries MCP to the client.
final class Output: Sendable {
  private let descriptor: Int32
  /// Whether the client has gone; guards the descriptor as well.
  private let isBroken = Mutex(false)

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes one message as one line; waits while the client does not read.
  ///
  /// After the first failure everything is dropped: there is nobody left to read it.
  func write(_ message: [UInt8]) {
    let line = message + [UInt8(ascii: "\n")]
    isBroken.withLock { isBroken in
      var at = 0
      while at < line.count, !isBroken {
        let count = line[at...].withUnsafeBytes {
          Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        if count > 0 {
          at += count
        } else if errno == EAGAIN {
          var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&wait, 1, -1)
        } else if errno != EINTR {
          isBroken = true
        }
      }
    }
  }
}
