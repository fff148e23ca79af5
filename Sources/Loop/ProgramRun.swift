import Glibc
import Resilience

/// A program that is run to its end, with an input and an output that are small.
///
/// It lives until it has ended. What it says on stderr is read as far as its output, so that it
/// never waits for us.
@EventLoop
package final class ProgramRun {
  /// How it went.
  package struct Outcome: Sendable {
    package var status: ExitStatus
    /// At most `outputLimit` bytes of each.
    package var output: [UInt8]
    package var errors: [UInt8]
    /// It was killed because its time was over.
    package var isCutShort: Bool
  }

  private var child: Child?
  private var readers: [DescriptorReader] = []
  private let output: Collector
  private let errors: Collector
  private var writer: DescriptorWriter?
  private var timer: LoopTimer?
  private var isCutShort = false

  /// Starts it.
  ///
  /// - Parameters:
  ///   - input: goes to its stdin as a line, with a line feed behind it; then that is closed.
  ///   - patience: after that it is killed, and all of its group.
  ///   - outputLimit: bytes that are kept; the rest is read and dropped.
  ///   - ended: is called once, on a later turn.
  @discardableResult
  package init(
    _ spec: ChildSpec, input: [UInt8], patience: Duration, outputLimit: Int,
    ended: @escaping @EventLoop (Outcome) -> Void
  ) throws(SpawnError) {
    output = Collector(limit: outputLimit)
    errors = Collector(limit: outputLimit)
    let relay = Relay()
    let child = try Child.spawn(spec) { status in relay.ended?(status) }
    self.child = child
    let writer = DescriptorWriter(descriptor: child.input)
    self.writer = writer
    readers = [
      DescriptorReader(descriptor: child.output, sink: output),
      DescriptorReader(descriptor: child.errors, sink: errors),
    ]
    for reader in readers { reader.resume() }
    relay.ended = { [self] status in
      relay.ended = nil
      close()
      ended(
        Outcome(
          status: status, output: output.bytes, errors: errors.bytes, isCutShort: isCutShort))
    }
    input.withUnsafeBytes { writer.write(Slices($0)) }
    writer.close()
    let timer = LoopTimer { [unowned self] in
      isCutShort = true
      self.child?.signalGroup(SIGKILL)
    }
    self.timer = timer
    timer.start(after: patience)
  }

  private func close() {
    timer?.stop()
    for reader in readers {
      // Its pipes may still hold what it said last.
      reader.drain()
      reader.close()
    }
    writer?.abandon()
  }

  /// Exists before the program does.
  @EventLoop
  private final class Relay {
    var ended: (@EventLoop (ExitStatus) -> Void)?
  }

  /// Keeps the beginning of what comes.
  @EventLoop
  private final class Collector: ByteSink {
    private(set) var bytes: [UInt8] = []
    private let limit: Int
    private var room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)

    init(limit: Int) { self.limit = limit }

    isolated deinit { room.deallocate() }

    func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer {
      if room.count < count {
        room.deallocate()
        room = .allocate(byteCount: count, alignment: 8)
      }
      return room
    }

    func received(_ count: Int) {
      bytes += room.prefix(min(count, limit - bytes.count))
    }

    func ended(_ reason: EndOfInput) {}
  }
}
