import Backend
import Loop
import MCP
import Resilience
import Telemetry

/// The breaker of a service: who may be sent while it is open, and how it closes again.
///
/// Starts are not its business: `RestartPolicy` decides how soon a process that does not start is
/// started again, and says why. The breaker is for a process that runs and does not do its work.
/// When its time is over the first call has it asked with a ping, and calls that come meanwhile
/// wait for that answer.
extension Service {
  /// The end of an attempt.
  func record(_ outcome: Outcome, at now: Instant) {
    guard breaker.isClosed, outcome != .notSent else { return }
    breaker.record(outcome, at: now, random: .random(in: 0..<1))
    if !breaker.isClosed { breakerOpened(at: now) }
  }

  private func breakerOpened(at now: Instant) {
    guard case .open(let until) = breaker.state(at: now) else { return }
    host.log(
      .warning, "breaker.open",
      ["service": name, "retry_ms": String((until - now).inMilliseconds), "why": lastTrouble])
    host.tell(.circuitOpen, of: self)
    failGuarded(circuitOpen(until: until, at: now))
  }

  /// Whether a request may join those that wait; fails it if not. Only while the breaker is not
  /// closed.
  func admitsToWait(_ request: any ServiceRequest) -> Bool {
    guard request.isGuarded else { return true }
    let now = EventLoop.now
    switch breaker.state(at: now) {
    case .closed, .probing: return true
    case .open(let until):
      request.failed(circuitOpen(until: until, at: now))
      return false
    case .halfOpen:
      beginProbe(at: now)
      return true
    }
  }

  func circuitOpen(until: Instant, at now: Instant) -> BackendFailure {
    let wait = max(until - now, .milliseconds(1))
    let why = lastTrouble.isEmpty ? "" : " \(lastTrouble)"
    let detail =
      "Service '\(name)' has failed again and again and gets no calls for "
      + "\(wait.inMilliseconds) ms; nothing was sent.\(why)"
    return unavailable(.circuitOpen, detail, retryAfter: wait)
  }

  /// Asks the service whether it is there, if the time of the breaker is over and nobody has.
  func probeIfDue(at now: Instant) {
    if case .halfOpen = breaker.state(at: now) { beginProbe(at: now) }
  }

  private func beginProbe(at now: Instant) {
    guard breaker.beginProbe(at: now) else { return }
    let probe = BreakerProbe(of: self, patience: host.probePatience) { [unowned self] outcome in
      probeEnded(outcome)
    }
    // In the next turn: the call that is the reason for it joins the queue first.
    EventLoop.atEndOfTurn { [unowned self] in submit(probe) }
  }

  private func probeEnded(_ outcome: Outcome) {
    let now = EventLoop.now
    breaker.recordProbe(outcome, at: now, random: .random(in: 0..<1))
    switch breaker.state(at: now) {
    case .closed:
      host.log(.info, "breaker.closed", ["service": name])
      host.tell(.circuitClosed, of: self)
      sendWaiting()
    case .open: breakerOpened(at: now)
    case .halfOpen: if waiting.contains(where: { $0.isGuarded }) { beginProbe(at: now) }
    case .probing: break
    }
  }

  private func failGuarded(_ failure: BackendFailure) {
    for request in waiting.removeAll(where: { $0.isGuarded }) { request.failed(failure) }
  }

  /// Fails those that wait here and have somewhere else to go.
  ///
  /// A route looks at who waits here, so that is asked before anybody is taken out: a condition
  /// of `removeAll` must not read the line that it is given.
  func sendElsewhere(_ failure: BackendFailure) {
    let movable = Set(waiting.all.filter(\.canGoElsewhere).map { ObjectIdentifier($0) })
    for request in waiting.removeAll(where: { movable.contains(ObjectIdentifier($0)) }) {
      request.failed(failure)
    }
  }

  /// While the breaker is not closed, calls go on waiting.
  func sendUnguarded() {
    guard case .ready(let backend) = phase, backend.isAccepting else { return }
    for request in waiting.removeAll(where: { !$0.isGuarded }) { request.send(on: backend) }
  }
}
