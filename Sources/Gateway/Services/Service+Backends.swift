import Backend
import Loop
import MCP
import Manifest
import Telemetry

/// What the service hears of its child processes.
extension Service: ServiceBackendDelegate {
  func backendIsReady(_ backend: ServiceBackend) {
    guard case .starting(let starting) = phase, starting === backend else { return }
    host.startQueue.leave()
    phase = .ready(backend)
    lastFailure = nil
    readyCount += 1
    readyEra = backend.revision.era
    isOutdated = host.isOutdated(backend, of: self)
    host.log(.info, "service.ready", ["service": name, backend.place.name: backend.place.value])
    watchIdleness()
    host.service(self, opened: backend)
    sendWaiting()
    host.serviceIsReady(self, on: backend)
    if isLeaving { endIfLeft() }
  }

  func backend(_ backend: ServiceBackend, needsSuccessorWith handshake: Handshake) {
    guard case .starting(let starting) = phase, starting === backend else { return }
    ending.append(backend)
    self.handshake = handshake
    phase = .queued
    host.log(.info, "service.probe_failed", ["service": name])
    // The slot of the fallen child goes on to its successor.
    start()
  }

  func backend(
    _ backend: ServiceBackend, received line: UnsafeRawBufferPointer, _ envelope: Envelope
  ) {
    host.service(self, received: line, envelope, from: backend)
  }

  func backendEnded(_ backend: ServiceBackend, _ cause: BackendEnding) {
    var wasStarting = false
    switch phase {
    case .starting(let current) where current === backend: wasStarting = true
    case .ready(let current) where current === backend: break
    default: return
    }
    // A child that fell to the era probe: its successor takes the slot.
    if wasStarting, cause == .stopped { return }
    feed.closed(backend)
    ending.append(backend)
    switch cause {
    case .stopped: phase = .asleep
    case .crashed(let why), .failedToStart(let why):
      if wasStarting { host.startQueue.leave() }
      pause(unavailable(.unavailable, why))
    }
    if !waiting.isEmpty { wake() }
  }

  func backendIsGone(_ backend: ServiceBackend) {
    ending.removeAll { $0 === backend }
    draining.removeAll { $0 === backend }
    host.childGone(backend, of: self)
  }

  func backendDoubtsItsList(_ backend: ServiceBackend) { host.toolMayBeGone(at: self) }

  func backendWroteJunk(_ backend: ServiceBackend) { host.wroteJunk(self) }

  func backendHasRoom(_ backend: ServiceBackend) {
    // The end of a health check is no use of the service.
    if endedCheck { endedCheck = false } else { lastUse = EventLoop.turnTime }
    if isLeaving || !draining.isEmpty { return backendHasLess(backend) }
    if isOutdated, backend.inFlight == 0, feed.tasks.count == 0,
      case .ready(let current) = phase, current === backend
    {
      retire(backend)
      return waiting.isEmpty ? () : wake()
    }
    if !waiting.isEmpty { sendWaiting() }
  }
}
