import Backend
import Loop
import MCP
import Manifest
import Resilience
import Telemetry

/// A second process of a service that speaks both eras, for the calls of the other one.
///
/// Some services stay in the era of their first request, so one process cannot be spoken to in
/// both. It exists only while a client uses both eras on one pipe, and its first start finds out
/// whether the service speaks the other era at all; if it does not, calls cross eras by
/// translation from then on.
@EventLoop
final class EraTwin {
  let service: Service
  private let host: TwinHost

  init(of primary: Service, for era: Era) {
    host = TwinHost(primary, era)
    service = Service(
      index: primary.index, manifest: Self.manifest(of: primary.manifest), digest: primary.digest,
      host: host)
    service.feed = primary.feed
    service.takeNames(of: primary)
  }

  /// It is there for as long as it is used, whatever its sibling does.
  static func manifest(of manifest: ServiceManifest) -> ServiceManifest {
    var manifest = manifest
    manifest.process.start = .onDemand
    return manifest
  }
}

extension Service {
  /// Where a call of `era` goes: here, or to a second process that speaks it.
  ///
  /// On the way of every call: the first line decides for a client that uses one era.
  func lane(for era: Era) -> Service {
    guard let readyEra, readyEra != era else { return self }
    // Whoever is asleep is started in the era of the call.
    guard case .ready = phase, leavesEraOpen else { return self }
    if let twin {
      return twin.service.readyEra == readyEra ? self : twin.service
    }
    // It was started for calls of this era, and has turned out not to speak it.
    guard startedFor != era, host.mayAlsoSpeak(era, self) else { return self }
    let twin = EraTwin(of: self, for: era)
    self.twin = twin
    return twin.service
  }
}

/// What a twin needs from the gateway: all that its sibling does, but what belongs to a service
/// once and not to each of its processes.
@EventLoop
private final class TwinHost: ServiceHost {
  private unowned let primary: Service
  let clientEra: Era

  init(_ primary: Service, _ era: Era) {
    self.primary = primary
    clientEra = era
  }

  var startQueue: StartQueue { primary.host.startQueue }
  var callLoad: CallLoad { primary.host.callLoad }
  var log: Log { primary.host.log }
  var environment: [String: String] { primary.host.environment }
  var stateFolder: String { primary.host.stateFolder }
  var breakerLimits: CircuitBreaker.Limits { primary.host.breakerLimits }
  var probePatience: Duration { primary.host.probePatience }

  func standing(of service: Service, tries: Bool) -> DependencyStanding {
    primary.host.standing(of: primary, tries: tries)
  }
  func isNeeded(_ service: Service) -> Bool { primary.host.isNeeded(primary) }
  func launch(_ service: Service) throws(Launch.Failure) -> ChildSpec {
    try primary.host.launch(primary)
  }
  func settings(for service: Service) -> BackendSettings { primary.host.settings(for: primary) }
  func knownEra(of service: Service) -> Era? { primary.host.knownEra(of: service) }
  func parameterHeaders(of service: Service) -> [[UInt8]: ParameterHeaders] {
    primary.parameterHeaders
  }
  func mayAlsoSpeak(_ era: Era, _ service: Service) -> Bool { false }
  func isOutdated(_ backend: ServiceBackend, of service: Service) -> Bool {
    primary.host.isOutdated(backend, of: primary)
  }
  func childStarted(_ backend: ServiceBackend, of service: Service) {
    primary.host.childStarted(backend, of: primary)
  }
  func childGone(_ backend: ServiceBackend, of service: Service) {
    primary.host.childGone(backend, of: primary)
  }
  func serviceIsReady(_ service: Service, on backend: ServiceBackend) {
    primary.host.noteEra(of: service, on: backend)
  }
  func noteEra(of service: Service, on backend: ServiceBackend) {
    primary.host.noteEra(of: service, on: backend)
  }
  /// The sibling hears of changes already; a log each of them has.
  func service(_ service: Service, opened backend: ServiceBackend) {
    primary.host.levelIsWanted(of: primary, on: backend)
  }
  func resourceMayHaveChanged(_ uri: [UInt8], of service: Service) {
    primary.host.resourceMayHaveChanged(uri, of: primary)
  }
  func callsWait(for service: Service) { primary.host.callsWait(for: primary) }
  func toolMayBeGone(at service: Service) { primary.host.toolMayBeGone(at: primary) }
  func levelIsWanted(of service: Service, on backend: ServiceBackend) {
    primary.host.levelIsWanted(of: primary, on: backend)
  }
  func tell(_ event: ServiceEvent, of service: Service) -> Bool {
    primary.host.tell(event, of: primary)
  }
  /// The sibling's phase is the service's.
  func phaseChanged(of service: Service) {}
  func wroteJunk(_ service: Service) { primary.host.wroteJunk(primary) }
  func serviceFailed(_ service: Service, _ failure: BackendFailure) {
    primary.host.serviceFailed(primary, failure)
  }
  func service(
    _ service: Service, received line: UnsafeRawBufferPointer, _ envelope: Envelope,
    from backend: ServiceBackend
  ) {
    primary.host.service(primary, received: line, envelope, from: backend)
  }
}
