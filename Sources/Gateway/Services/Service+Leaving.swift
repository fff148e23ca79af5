import Backend
import Loop
import Manifest
import Resilience
import Telemetry

/// How a service takes over another manifest, and how it ends while the gateway goes on.
///
/// Nothing is cut: a process that has been replaced answers what it was asked before and is
/// stopped then, and a service that leaves answers what it had accepted. Deadlines of calls bound
/// both.
extension Service {
  /// Goes on with another manifest.
  ///
  /// - Parameter needsProcess: a process that runs is replaced, since it was started otherwise.
  func adopt(_ manifest: ServiceManifest, digest: String, needsProcess: Bool) {
    twin?.adopt(manifest, digest: digest, needsProcess: needsProcess)
    self.manifest = manifest
    group = nil
    self.digest = digest
    patience = manifest.limits.timeout.inNanoseconds
    leavesEraOpen = manifest.leavesEraOpen
    if needsProcess { replaceProcess() }
    if case .ready = phase {
      watchIdleness()
      sendWaiting()
    }
    if mustRun { wake() }
  }

  /// What it was is of no matter to what it is now.
  private func replaceProcess() {
    hasStaleOffer = true
    policy = RestartPolicy()
    breaker = CircuitBreaker(host.breakerLimits)
    lastFailure = nil
    lack = nil
    preparation?.forgetFailure()
    switch phase {
    case .asleep, .held, .closed: break
    // The start reads the manifest that holds then.
    case .queued: prepareHandshake()
    case .starting(let backend): stopStarting(backend)
    case .ready(let backend): drain(backend)
    case .pausing:
      pauseTimer?.stop()
      phase = .asleep
    }
    if !waiting.isEmpty { wake() }
  }

  private func stopStarting(_ backend: ServiceBackend) {
    ending.append(backend)
    phase = .asleep
    host.startQueue.leave()
    backend.stop(host.settings(for: self).patience)
  }

  /// The process takes no more calls and is stopped when it has answered those that it has.
  private func drain(_ backend: ServiceBackend) {
    phase = .asleep
    isOutdated = false
    ending.append(backend)
    feed.closed(backend)
    guard backend.inFlight > 0 else { return backend.stop(host.settings(for: self).patience) }
    draining.append(backend)
    lookAgain()
  }

  /// Some ends of a request are told to nobody (a broken answer, a withdrawn call).
  private func lookAgain() {
    let timer =
      leavingTimer
      ?? LoopTimer { [unowned self] in
        for backend in draining { backendHasLess(backend) }
        endIfLeft()
        if draining.isEmpty, !isLeaving || isEmpty { leavingTimer?.stop() }
      }
    leavingTimer = timer
    if !timer.isActive { timer.start(after: .milliseconds(500), every: .milliseconds(500)) }
  }

  /// A request is off the hands of a process, while one of this service's leaves.
  func backendHasLess(_ backend: ServiceBackend) {
    if draining.contains(where: { $0 === backend }) {
      guard backend.inFlight == 0 else { return }
      draining.removeAll { $0 === backend }
      return backend.stop(host.settings(for: self).patience)
    }
    if !waiting.isEmpty { sendWaiting() }
    if isLeaving { endIfLeft() }
  }

  // MARK: Leaving

  /// Is not served any more; what it has accepted is still answered.
  func leave() {
    isLeaving = true
    isWatched = false
    twin?.service.leave()
    endIfLeft()
    if !isEmpty { lookAgain() }
  }

  /// Is served again.
  func comeBack() {
    isLeaving = false
    twin?.service.comeBack()
    isWatched = !feed.agreed.isEmpty
    if case .ready = phase { watchIdleness() }
    if mustRun { wake() }
  }

  func endIfLeft() {
    guard isLeaving, waiting.isEmpty else { return }
    switch phase {
    case .asleep, .closed: break
    case .held: phase = .asleep
    case .queued:
      host.startQueue.withdraw(self)
      phase = .asleep
    case .starting(let backend): stopStarting(backend)
    // What is still in use by those that come after it is not closed.
    case .ready(let backend): if backend.inFlight == 0, !host.isNeeded(self) { retire(backend) }
    case .pausing:
      pauseTimer?.stop()
      phase = .asleep
    }
  }

  /// Whether nothing of it is left that anybody could hear of.
  var isEmpty: Bool { waiting.isEmpty && liveBackends.isEmpty && !isBusy }
}

extension EraTwin {
  func adopt(_ manifest: ServiceManifest, digest: String, needsProcess: Bool) {
    service.adopt(Self.manifest(of: manifest), digest: digest, needsProcess: needsProcess)
  }
}
