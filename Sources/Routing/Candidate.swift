/// Routing: which of the services that could have a call should have it.
///
/// A route is a list of candidates in the order in which they are tried, each with the reason for
/// its place, so that a person can see why. It is made anew for each call of a group from what is
/// known at that moment; nothing is kept. A call whose tool belongs to one service has no route and
/// pays nothing for this.
///
/// Refuses to route to a service whose breaker is open, and to one that does not start while
/// another one is there. Costs one sort of as many entries as the group has members.
package import Resilience

/// A service that has the tool, as it stands at the moment of the call.
package struct Candidate: Hashable, Sendable {
  package enum Health: Hashable, Sendable {
    case up
    /// Answers, but slowly or with trouble.
    case degraded
    /// Its breaker's time is over, and this call, which may be sent twice, is the question whether it
    /// is back.
    case due
    /// Does not start, or has just ended and waits for its next start.
    case down
    /// Its breaker's time is over; a question decides whether it gets calls.
    case recovering
    /// Its breaker is open until then.
    case open(until: Instant)
  }

  /// Number of the service in the gateway's order.
  package var service: Int
  package var name: String
  package var standing: Standing

  package var health: Health {
    get { standing.health }
    set { standing.health = newValue }
  }
  package var priority: Int { standing.priority }
  package var isPresent: Bool { standing.isPresent }

  package init(
    service: Int, name: String, priority: Int = 50, health: Health = .up, inFlight: Int = 0,
    isRunning: Bool = true, isKept: Bool = false
  ) {
    self.init(
      service: service, name: name,
      Standing(
        priority: priority, health: health, inFlight: inFlight, isRunning: isRunning,
        isKept: isKept))
  }

  package init(service: Int, name: String, _ standing: Standing) {
    self.service = service
    self.name = name
    self.standing = standing
  }

  /// Whether it stands before another in a route.
  package func precedes(_ other: Candidate) -> Bool { Route.decide(self, other).isBefore }
}

extension Candidate.Health {
  package var isPresent: Bool { tier == 0 }

  /// Services with a lower one are tried first, whatever their priority.
  var tier: Int {
    switch self {
    case .up, .degraded, .due: 0
    case .recovering, .down: 1
    case .open: 2
    }
  }

  /// The order within a tier and a priority.
  var rank: Int {
    switch self {
    case .due: -1
    case .up, .recovering: 0
    case .degraded, .down: 1
    case .open: 2
    }
  }
}
