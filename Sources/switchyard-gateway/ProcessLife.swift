import Gateway
import Glibc
import Loop
import Manifest
import Store
import Telemetry

/// What ends the process from outside, and what others can know of it: signals,
/// the end of the parent, and its entry in the state file.
@EventLoop
final class ProcessLife {
  private static var current: ProcessLife?

  private let store: StateStore?
  private let folder: String
  private let state: String
  private let gateway: Gateway
  private var signals: [SignalWatch] = []
  private var parent: ParentWatch?
  private var control: ControlServer?
  private var registration: LoopTimer?
  private var settling: LoopTimer?
  /// When the configuration was read, in nanoseconds since 1970.
  private let readAt: Int64
  /// A client that has just started us waits for two answers; nobody waits for the registration.
  private static let registrationDelay = Duration.milliseconds(20)
  /// By then a client has had its first answers, and the code of the start is not needed again.
  private static let settlingTime = Duration.milliseconds(500)
  private let hadTerminal = ProcessLife.hasTerminal

  /// - Parameters:
  ///   - readAt: when the reading of the configuration began, in nanoseconds since 1970.
  ///   - folder: the configuration's, for the entry in the state file.
  static func begin(
    _ configuration: Configuration, readAt: Int64, environment: [String: String], folder: String,
    state: String, profile: String?, log: Log,
    read: @escaping @Sendable (Bool) -> Configuration
  ) {
    let life = ProcessLife(
      configuration, readAt, environment, folder: folder, state: state, profile: profile, log: log,
      read: read)
    current = life
    life.begin()
  }

  private init(
    _ configuration: Configuration, _ readAt: Int64, _ environment: [String: String],
    folder: String, state: String, profile: String?, log: Log,
    read: @escaping @Sendable (Bool) -> Configuration
  ) {
    self.readAt = readAt
    let store = ProcessLife.openStore(state, log: log)
    self.store = store
    self.folder = folder
    self.state = state
    let surroundings = Gateway.Surroundings(
      input: StandardStreams.takeInput(), output: StandardStreams.takeOutput(),
      environment: environment, folder: folder, state: state, read: read, store: store,
      log: log, profile: profile,
      leave: { code in
        ProcessLife.current?.control?.close()
        if let process = ProcessIdentity.current { _ = store?.unregister(process) }
        store?.emptyLog()
        exit(code)
      })
    gateway = Gateway(configuration, surroundings: surroundings)
  }

  /// Without its state file the gateway is slower to know its services, and otherwise the same.
  private static func openStore(_ directory: String, log: Log) -> StateStore? {
    do {
      return try StateStore(directory: directory)
    } catch {
      log(.warning, "state.unavailable", ["why": "\(error)"])
      return nil
    }
  }

  private func begin() {
    // No weak references to the gateway: one alone makes every call's reference to it slower.
    for number in [SIGTERM, SIGINT] {
      signals.append(SignalWatch(number) { [unowned self] in gateway.signalled(number) })
    }
    signals.append(SignalWatch(SIGHUP) { [unowned self] in hungUp() })
    parent = ParentWatch { [unowned self] in gateway.parentEnded() }
    gateway.begin()
    let registration = LoopTimer { [unowned self] in register() }
    registration.start(after: Self.registrationDelay)
    self.registration = registration
    let settling = LoopTimer {
      Heap.giveBack()
      ProgramCode.forget()
    }
    settling.start(after: Self.settlingTime)
    self.settling = settling
  }

  /// Where our terminal has gone, the signal means the end; from anybody else, "read it again".
  private func hungUp() {
    if hadTerminal && !Self.hasTerminal { gateway.signalled(SIGHUP) } else { gateway.reload() }
  }

  private static var hasTerminal: Bool {
    let descriptor = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
  }

  private func register() {
    guard let process = ProcessIdentity.current else { return }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    _ = store?.register(
      GatewayRecord(process: process, configuration: folder, startedAt: Int64(now.tv_sec)))
    listen(as: process)
    gateway.watchConfiguration(since: readAt)
  }

  /// Without its socket the gateway cannot be told anything, and is otherwise the same.
  private func listen(as process: ProcessIdentity) {
    guard store != nil else { return }
    for address in ControlAddress.all(in: state) { LocalSocket.removeIfStale(address.path) }
    do throws(SystemError) {
      control = try ControlServer(for: gateway, at: ControlAddress(of: process, in: state))
    } catch {
      gateway.log(.warning, "control.unavailable", ["why": "\(error)"])
    }
  }
}
