import Backend
import Glibc
import Loop
import MCP
import Manifest
import Provision
import RawJSON
import Resilience
import Store
import Telemetry

/// What services ask of the gateway, and how it keeps their offers fresh.
extension Gateway: ServiceHost {
  /// Discovery, and the start of `warm` and `always` services, begin with the first
  /// message that no throw-away probe would send.
  func clientIsActive(_ session: ClientSession) {
    sweepLeftovers()
    for service in services {
      if undiscovered.contains(service.index) {
        ask(service)
      } else if service.manifest.process.start != .onDemand {
        service.wake()
      }
    }
  }

  /// Asks a service what it offers; wakes it if it sleeps. One question at a time.
  func ask(_ service: Service) {
    guard ending == nil, !service.isLeaving, beingAsked.insert(service.index).inserted else {
      return
    }
    discoveries.enter(service) { [unowned self] in askNow(service) }
  }

  /// A place among those asked at the same time is ours until the answer is there.
  private func askNow(_ service: Service) {
    service.feed.refresh.began(at: EventLoop.now)
    let discovery = Discovery(
      of: service, time: configuration.gateway.discovery.deadline, log: log
    ) { [unowned self] outcome in
      beingAsked.remove(service.index)
      discoveries.leave()
      discovered(service, outcome)
    }
    service.submit(discovery)
  }

  private func discovered(_ service: Service, _ outcome: Discovery.Outcome) {
    let wasUnknown = undiscovered.remove(service.index) != nil
    var changes: Set<Announcement> = []
    switch outcome {
    case .found(let offer, let lifetime, let lack):
      lacks(service, lack)
      if service.manifest.remote != nil { remoteRetry = Gateway.firstRemoteRetry }
      service.feed.freshness.found(lifetime, at: EventLoop.now)
      service.hasStaleOffer = false
      if service.offer != offer {
        service.offer = offer
        if lack == nil { remember(offer, of: service) }
        changes = rebuildCatalogue()
        // A list that waits for this service is answered with it; that is no change.
        if wasUnknown, undiscovered.isEmpty { changes.subtract(awaitedLists.subtracting(listed)) }
      }
    case .failed(let failure):
      if service.offer == nil {
        lacks(service, failure)
      } else {
        log(.warning, "discovery.failed", ["service": service.name, "why": failure.detail])
      }
    }
    let told = service.feed.refresh.ended()
    announce(changes, told: isHidden(service) ? [] : told)
    if service.feed.freshness.asked() { ask(service) }
    scheduleRefresh(of: service)
    resumeParked()
    if undiscovered.isEmpty, beingAsked.isEmpty { surroundings.store?.emptyLog() }
  }

  /// Tells why nothing is known of what a service offers, or of its tools; nil where it is known.
  private func lacks(_ service: Service, _ failure: BackendFailure?) {
    service.lack = failure.map {
      BackendFailure(.unavailable, wasSent: false, detail: $0.detail)
    }
    guard let failure else { return }
    log(.warning, "discovery.failed", ["service": service.name, "why": failure.detail])
    askAgainLater(service)
  }

  /// A service that could not be asked is never given up for good.
  private func askAgainLater(_ service: Service) {
    if service.manifest.remote != nil { return askRemoteAgainLater() }
    let timer = retryTimer ?? LoopTimer { [unowned self] in askAgain() }
    retryTimer = timer
    if !timer.isActive { timer.start(after: Gateway.discoveryRetry) }
  }

  static let discoveryRetry = Duration.seconds(60)
  static let firstRemoteRetry = Duration.milliseconds(500)

  private func askAgain() {
    for service in services where service.offer == nil || service.lack != nil { ask(service) }
  }

  /// A remote server may be back at any moment, and an attempt costs next to nothing: it is asked
  /// soon, and then less and less often.
  private func askRemoteAgainLater() {
    let timer =
      remoteRetryTimer
      ?? LoopTimer { [unowned self] in
        for service in services
        where (service.offer == nil || service.lack != nil) && service.manifest.remote != nil {
          ask(service)
        }
      }
    remoteRetryTimer = timer
    guard !timer.isActive else { return }
    timer.start(after: remoteRetry)
    remoteRetry = min(remoteRetry * 2, Gateway.discoveryRetry)
  }

  private func remember(_ offer: Offer, of service: Service) {
    let record = offer.record(
      service: service.name, digest: service.digest, at: Gateway.secondsSince1970())
    _ = surroundings.store?.save(record)
  }

  nonisolated static func secondsSince1970() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec)
  }

  /// Ends what earlier gateways of this state folder left behind when even their
  /// guards were killed.
  private func sweepLeftovers() {
    for orphan in surroundings.store?.orphans() ?? [] {
      let wasAlive = orphan.process.killIfStillThatProcess()
      _ = surroundings.store?.remove(orphan.process)
      guard wasAlive else { continue }
      log(
        .warning, "sweep.killed", ["service": orphan.service, "pid": String(orphan.process.pid)])
    }
  }

  // MARK: ServiceHost

  var environment: [String: String] { surroundings.environment }
  var stateFolder: String { surroundings.state }

  func launch(_ service: Service) throws(Launch.Failure) -> ChildSpec {
    let process = service.manifest.process
    var spec = try Launch.spec(process, inherited: surroundings.environment)
    guard !process.sha256.isEmpty else { return spec }
    do throws(ProgramFile.Trouble) {
      try KnownDigests.check(&spec, digest: process.sha256)
    } catch {
      throw .refused(error)
    }
    return spec
  }

  func settings(for service: Service) -> BackendSettings {
    let gateway = configuration.gateway
    var settings = BackendSettings(
      longestMessage: gateway.limits.backendMessage, probeTime: gateway.deadlines.probe,
      startTime: gateway.deadlines.initialize, stallTime: gateway.limits.stalledWrite,
      patience: .init(afterClosing: gateway.stop.close, afterAsking: gateway.stop.terminate),
      errors: ErrorOutputLimits(
        line: gateway.stderr.line, linesPerSecond: gateway.stderr.rate,
        quoted: gateway.stderr.quoted))
    settings.clientCapabilities = service.profile(of: declared).legacyCapabilities
    let variables = service.manifest.process.environment
    settings.redactor = Redactor(variables.flatMap(\.confidential).map(\.exposed))
    return settings
  }

  func knownEra(of service: Service) -> Era? {
    surroundings.store?.era(digest: eraKey(service, startedFor: service.startedFor))
      .flatMap { Revision(rawValue: $0)?.era }
  }

  func parameterHeaders(of service: Service) -> [[UInt8]: ParameterHeaders] {
    service.parameterHeaders
  }

  /// What a service is found to speak depends on the era that it is asked in first.
  private func eraKey(_ service: Service, startedFor era: Era) -> String {
    service.digest + (era == .legacy ? "/legacy" : "")
  }

  func noteEra(of service: Service, on backend: ServiceBackend) {
    guard knownEra(of: service) != backend.revision.era else { return }
    // A service that was silent once may only have been slow.
    if !backend.isEraCertain { service.silentStarts += 1 }
    guard backend.isEraCertain || service.silentStarts > 1 else { return }
    _ = surroundings.store?.saveEra(
      digest: eraKey(service, startedFor: service.startedFor), revision: backend.revision.rawValue,
      now: Gateway.secondsSince1970())
  }

  func mayAlsoSpeak(_ era: Era, _ service: Service) -> Bool {
    let found = surroundings.store?.era(digest: eraKey(service, startedFor: era))
    return found.flatMap { Revision(rawValue: $0)?.era } ?? era == era
  }

  func childStarted(_ backend: ServiceBackend, of service: Service) {
    if let child = backend.identity, let owner = ProcessIdentity.current {
      _ = surroundings.store?.record(
        ChildRecord(
          process: child, marker: Lineage.gateway, service: service.name, owner: owner))
    }
    if session.isFull { backend.setPaused(true) }
  }

  func childGone(_ backend: ServiceBackend, of service: Service) {
    if let child = backend.identity { _ = surroundings.store?.remove(child) }
    session.reverse.gone(backend)
    slots.bury()
    endIfDone()
  }

  func serviceIsReady(_ service: Service, on backend: ServiceBackend) {
    serviceIsUp(service)
    dependencyChanged(service)
    noteEra(of: service, on: backend)
    // What it offers may be different from what was stored in an earlier run.
    // What it could not be asked in time, it is asked now.
    let isUncertain = service.offer == nil || service.hasStaleOffer || service.lack != nil
    if isUncertain || service.readyCount == 1 { ask(service) }
  }

  func service(
    _ service: Service, received line: UnsafeRawBufferPointer, _ envelope: Envelope,
    from backend: ServiceBackend
  ) {
    switch envelope.method {
    case .ping where envelope.kind == .request:
      backend.answer(JSON.copy(envelope.id, in: line.bytes), Array(#""result":{}"#.utf8))
    case _ where envelope.kind == .notification: noticed(line, envelope, of: service, on: backend)
    case _ where envelope.kind == .request:
      asked(line, envelope, by: service, on: backend)
    default: break
    }
  }
}
