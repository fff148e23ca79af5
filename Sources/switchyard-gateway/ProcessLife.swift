import Gateway
import Glibc
import Loop
import Manifest
import Store

/// What ends the process from outside, and what others can know of it: signals,
/// the end of the parent, and its entry in the state file.
@EventLoop
final class ProcessLife {
  private let configuration: Configuration
  private var surroundings: Gateway.Surroundings
  private let folder: String
  private var gateway: Gateway?
  private var signals: [SignalWatch] = []
  private var parent: ParentWatch?

  nonisolated init(
    _ configuration: Configuration, _ surroundings: Gateway.Surroundings, folder: String
  ) {
    self.configuration = configuration
    self.surroundings = surroundings
    self.folder = folder
  }

  func begin() {
    let store = surroundings.store
    let leave = surroundings.leave
    surroundings.leave = { code in
      if let process = ProcessIdentity.current { _ = store?.unregister(.init(process)) }
      leave(code)
    }
    let gateway = Gateway(configuration, surroundings: surroundings)
    self.gateway = gateway
    for number in [SIGTERM, SIGINT, SIGHUP] {
      signals.append(SignalWatch(number) { [weak gateway] in gateway?.signalled(number) })
    }
    parent = ParentWatch { [weak gateway] in gateway?.parentEnded() }
    gateway.begin()
    // After the first read has been asked for: nobody waits for this.
    Task(executorPreference: EventLoop.executor) { await self.register() }
  }

  private func register() {
    guard let process = ProcessIdentity.current else { return }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    _ = surroundings.store?.register(
      GatewayRecord(
        process: .init(process), configuration: folder, startedAt: Int64(now.tv_sec)))
  }
}
