import Backend
import Loop
import MCP
import RawJSON

/// What services are told of the client.
///
/// A modern service is told with every request what the client of that request can do. A legacy
/// one is told once, in `initialize`: everything that this client has declared by then. When the
/// client turns out to be able to do more, a process that was told less is started anew, as soon
/// as nothing is in flight with it; one that was told more than the client of a call can do gets
/// a refusal to what it asks.
extension Gateway {
  func clientIntroduced(_ profile: ClientProfile, of session: ClientSession) {
    let all = declared.union(profile)
    guard all !== declared else { return }
    declared = all
    for service in services { service.replaceOutdatedBackend() }
  }

  func isOutdated(_ backend: ServiceBackend, of service: Service) -> Bool {
    backend.revision.era == .legacy
      && backend.clientCapabilities != service.profile(of: declared).legacyCapabilities
  }

  var clientEra: Era { session.newestEra }

  /// Only services that heard of roots in `initialize` hear of their changes.
  func tellRootsChanged() {
    let line = Message.notification(.rootsListChanged)
    for service in services {
      guard case .ready(let backend) = service.phase, backend.revision.era == .legacy,
        declared.abilities.intersection(service.allowed).contains(.rootsChanges)
      else { continue }
      backend.write(line)
    }
  }

  /// A URL that a legacy client was asked to open has been visited; the modern era does not tell.
  func tellElicitationFinished(_ line: UnsafeRawBufferPointer) {
    guard session.isInitialized, session.legacyProfile.abilities.contains(.urls) else { return }
    session.write(Slices(line))
  }
}

extension Service {
  /// Replaces a legacy process that was told less about the client, as soon as it is idle.
  ///
  /// What it keeps for its client is lost; but a process that is asked something before the client
  /// has introduced itself is one that nobody has called yet.
  func replaceOutdatedBackend() {
    twin?.service.replaceOutdatedBackend()
    guard case .ready(let backend) = phase, host.isOutdated(backend, of: self) else { return }
    isOutdated = true
    if backend.inFlight == 0, feed.tasks.count == 0 { retire(backend) }
  }
}
