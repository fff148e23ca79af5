import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience

/// The one question that decides whether a breaker closes: the health check of the manifest, else
/// `ping` (`server/discover` of the modern era). Any answer will do, but of a tool only a result
/// without `isError`. A process that says nothing is hung: if nothing else is in flight with it, it
/// is ended, so that the next call gets a fresh one (row B21).
@EventLoop
final class BreakerProbe: ServiceRequest {
  private unowned let service: Service
  private let patience: Duration
  private let check: HealthCheck
  private var finish: (@EventLoop (Outcome) -> Void)?
  private var sent: (backend: ServiceBackend, id: UInt64)?
  private var timer: LoopTimer?

  init(of service: Service, patience: Duration, finish: @escaping @EventLoop (Outcome) -> Void) {
    self.service = service
    self.patience = patience
    check = service.manifest.health.check ?? .ping
    self.finish = finish
  }

  func send(on backend: ServiceBackend) {
    let id = backend.nextID
    sent = (backend, id)
    backend.send(
      check.message(id, ignoresPing: service.ignoresPing, in: backend.revision.era), for: self)
    let timer = LoopTimer { [unowned self] in timeElapsed() }
    timer.start(after: patience)
    self.timer = timer
  }

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    end(check.isGood(line, envelope) ? .answered : .serverTrouble)
  }
  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}
  func failed(_ failure: BackendFailure) {
    // Whatever kept it from being asked, it is not there.
    end(failure.reason == .shuttingDown ? .withheld : .lost)
  }

  private func timeElapsed() {
    guard let (backend, id) = sent else { return }
    backend.cancel(id, reason: "no answer in time")
    service.lastTrouble = "It does not answer a health check either."
    let isIdle = backend.inFlight == 0
    end(.timedOut)
    if isIdle { backend.giveUp("Service '\(service.name)' has hung and was ended.") }
  }

  private func end(_ outcome: Outcome) {
    timer?.stop()
    timer = nil
    sent = nil
    guard let finish else { return }
    self.finish = nil
    finish(outcome)
  }
}
