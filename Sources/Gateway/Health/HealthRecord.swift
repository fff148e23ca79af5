import Backend
import HTTP
import Health
import Loop
import MCP
import Manifest
import Resilience
import Telemetry

/// All that is known of how one service does.
@EventLoop
final class HealthRecord {
  let index: Int
  let name: String
  let manifest: ServiceManifest
  var health: ServiceHealth
  let counts: ServiceStatistics
  /// Nil for an API.
  let service: Service?
  /// Nil for a process.
  let api: RESTService?

  /// The check that is under way.
  var probe: HealthProbe?
  /// Checks in a row that were not answered, with nothing else answered in between.
  var unanswered = 0
  /// It has shown that it does not answer a ping: it is asked for its tools.
  var ignoresPing = false
  var hasAnsweredPing = false
  /// Its process has been ready since the last time that it failed.
  var wasReady = false
  /// Where a check by URL goes; made by the first.
  var client: HTTPClient?

  init(
    index: Int, manifest: ServiceManifest, service: Service?, api: RESTService?,
    health: ServiceHealth, counts: ServiceStatistics
  ) {
    self.index = index
    name = manifest.name
    self.manifest = manifest
    self.service = service
    self.api = api
    self.health = health
    self.counts = counts
  }

  /// What it is asked; nil for an API whose manifest names no URL.
  var check: HealthCheck? {
    guard let check = manifest.health.check else { return service == nil ? nil : .ping }
    return check
  }

  var isBreakerClosed: Bool { service?.breaker.isClosed ?? api?.breaker.isClosed ?? true }

  /// What is spoken with it; empty where that is not MCP or not known.
  var revision: String { service?.offer?.introduction.revision.rawValue ?? "" }

  /// What the phase of its process says; nil where it says nothing new.
  var presence: ServiceHealth.Presence? {
    guard let service else { return .running }
    switch service.phase {
    case .ready: return .running
    case .pausing:
      if service.policy.isFlapping { return .flapping }
      return wasReady ? .crashed : .cannotStart
    case .asleep:
      // What could not be started will not start for the next call either.
      return service.lastFailure == nil || wasReady ? .asleep : .cannotStart
    case .queued, .starting, .closed: return nil
    }
  }
}

extension CallEnd {
  init(_ outcome: Outcome) {
    switch outcome {
    case .answered: self = .answered
    case .answeredIsError: self = .isError
    case .answeredError: self = .error
    case .serverTrouble: self = .serverTrouble
    case .notSent: self = .notSent
    case .refused: self = .refused
    case .lost: self = .lost
    case .timedOut: self = .timedOut
    case .malformed: self = .malformed
    case .cancelled: self = .cancelled
    case .withheld: self = .withheld
    case .fromCache: self = .cache
    }
  }
}
