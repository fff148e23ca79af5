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
  private let hadTerminal = ProcessLife.hasTerminal

  /// - Parameter folder: the configuration's, for the entry in the state file.
  static func begin(
    _ configuration: Configuration, environment: [String: String], folder: String, state: String,
    log: Log, read: @escaping @Sendable (Bool) -> Configuration
  ) {
    let life = ProcessLife(
      configuration, environment, folder: folder, state: state, log: log, read: read)
    current = life
    life.begin()
  }

  private init(
    _ configuration: Configuration, _ environment: [String: String], folder: String, state: String,
    log: Log, read: @escaping @Sendable (Bool) -> Configuration
  ) {
    let store = ProcessLife.openStore(state, log: log)
    self.store = store
    self.folder = folder
    self.state = state
    let surroundings = Gateway.Surroundings(
      input: StandardStreams.takeInput(), output: StandardStreams.takeOutput(),
      environment: environment, folder: folder, state: state, read: read, store: store,
      log: log,
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
    let gateway = self.gateway
    for number in [SIGTERM, SIGINT] {
      signals.append(SignalWatch(number) { [weak gateway] in gateway?.signalled(number) })
    }
    signals.append(SignalWatch(SIGHUP) { [unowned self] in hungUp() })
    parent = ParentWatch { [weak gateway] in gateway?.parentEnded() }
    gateway.begin()
    // After the first read has been asked for: nobody waits for this.
    Task(executorPreference: EventLoop.executor) { await self.register() }
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
    gateway.watchConfiguration()
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
