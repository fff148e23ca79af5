package import Resilience

extension Route.Place {
  /// Why the candidate has this place: one line for a person.
  package func reason(at now: Instant) -> String {
    var words = ["priority \(candidate.priority)", candidate.state(at: now)]
    if candidate.standing.inFlight > 0 {
      words.append("\(candidate.standing.inFlight) in flight")
    }
    let why =
      switch decidedBy {
      case .first: "first"
      case .presence: "behind those that are there"
      case .kept: "behind the one that had the last call"
      case .priority: "lower priority"
      case .health: "less healthy"
      case .load: "more in flight"
      case .running: "has to be started"
      case .name: "by name"
      }
    words.append(why)
    return words.joined(separator: ", ")
  }

  /// Whether a call can go there now.
  package var isUsable: Bool {
    if case .open = candidate.health { false } else { true }
  }
}

extension Candidate {
  /// `up`, `degraded` and so on, and whether it runs.
  package func state(at now: Instant) -> String {
    switch health {
    case .up: standing.isRunning ? "up" : "asleep"
    case .degraded: "degraded"
    case .due: "is asked with the next call whether it is back"
    case .down: "down"
    case .recovering: "is about to be asked whether it is back"
    case .open(let until): "open for \((until - now).inMilliseconds) ms"
    }
  }
}
