import Resilience

/// When a client is told that lists have changed: at once if it has not been told
/// for a while, and at most once in each pause (row B30).
///
/// A value without a clock. What comes during a pause is merged into one telling
/// at its end, so a thousand changes a second are two messages a second for each
/// list.
struct AnnouncementPace {
  /// At most two tellings a second.
  static let pause = Duration.milliseconds(500)

  private var pending: Set<Announcement> = []
  private var nextTelling = Instant.zero

  /// When `take` has something to give; `nil` if nothing waits.
  var due: Instant? { pending.isEmpty ? nil : nextTelling }

  mutating func add(_ changes: Set<Announcement>) { pending.formUnion(changes) }

  /// What is to be told now, in a fixed order; empty during a pause.
  mutating func take(at now: Instant) -> [Announcement] {
    guard !pending.isEmpty, now >= nextTelling else { return [] }
    defer { pending.removeAll() }
    nextTelling = now + Self.pause
    return Announcement.allCases.filter { pending.contains($0) }
  }
}
