import Backend
import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// Log messages of services for clients that want them, and our own.
///
/// A legacy client says once what it wants (`logging/setLevel`); one that never did
/// gets what legacy services send by themselves. A modern client says it with each
/// request, and hears of the service of such a request while it is in flight.
extension Gateway {
  func setLogLevel(_ request: Incoming) throws(CallError) {
    let bytes = request.line.bytes
    let text = JSON.member("level", of: request.envelope.params, in: bytes)
    guard let level = LogLevel(text, in: bytes) else {
      let known = LogLevel.allCases.map { "\($0.name)" }.joined(separator: ", ")
      throw .invalidParams("params.level must be one of \(known).", reason: "unknown_level")
    }
    session.logLevel = level
    for service in services {
      for backend in service.acceptingBackends {
        service.feed.tellLevel(wantedLevel(of: service), on: backend)
      }
    }
    session.reply(to: request.id, result: Array("{}".utf8))
  }

  /// The lowest level that a service must send for all who asked.
  func wantedLevel(of service: Service) -> LogLevel? {
    let asked = [session.logLevel, service.feed.logWishes.lowestEver].compactMap { $0 }
    return asked.min()
  }

  func levelIsWanted(of service: Service, on backend: ServiceBackend) {
    service.feed.tellLevel(wantedLevel(of: service), on: backend)
  }

  // MARK: Messages

  func logged(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, of service: Service,
    on backend: ServiceBackend
  ) {
    let bytes = line.bytes
    let text = JSON.member("level", of: envelope.params, in: bytes)
    guard let level = LogLevel(text, in: bytes) else {
      return log(.trace, "backend.log_without_level", ["service": service.name])
    }
    guard
      session.isInitialized && legacyClientWants(level, from: backend)
        || service.feed.logWishes.want(level)
    else { return }
    let now = EventLoop.turnTime
    if session.isClogged {
      service.feed.gate.drop(at: now)
    } else if service.feed.gate.admits(at: now) {
      return relay(line, envelope)
    }
    scheduleReport(of: service)
  }

  private func legacyClientWants(_ level: LogLevel, from backend: ServiceBackend) -> Bool {
    session.logLevel.map { $0 <= level } ?? (backend.revision.era == .legacy)
  }

  /// Passes a notification on as it is, without what belongs to the service's hop.
  func relay(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    session.splice.removeAll()
    let bytes = line.bytes
    if !envelope.meta.isAbsent, Notice.hasReservedKey(envelope.meta, in: bytes) {
      let meta = JSON.rebuildObject(
        envelope.meta, in: bytes, dropping: { MetaKey.isReserved($0, in: bytes) })
      session.splice.replace(envelope.meta, with: meta)
    }
    session.writeEdited(line)
  }

  private func scheduleReport(of service: Service) {
    let feed = service.feed
    guard let due = feed.gate.due, feed.gateTimer?.isActive != true else { return }
    let timer = feed.gateTimer ?? LoopTimer { [unowned self] in report(service) }
    feed.gateTimer = timer
    timer.start(at: due)
  }

  private func report(_ service: Service) {
    let now = EventLoop.now
    if let count = service.feed.gate.takeReport(at: now) {
      log(.info, "backend.log_suppressed", ["service": service.name, "count": String(count)])
      // Whoever was sent the others is sent this too.
      let isHeard = session.isInitialized && session.logLevel.map { $0 <= .warning } != false
      if isHeard || service.feed.logWishes.want(.warning) {
        session.notify(
          Notice.line(.message, ServiceEvent.suppressed(count).members(about: service.name)))
      }
    }
    scheduleReport(of: service)
  }

  // MARK: Events

  /// - Returns: whether anybody wants to hear it.
  @discardableResult
  func tell(_ event: ServiceEvent, of service: Service) -> Bool {
    tell(event, about: service.name, service.feed.logWishes)
  }

  func tell(_ event: ServiceEvent, of service: RESTService) {
    tell(event, about: service.name, service.logWishes)
  }

  @discardableResult
  private func tell(_ event: ServiceEvent, about name: String, _ wishes: LogWishes) -> Bool {
    let level = event.level
    let isWanted =
      session.isInitialized && session.logLevel.map { $0 <= level } == true || wishes.want(level)
    guard isWanted, ending == nil else { return false }
    session.notify(Notice.line(.message, event.members(about: name)))
    return true
  }

  func serviceIsUp(_ service: Service) {
    tell(service.feed.hasFailed ? .restarted : .started, of: service)
    service.feed.hasFailed = false
  }

  func serviceFailed(_ service: Service, _ failure: BackendFailure) {
    service.feed.hasFailed = true
    health.serviceFailed(service)
    tell(service.isOff ? .off : .stopped, of: service)
    dependencyChanged(service)
  }

  func callsWait(for service: Service) {
    let now = EventLoop.turnTime
    if let last = service.feed.lastWaiting, now - last < Self.waitingPause { return }
    if tell(.waiting, of: service) { service.feed.lastWaiting = now }
  }

  func callsWait(for service: RESTService) {
    let now = EventLoop.turnTime
    if let last = service.lastWaiting, now - last < Self.waitingPause { return }
    if tell(.limited, about: service.name, service.logWishes) { service.lastWaiting = now }
  }

  /// A client is told of waiting calls at most this often for each service.
  static let waitingPause = Duration.seconds(10)
}

extension Incoming {
  /// The log messages that a modern request asks for.
  var wantedLevel: LogLevel? {
    guard !envelope.logLevel.isAbsent, client.era == .modern else { return nil }
    return LogLevel(envelope.logLevel, in: line.bytes)
  }
}

extension Notice {
  static func hasReservedKey(_ meta: ByteRange, in bytes: RawSpan) -> Bool {
    var found = false
    JSON.forEachMember(of: meta, in: bytes) { key, _ in
      if MetaKey.isReserved(key, in: bytes) { found = true }
    }
    return found
  }
}
