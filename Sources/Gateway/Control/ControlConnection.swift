import Glibc
import Loop
import MCP
import RawJSON

/// One connection to the control socket.
///
/// It reads on when its last command has been answered, so nobody can pile up work or answers.
@EventLoop
final class ControlConnection: ByteSink {
  /// Bytes of a command.
  static let longestLine = 64 << 10
  /// After this long without a command the connection is closed.
  static let quietTime = Duration.seconds(300)

  private unowned let server: ControlServer
  private let reader: DescriptorReader
  private let writer: DescriptorWriter
  private let relay: ControlSink
  private var framer = LineFramer(limit: ControlConnection.longestLine)
  private var timer: LoopTimer?
  private var isWorking = false
  private var isOpen = true

  /// Owns the descriptor; nil if the process has none to spare.
  init?(_ descriptor: Int32, of server: ControlServer) {
    // Reader and writer own one each.
    let other = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard other >= 0 else {
      close(descriptor)
      return nil
    }
    self.server = server
    let relay = ControlSink()
    self.relay = relay
    reader = DescriptorReader(descriptor: descriptor, sink: relay)
    writer = DescriptorWriter(descriptor: other)
    relay.connection = self
  }

  isolated deinit {
    reader.close()
    writer.close()
  }

  func begin() {
    writer.onFailed = { [weak self] _ in self?.end() }
    writer.lowWater = 1
    writer.onDrained = { [weak self] in self?.next() }
    reader.resume()
    let timer = LoopTimer { [weak self] in self?.end() }
    self.timer = timer
    timer.start(after: Self.quietTime)
  }

  /// Says why it is not listened to, and closes.
  func refuse(_ answer: ControlAnswer) {
    answer.line.withUnsafeBytes { writer.write(Slices($0)) }
    reader.close()
    writer.close()
  }

  private func end() {
    guard isOpen else { return }
    isOpen = false
    timer = nil
    reader.close()
    writer.close()
    server.closed(self)
  }

  // MARK: Lines

  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer { framer.tail(atLeast: count) }

  func received(_ count: Int) {
    framer.commit(count)
    next()
  }

  func ended(_ reason: EndOfInput) {
    // What has been asked is answered before the connection ends.
    if isWorking { isOpen = false } else { end() }
  }

  /// Takes the next command, once the last one has been answered and the answer read.
  private func next() {
    guard isOpen, !isWorking, writer.queuedBytes == 0 else { return }
    guard let line = framer.next() else { return reader.resume() }
    timer?.start(after: Self.quietTime)
    guard case .line(let bytes) = line else {
      refuse(.failure("too_long", "A command is at most \(Self.longestLine) bytes long."))
      return end()
    }
    isWorking = true
    reader.pause()
    server.perform(Array(bytes)) { [weak self] in self?.answer($0) }
  }

  private func answer(_ answer: ControlAnswer) {
    guard isWorking else { return }
    isWorking = false
    answer.line.withUnsafeBytes { writer.write(Slices($0)) }
    guard isOpen, !answer.isLast else {
      isOpen = true
      return end()
    }
    // Not from here: commands that are answered at once would nest.
    EventLoop.atEndOfTurn { [weak self] in self?.next() }
  }
}

/// What the reader writes into; the connection may end while it is read.
@EventLoop
private final class ControlSink: ByteSink {
  weak var connection: ControlConnection?

  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer {
    connection?.tail(atLeast: count) ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)
  }
  func received(_ count: Int) { connection?.received(count) }
  func ended(_ reason: EndOfInput) { connection?.ended(reason) }
}
