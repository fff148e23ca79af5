import Glibc
import Loop
import Manifest
import Provision
import RawJSON
import Resilience

/// A process of ours that makes the environment of a service: `switchyard-gateway
/// --build-environment`, which lives no longer than we do.
@EventLoop
final class EnvironmentBuild {
  /// Beyond the time that the process gives itself.
  private static let grace = Duration.seconds(10)

  private var child: Child?
  private var readers: [DescriptorReader] = []
  private var writer: DescriptorWriter?
  private var timer: LoopTimer?
  private let report = Lines()
  private var failure: String?

  /// - Parameters:
  ///   - told: is called with each step.
  ///   - ended: is called once, on a later turn, with why it failed or nil.
  init(
    _ python: PythonPackages, inherited: [String: String],
    told: @escaping @EventLoop (String) -> Void, ended: @escaping @EventLoop (String?) -> Void
  ) throws(SpawnError) {
    let spec = ChildSpec(
      executable: "/proc/self/exe", arguments: ["switchyard-gateway", "--build-environment"],
      environment: BuildSteps.variables(inherited, index: ""), directory: "/")
    let relay = Relay()
    let child = try Child.spawn(spec) { status in relay.ended?(status) }
    self.child = child
    let writer = DescriptorWriter(descriptor: child.input)
    self.writer = writer
    readers = [
      DescriptorReader(descriptor: child.output, sink: report),
      DescriptorReader(descriptor: child.errors, sink: Lines()),
    ]
    report.received = { [unowned self] line in
      switch EnvironmentReport(line: line) {
      case .step(let words): told(words)
      case .failed(let words): failure = words
      case nil: break
      }
    }
    relay.ended = { [unowned self] status in
      readers.first?.drain()
      let why = status == .exited(0) ? nil : failure ?? "the process that makes it \(status)"
      close()
      ended(why)
    }
    for reader in readers { reader.resume() }
    python.order.serialized().withUnsafeBytes { writer.write(Slices($0)) }
    writer.close()
    let timer = LoopTimer { [unowned self] in stop() }
    timer.start(after: python.timeout + Self.grace)
    self.timer = timer
  }

  /// Ends it and all that it has started.
  func stop() { child?.signalGroup(SIGKILL) }

  private func close() {
    timer?.stop()
    for reader in readers { reader.close() }
    writer?.abandon()
    report.received = nil
  }

  /// Exists before the process does.
  @EventLoop
  private final class Relay {
    var ended: (@EventLoop (ExitStatus) -> Void)?
  }

  /// Its output, line by line; what is longer than a report is cut.
  @EventLoop
  private final class Lines: ByteSink {
    private static let longest = 16_384
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
    private var line: [UInt8] = []
    var received: (@EventLoop (String) -> Void)?

    isolated deinit { room.deallocate() }

    func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer { room }

    func received(_ count: Int) {
      for byte in room.prefix(count) {
        if byte == UInt8(ascii: "\n") {
          received?(String(decoding: line, as: UTF8.self))
          line.removeAll()
        } else if line.count < Self.longest {
          line.append(byte)
        }
      }
    }

    func ended(_ reason: EndOfInput) {}
  }
}
