import Backend
import Loop
import Manifest
import Resilience

/// Services that come after others: `after` of their manifests.
///
/// A service starts when all those before it are ready. While its process lives, theirs are not
/// stopped for idleness, are started again when they crash, and end after it.
extension Gateway {
  /// - Parameter tries: whether what has failed to start is started again.
  func standing(of service: Service, tries: Bool) -> DependencyStanding {
    var isWaiting = false
    for name in service.manifest.after {
      guard let before = services.first(where: { $0.name == name }) else {
        // An API has no process that could be waited for.
        if restServices.contains(where: { $0.name == name }) { continue }
        return .impossible(
          refused(service, before: name, "which is switched off", retryAfter: nil))
      }
      if case .ready = before.phase { continue }
      if tries || before.lastFailure == nil { before.wake() }
      switch before.phase {
      case .ready: continue
      case .asleep, .closed:
        let why = before.lastFailure?.detail ?? "It does not run."
        return .impossible(refused(service, before: name, "which does not start. \(why)"))
      case .pausing(let until) where before.policy.isFlapping:
        let why = before.lastFailure?.detail ?? ""
        return .impossible(
          refused(
            service, before: name, "which does not stay up. \(why)",
            retryAfter: until - EventLoop.now))
      default: isWaiting = true
      }
    }
    return isWaiting ? .waiting : .ready
  }

  private func refused(
    _ service: Service, before name: String, _ why: String, retryAfter: Duration? = nil
  ) -> BackendFailure {
    service.unavailable(
      .unavailable, "Service '\(service.name)' comes after '\(name)', \(why)",
      retryAfter: retryAfter)
  }

  /// Whether a service that comes after this one has a process.
  func isNeeded(_ service: Service) -> Bool {
    ordered.contains {
      $0.manifest.after.contains(service.name) && !$0.liveBackends.isEmpty
    }
  }

  /// The services that come after others have changed.
  func noteOrder() { ordered = slots.all.filter { !$0.manifest.after.isEmpty } }

  /// A service is ready, or cannot be: those that wait for it look again.
  func dependencyChanged(_ service: Service) {
    for other in ordered where other.manifest.after.contains(service.name) {
      other.lookAtDependencies(tries: false)
      other.twin?.service.lookAtDependencies(tries: false)
    }
  }

  /// Ends every service that no other one needs; the others end when those have ended.
  func closeUnneeded(_ patience: StopSequence.Patience, onlyIdle: Bool) {
    for service in slots.all {
      if case .closed = service.phase { continue }
      guard !(onlyIdle && service.isBusy), !isNeeded(service) else { continue }
      service.close(patience)
    }
  }
}

/// Whether what a service comes after is there.
enum DependencyStanding {
  case ready
  /// Something is being started.
  case waiting
  /// Something does not start.
  case impossible(BackendFailure)
}

extension Service {
  /// Goes on with the start if all that it comes after is ready.
  func lookAtDependencies(tries: Bool) {
    guard case .held = phase else { return }
    let standing = host.standing(of: self, tries: tries)
    // What failed at once has been heard of already.
    guard case .held = phase else { return }
    switch standing {
    case .waiting: break
    case .ready: enterQueue()
    case .impossible(let failure): cannotStart(failure)
    }
  }

  /// Starts what it comes after, and then itself.
  func startInOrder() {
    phase = .held
    if manifest.after.isEmpty { enterQueue() } else { lookAtDependencies(tries: true) }
  }

  private func enterQueue() { if isPrepared() { enterPrepared() } }

  /// Nothing is left to be done before the process is started.
  func enterPrepared() {
    phase = .queued
    startedFor = host.clientEra
    prepareHandshake()
    host.startQueue.enter(self) { [unowned self] in start() }
  }
}
