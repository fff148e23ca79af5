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
  /// Its number here; not that of the service, which another may get.
  let id: Int
  let name: String
  var health: ServiceHealth
  let counts: ServiceStatistics
  /// Nil for an API.
  let service: Service?
  /// Nil for a process.
  let api: RESTService?

  /// The service is not served any more: calls that it still has are counted, and nothing else.
  var isLeaving = false
  /// The check that is under way.
  var probe: HealthProbe?
  /// Checks in a row that were not answered, with nothing else answered in between.
  var unanswered = 0
  /// It has shown that it does not answer a ping: it is asked for its tools.
  var ignoresPing: Bool {
    get { service?.ignoresPing ?? false }
    set { service?.ignoresPing = newValue }
  }
  var hasAnsweredPing = false
  /// Its process has been ready since the last time that it failed.
  var wasReady = false
  /// Where a check by URL goes, made by the first, and for which URL.
  var client: (url: String, client: HTTPClient, target: String)?

  init(
    _ id: Int, _ service: Service?, _ api: RESTService?, named name: String, health: ServiceHealth,
    counts: ServiceStatistics
  ) {
    self.id = id
    self.name = name
    self.service = service
    self.api = api
    self.health = health
    self.counts = counts
  }

  /// The number by which calls name the service.
  var index: Int { service?.index ?? api?.index ?? -1 }

  var manifest: ServiceManifest {
    service?.manifest ?? api?.manifest ?? ServiceManifest(name: name, file: "")
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
    case .held, .queued, .starting, .closed: return nil
    }
  }
}
