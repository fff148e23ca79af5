import Backend
import Loop
import Manifest
import Resilience
import Telemetry

/// When a service that nobody uses is stopped.
extension Service {
  /// The idle clock runs only with no request in flight and none waiting.
  func watchIdleness() {
    guard manifest.process.start != .always else { return }
    lastUse = EventLoop.now
    let timer = idleTimer ?? LoopTimer { [unowned self] in checkIdleness() }
    idleTimer = timer
    timer.start(after: manifest.process.idle)
  }

  private func checkIdleness() {
    guard case .ready(let backend) = phase else { return }
    let now = EventLoop.now
    if backend.inFlight > 0 || !waiting.isEmpty || isWatched || feed.tasks.isActive(at: now) {
      lastUse = now
    }
    if host.isNeeded(self) { lastUse = now }
    let due = lastUse + manifest.process.idle
    guard now >= due else {
      idleTimer?.start(at: due)
      return
    }
    host.log(.info, "service.idle", ["service": name])
    retire(backend)
  }

  /// It runs whether it is called or not.
  var mustRun: Bool {
    !isLeaving && (isWatched || manifest.process.start == .always || host.isNeeded(self))
  }

  /// Ends a process that nothing is in flight with; the next request starts another.
  func retire(_ backend: ServiceBackend) {
    isOutdated = false
    ending.append(backend)
    phase = .asleep
    backend.stop(host.settings(for: self).patience)
    feed.closed(backend)
    if mustRun { wake() }
  }

  /// Whether it does not start, or crashes again and again.
  var isOff: Bool { if case .asleep = phase { lastFailure != nil } else { policy.isFlapping } }
  /// Whether a request is with it or waits for it.
  var isBusy: Bool {
    if twin?.service.isBusy == true || draining.contains(where: { $0.inFlight > 0 }) { return true }
    if case .ready(let backend) = phase { return backend.inFlight > 0 || !waiting.isEmpty }
    return !waiting.isEmpty
  }
}
