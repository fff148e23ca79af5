import Glibc
import Loop

/// A program that is run for one alert, with the alert on its stdin.
///
/// Its output is read and dropped. After half a minute it is killed.
@EventLoop
final class AlertCommand {
  private static let patience = Duration.seconds(30)

  private var child: Child?
  private var readers: [DescriptorReader] = []
  private var writer: DescriptorWriter?
  private var timer: LoopTimer?

  /// `ended` is called once, on a later turn.
  init(
    _ spec: ChildSpec, input: [UInt8],
    ended: @escaping @EventLoop (AlertCommand, ExitStatus) -> Void
  ) throws(SpawnError) {
    let relay = Relay()
    let child = try Child.spawn(spec) { status in relay.ended?(status) }
    self.child = child
    let writer = DescriptorWriter(descriptor: child.input)
    self.writer = writer
    readers = [child.output, child.errors].map { DescriptorReader(descriptor: $0, sink: Nowhere()) }
    for reader in readers { reader.resume() }
    relay.ended = { [unowned self] status in
      close()
      ended(self, status)
    }
    input.withUnsafeBytes { writer.write(Slices($0)) }
    writer.close()
    let timer = LoopTimer { [unowned self] in self.child?.signalGroup(SIGKILL) }
    self.timer = timer
    timer.start(after: Self.patience)
  }

  private func close() {
    timer?.stop()
    for reader in readers { reader.close() }
    writer?.abandon()
  }

  /// Exists before the command does.
  @EventLoop
  private final class Relay {
    var ended: (@EventLoop (ExitStatus) -> Void)?
  }

  /// Where its output goes.
  @EventLoop
  private final class Nowhere: ByteSink {
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)

    isolated deinit { room.deallocate() }

    func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer { room }
    func received(_ count: Int) {}
    func ended(_ reason: EndOfInput) {}
  }
}
