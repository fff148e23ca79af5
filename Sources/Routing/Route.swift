package import Resilience

/// The candidates of one call in the order in which they are tried.
package struct Route: Hashable, Sendable {
  /// What put a candidate behind the one before it.
  package enum Criterion: Hashable, Sendable {
    /// It is the first.
    case first
    /// The one before is there, and this one is not.
    case presence
    /// The one before had the last call of its group.
    case kept
    case priority
    case health
    case load
    /// The one before runs already.
    case running
    /// Nothing else tells them apart.
    case name
  }

  package struct Place: Hashable, Sendable {
    package var candidate: Candidate
    package var decidedBy: Criterion
  }

  package let places: [Place]

  /// Takes any number of candidates, in any order.
  package init(_ candidates: [Candidate]) {
    let sorted = candidates.sorted { Route.decide($0, $1).isBefore }
    places = sorted.indices.map { index in
      let decidedBy = index == 0 ? .first : Route.decide(sorted[index - 1], sorted[index]).by
      return Place(candidate: sorted[index], decidedBy: decidedBy)
    }
  }

  /// The service to try next: the first that is not among `tried` and not behind an open breaker.
  package func next(without tried: [Int] = []) -> Int? {
    places.first { place in
      if case .open = place.candidate.health { return false }
      return !tried.contains(place.candidate.service)
    }?.candidate.service
  }

  /// When the first of the open breakers lets something through; nil if a service can be tried.
  package var retryAt: Instant? {
    var earliest: Instant?
    for place in places {
      guard case .open(let until) = place.candidate.health else { return nil }
      earliest = min(earliest ?? until, until)
    }
    return earliest
  }

  /// Services before which the call was not tried though they have more priority, and which a
  /// question or a start in the background may bring back.
  package var waiting: [Int] {
    guard let first = places.first?.candidate, first.health.tier == 0 else { return [] }
    return places.compactMap { place in
      let candidate = place.candidate
      return candidate.health.tier == 1 && candidate.priority >= first.priority
        ? candidate.service : nil
    }
  }

  static func decide(
    _ left: Candidate, _ right: Candidate
  ) -> (isBefore: Bool, by: Criterion) {
    if let decision = Standing.decide(left.standing, right.standing) { return decision }
    return (isNamed((left.name, left.service), before: (right.name, right.service)), .name)
  }

  /// Which of two comes first where nothing else tells them apart.
  package static func isNamed(
    _ left: (name: String, service: Int), before right: (name: String, service: Int)
  ) -> Bool {
    if left.name != right.name {
      return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
    return left.service < right.service
  }
}
