import Glibc
import MCP

/// Reads lines from a descriptor on a thread of its own and hands them to a session.
///
/// A thread, because reading a descriptor blocks and Swift's tasks must not.
final class Connection: Sendable {
  /// Longer lines are refused without being kept.
  static let lineLimit = 16 * 1024 * 1024

  private let input: Int32
  private let output: Int32
  private let session: Session

  init(input: Int32, output: Int32, session: Session) {
    self.input = input
    self.output = output
    self.session = session
  }

  /// Returns when the client has closed its end of either descriptor.
  func readUntilEnd() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let work = ReaderThread { [self] in
        read()
        continuation.resume()
      }
      if !work.start() { continuation.resume() }
    }
  }

  private func read() {
    var framer = LineFramer(limit: Self.lineLimit)
    while waitForInput() {
      let tail = framer.tail(atLeast: 16 * 1024)
      let count = Glibc.read(input, tail.baseAddress, tail.count)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return }
      framer.commit(count)
      while let line = framer.next() {
        switch line {
        case .line(let bytes): session.receive(Array(bytes))
        case .tooLong: session.receiveTooLong()
        }
      }
    }
  }

  /// Returns false when nobody reads our output any more.
  private func waitForInput() -> Bool {
    while true {
      var wait = [
        pollfd(fd: input, events: Int16(POLLIN), revents: 0),
        pollfd(fd: output, events: 0, revents: 0),
      ]
      guard poll(&wait, 2, -1) >= 0 else {
        if errno == EINTR { continue }
        return false
      }
      if wait[0].revents != 0 { return true }
      if wait[1].revents & Int16(POLLERR | POLLNVAL) != 0 { return false }
    }
  }
}

/// One detached thread that runs one closure.
private final class ReaderThread: Sendable {
  private let body: @Sendable () -> Void

  init(body: @escaping @Sendable () -> Void) { self.body = body }

  func start() -> Bool {
    var thread = pthread_t()
    // Released by the thread, or below when there is none.
    let retained = Unmanaged.passRetained(self)
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<ReaderThread>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, retained.toOpaque())
    guard failure == 0 else {
      retained.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}
