import Resilience

/// Calls that wait for their client to come back with answers, each under a token that only
/// that client was given.
///
/// A value that gets the time. A token is good for one return and until its time is over; a
/// call that parks again gets another. The lot is finite: a full one takes nothing more.
struct ParkingLot<Entry> {
  private struct Space {
    var entry: Entry
    var until: Instant
  }

  private let limit: Int
  private var spaces: [[UInt8]: Space] = [:]

  init(limit: Int) { self.limit = limit }

  var count: Int { spaces.count }
  var hasRoom: Bool { spaces.count < limit }

  /// Keeps `entry` until `until`; false if the lot is full or the token is taken.
  mutating func park(_ entry: Entry, under token: [UInt8], until: Instant) -> Bool {
    guard hasRoom, spaces[token] == nil else { return false }
    spaces[token] = Space(entry: entry, until: until)
    return true
  }

  /// The entry under `token`, left where it is; nil if its time is over.
  func entry(_ token: [UInt8], at now: Instant) -> Entry? {
    guard let space = spaces[token], now < space.until else { return nil }
    return space.entry
  }

  /// Gives out what was parked under `token`; nil for an unknown, used or expired one.
  mutating func take(_ token: [UInt8], at now: Instant) -> Entry? {
    guard let entry = entry(token, at: now) else { return nil }
    spaces[token] = nil
    return entry
  }

  /// Takes out everything whose time is over.
  mutating func takeExpired(at now: Instant) -> [Entry] {
    let expired = spaces.filter { $0.value.until <= now }
    for token in expired.keys { spaces[token] = nil }
    return expired.values.sorted { $0.until < $1.until }.map(\.entry)
  }

  /// When the next one expires.
  var nextExpiry: Instant? { spaces.values.map(\.until).min() }

  var entries: [Entry] { spaces.values.map(\.entry) }
}
