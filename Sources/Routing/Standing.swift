/// What of a service decides where it stands among others, but its name: numbers alone, so that to
/// compare them costs next to nothing.
package struct Standing: Hashable, Sendable {
  /// From the manifest; higher is tried first.
  package var priority: Int
  package var health: Candidate.Health
  /// Calls that are with it or wait for it.
  package var inFlight: Int
  /// Whether a call need not wait for it to start.
  package var isRunning: Bool
  /// It had the last call of a group whose calls stay together.
  package var isKept: Bool

  package init(
    priority: Int, health: Candidate.Health, inFlight: Int, isRunning: Bool, isKept: Bool
  ) {
    self.priority = priority
    self.health = health
    self.inFlight = inFlight
    self.isRunning = isRunning
    self.isKept = isKept
  }

  /// Whether it is there: nothing has to happen before it can have calls, but perhaps its start.
  package var isPresent: Bool { health.isPresent }

  /// Which of two is before the other, and by what; nil where nothing here tells them apart.
  package static func decide(
    _ left: Standing, _ right: Standing
  ) -> (isBefore: Bool, by: Route.Criterion)? {
    let (a, b) = (left.health, right.health)
    if a.tier != b.tier { return (a.tier < b.tier, .presence) }
    if left.isKept != right.isKept { return (left.isKept, .kept) }
    if left.priority != right.priority { return (left.priority > right.priority, .priority) }
    if a.rank != b.rank { return (a.rank < b.rank, .health) }
    if left.inFlight != right.inFlight { return (left.inFlight < right.inFlight, .load) }
    if left.isRunning != right.isRunning { return (left.isRunning, .running) }
    return nil
  }
}
