import Backend
import Loop
import Manifest
import Resilience
import Routing

/// What the members of a group have in common while the gateway runs; a service without a group is
/// the only member of its own. Its state derives from its members: it has none of its own that
/// could disagree with theirs.
@EventLoop
final class RouteGroup {
  var budget: RetryBudget
  /// The member that had the last call, where calls stay together.
  var kept: Int?

  init(_ budget: RetryBudget) { self.budget = budget }
}

extension Gateway {
  /// The manifest of a service by its number.
  func manifest(_ service: Int) -> ServiceManifest? {
    process(service)?.manifest ?? slots[rest: service]?.manifest
  }

  /// The service with this number, if it is one with a process.
  func process(_ service: Int) -> Service? { slots.process(service) }

  /// On the way of every call of a group: a service keeps what it was told.
  func routeGroup(of service: Int) -> RouteGroup {
    guard let process = process(service) else { return findRouteGroup(of: service) }
    if let known = process.group { return known }
    let group = findRouteGroup(of: service)
    process.group = group
    return group
  }

  private func findRouteGroup(of service: Int) -> RouteGroup {
    let manifest = manifest(service)
    // A group and a service may have one name.
    let key = manifest?.group.map { "group " + $0 } ?? "service " + (manifest?.name ?? "")
    if let known = routeGroups[key] { return known }
    let retry = configuration.gateway.retry
    let group = RouteGroup(RetryBudget(percent: retry.percent, least: retry.least))
    routeGroups[key] = group
    return group
  }

  /// How a service stands at this moment among those of its group; nil if it is gone.
  ///
  /// - Parameter isSafe: the call may be sent twice.
  private func standing(
    _ service: Int, in group: RouteGroup, at now: Instant, isSafe: Bool
  ) -> Standing? {
    // Never a copy of a whole manifest: this is on the way of every call of a group.
    if let process = slots.process(service) {
      return Standing(
        priority: process.manifest.priority, health: process.routingHealth(at: now),
        inFlight: process.load, isRunning: process.isRunning,
        isKept: process.manifest.isSticky && group.kept == service)
    }
    guard let api = slots[rest: service] else { return nil }
    return Standing(
      priority: api.manifest.priority, health: api.routingHealth(at: now, isSafe: isSafe),
      inFlight: api.inFlight, isRunning: true,
      isKept: api.manifest.isSticky && group.kept == service)
  }

  func candidate(_ service: Int, at now: Instant, isSafe: Bool = false) -> Candidate? {
    standing(service, in: routeGroup(of: service), at: now, isSafe: isSafe).map {
      Candidate(service: service, name: name(of: service), $0)
    }
  }

  /// The first of the route of a tool whose members are all there, without making the route.
  func firstOfAll(_ entry: Catalogue.Entry, of group: RouteGroup, at now: Instant) -> Int? {
    let isSafe = entry.isRepeatable
    if let kept = group.kept, isSticky(kept) {
      // Where all are there, this decides.
      var isMember = false
      for index in entry.members.indices {
        let service = entry.members[index].service
        guard routingHealth(of: service, at: now, isSafe: isSafe)?.isPresent == true else {
          return nil
        }
        if service == kept { isMember = true }
      }
      if isMember { return kept }
    }
    var first: (service: Int, standing: Standing)?
    for index in entry.members.indices {
      let service = entry.members[index].service
      guard let standing = standing(service, in: group, at: now, isSafe: isSafe),
        standing.isPresent
      else { return nil }
      if let best = first {
        let decision = Standing.decide(standing, best.standing)
        guard decision?.isBefore ?? isNamed(service, before: best.service) else { continue }
      }
      first = (service, standing)
    }
    return first?.service
  }

  private func isSticky(_ service: Int) -> Bool {
    slots.process(service)?.manifest.isSticky ?? slots[rest: service]?.manifest.isSticky ?? false
  }

  private func routingHealth(
    of service: Int, at now: Instant, isSafe: Bool
  ) -> Candidate.Health? {
    slots.process(service)?.routingHealth(at: now)
      ?? slots[rest: service]?.routingHealth(at: now, isSafe: isSafe)
  }

  private func isNamed(_ left: Int, before right: Int) -> Bool {
    Route.isNamed((name(of: left), left), before: (name(of: right), right))
  }

  private func name(of service: Int) -> String {
    slots.process(service)?.name ?? slots[rest: service]?.name ?? ""
  }

  /// The services that have what a name stands for, in the order in which they are tried.
  func route(_ entry: Catalogue.Entry, at now: Instant) -> Route {
    let isSafe = entry.isRepeatable
    return Route(entry.services.compactMap { candidate($0, at: now, isSafe: isSafe) })
  }

  /// Has services that could come back asked or started, so that later calls find them.
  func bringBack(_ waiting: [Int], at now: Instant) {
    for index in waiting { process(index)?.bringBack(at: now) }
  }
}

extension Service {
  /// Between two tries to start a service that calls go past.
  private static let revivalPace = Duration.seconds(10)

  func routingHealth(at now: Instant) -> Candidate.Health {
    // Without a copy of the breaker where nothing is wrong.
    if !breaker.isClosed {
      if case .open(let until) = breaker.state(at: now) { return .open(until: until) }
      return .recovering
    }
    switch phase {
    case .pausing, .closed: return .down
    case .asleep where lastFailure != nil: return .down
    default: return isDegraded ? .degraded : .up
    }
  }

  var isRunning: Bool { if case .ready = phase { true } else { false } }

  /// Calls that are with it or wait for it.
  var load: Int {
    if case .ready(let backend) = phase { return backend.inFlight + waiting.count }
    return waiting.count
  }

  func bringBack(at now: Instant) {
    if !breaker.isClosed { return probeIfDue(at: now) }
    guard case .asleep = phase, now - lastRevival >= Self.revivalPace else { return }
    lastRevival = now
    wake()
  }
}

extension RESTService {
  /// Its first call after the time of the breaker is the question whether it is back: before the
  /// others of its priority one that may be sent twice, or else one that nobody else can have.
  func routingHealth(at now: Instant, isSafe: Bool) -> Candidate.Health {
    switch breaker.state(at: now) {
    case .open(let until): .open(until: until)
    case .probing: .open(until: now + .seconds(1))
    case .halfOpen: isSafe ? .due : .degraded
    case .closed: isDegraded ? .degraded : .up
    }
  }
}
