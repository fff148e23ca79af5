import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// The one question that decides whether a breaker closes: `ping`, or `server/discover` of the
/// modern era. Any answer will do. A process that says nothing is hung: if nothing else is in
/// flight with it, it is ended, so that the next call gets a fresh one (row B21).
@EventLoop
final class BreakerProbe: ServiceRequest {
  private unowned let service: Service
  private let patience: Duration
  private var finish: (@EventLoop (Outcome) -> Void)?
  private var sent: (backend: ServiceBackend, id: UInt64)?
  private var timer: LoopTimer?

  init(of service: Service, patience: Duration, finish: @escaping @EventLoop (Outcome) -> Void) {
    self.service = service
    self.patience = patience
    self.finish = finish
  }

  func send(on backend: ServiceBackend) {
    let id = backend.nextID
    sent = (backend, id)
    let isModern = backend.revision.era == .modern
    backend.send(isModern ? Messages.discover(id) : Messages.ping(id), for: self)
    let timer = LoopTimer { [unowned self] in timeElapsed() }
    timer.start(after: patience)
    self.timer = timer
  }

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) { end(.answered) }
  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}
  func failed(_ failure: BackendFailure) {
    // Whatever kept it from being asked, it is not there.
    end(failure.reason == .shuttingDown ? .withheld : .lost)
  }

  private func timeElapsed() {
    guard let (backend, id) = sent else { return }
    backend.cancel(id, reason: "no answer in time")
    service.lastTrouble = "It does not answer a ping either."
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
