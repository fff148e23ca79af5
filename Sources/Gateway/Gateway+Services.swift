import Backend
import Glibc
import Loop
import MCP
import Manifest
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
  private func ask(_ service: Service) {
    guard ending == nil, beingAsked.insert(service.index).inserted else { return }
    let discovery = Discovery(
      of: service, time: configuration.gateway.discovery.deadline, log: log
    ) { [weak self, weak service] outcome in
      guard let self, let service else { return }
      beingAsked.remove(service.index)
      discovered(service, outcome)
    }
    service.submit(discovery)
  }

  private func discovered(_ service: Service, _ outcome: Discovery.Outcome) {
    let wasUnknown = undiscovered.remove(service.index) != nil
    switch outcome {
    case .found(let offer):
      if service.offer != offer {
        service.offer = offer
        remember(offer, of: service)
        let changes = rebuildCatalogue()
        // A list that waits for this service is answered with it; that is no change.
        if !(wasUnknown && !parked.isEmpty) || undiscovered.isEmpty == false { announce(changes) }
      }
    case .failed(let failure):
      log(.warning, "discovery.failed", ["service": service.name, "why": failure.detail])
      if service.offer == nil { askAgainLater(service) }
    }
    if undiscovered.isEmpty { resumeParked() }
  }

  /// A service that could not be asked is never given up for good.
  private func askAgainLater(_ service: Service) {
    let timer = retryTimer ?? LoopTimer { [weak self] in self?.askAgain() }
    retryTimer = timer
    if !timer.isActive { timer.start(after: Gateway.discoveryRetry) }
  }

  static let discoveryRetry = Duration.seconds(60)

  private func askAgain() {
    for service in services where service.offer == nil { ask(service) }
  }

  private func remember(_ offer: Offer, of service: Service) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let record = offer.record(
      service: service.name, digest: digest(of: service), at: Int64(now.tv_sec))
    surroundings.store?.save(record)
  }

  // MARK: ServiceHost

  func launch(_ service: Service, incarnation: String) throws(Launch.Failure) -> ChildSpec {
    try Launch.spec(
      service.manifest.process, inherited: surroundings.environment,
      markers: [("SWITCHYARD_GATEWAY", surroundings.marker), ("SWITCHYARD_CHILD", incarnation)])
  }

  func settings(for service: Service) -> BackendSettings {
    let gateway = configuration.gateway
    return BackendSettings(
      longestMessage: gateway.limits.backendMessage, probeTime: gateway.deadlines.probe,
      startTime: gateway.deadlines.initialize, stallTime: gateway.limits.stalledWrite,
      stopTimes: StopSequence.Times(close: gateway.stop.close, terminate: gateway.stop.terminate))
  }

  func knownEra(of service: Service) -> Era? {
    surroundings.store?.era(digest: digest(of: service)).flatMap { $0 == "modern" ? .modern : .legacy }
  }

  func childStarted(_ backend: ProcessBackend, of service: Service) {
    surroundings.store?.recordChild(
      pid: backend.pid, startTime: backend.startTime, marker: backend.incarnation,
      service: service.name)
    if session.isFull { backend.setPaused(true) }
  }

  func childGone(_ backend: ProcessBackend, of service: Service) {
    surroundings.store?.removeChild(pid: backend.pid, startTime: backend.startTime)
    endIfDone()
  }

  func serviceIsReady(_ service: Service, on backend: ProcessBackend) {
    let era = backend.revision.era
    if knownEra(of: service) != era {
      surroundings.store?.saveEra(digest: digest(of: service), era: era == .modern ? "modern" : "legacy")
    }
    // What it offers may be different from what was stored in an earlier run.
    if service.offer != nil, service.startCount == 1 { ask(service) }
  }

  func serviceFailed(_ service: Service, _ failure: BackendFailure) {}

  func service(
    _ service: Service, received line: UnsafeRawBufferPointer, _ envelope: Envelope,
    from backend: ProcessBackend
  ) {
    switch envelope.method {
    case .ping where envelope.kind == .request:
      answer(line, envelope, on: backend, Array(#""result":{}}"#.utf8))
    case .toolsListChanged, .promptsListChanged, .resourcesListChanged: ask(service)
    case _ where envelope.kind == .request:
      // Nothing was declared to the service, so it may ask for nothing (row S16).
      let error = #""error":{"code":-32601,"message":"Method not found"}}"#
      answer(line, envelope, on: backend, Array(error.utf8))
    default: break
    }
  }

  private func answer(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, on backend: ProcessBackend,
    _ outcome: [UInt8]
  ) {
    var reply = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
    JSON.append(envelope.id, of: line.bytes, to: &reply)
    reply.append(UInt8(ascii: ","))
    backend.writeOwn(reply + outcome)
  }
}
