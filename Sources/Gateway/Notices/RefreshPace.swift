import Resilience

/// When a service that says that its lists have changed is asked for them again.
///
/// A value without a clock. A storm is one refresh: it begins when the service has
/// been quiet for a moment, or has gone on for half a second; two never run at the
/// same time, and their beginnings are half a second apart (row B30).
struct RefreshPace {
  /// Quiet for this long, and the storm is over.
  static let settling = Duration.milliseconds(50)
  /// The longest a refresh is put off, and the shortest time from one to the next.
  static let pause = Duration.milliseconds(500)

  /// The lists that were said to have changed since the last refresh began.
  private var owed: Set<Announcement> = []
  private var firstNotice = Instant.zero
  private var lastNotice = Instant.zero
  private var earliest = Instant.zero
  /// What the refresh that runs is about; `nil` if none runs.
  private var running: Set<Announcement>?

  var isRunning: Bool { running != nil }
  /// Whether one runs because the service has asked for it.
  var isAnsweringService: Bool { running?.isEmpty == false }
  /// Whether what is known of a list may be out of date.
  func isStale(_ announcement: Announcement) -> Bool {
    owed.contains(announcement) || running?.contains(announcement) == true
  }

  /// When the next refresh is due; `nil` while none is owed, or one runs.
  var due: Instant? {
    guard !owed.isEmpty, !isRunning else { return nil }
    return max(earliest, min(lastNotice + Self.settling, firstNotice + Self.pause))
  }

  /// The service says that a list has changed.
  mutating func noticed(_ announcement: Announcement, at now: Instant) {
    if owed.isEmpty { firstNotice = now }
    owed.insert(announcement)
    lastNotice = now
  }

  /// A refresh begins, for whatever reason: what is owed is paid with it.
  mutating func began(at now: Instant) {
    running = (running ?? []).union(owed)
    owed.removeAll()
    earliest = now + Self.pause
  }

  /// The refresh has ended, well or not; returns the lists that the service had named.
  mutating func ended() -> Set<Announcement> {
    defer { running = nil }
    return running ?? []
  }
}
