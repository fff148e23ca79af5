import Resilience

/// The tasks of one service that are not known to have ended.
///
/// A value. While there are any the service's process is not stopped for idleness,
/// because its tasks would end with it; each counts for as long as the service
/// keeps it, or an hour if it did not say.
struct OpenTasks {
  static let limit = 10_000
  static let defaultTime = Duration.seconds(3_600)
  static let longestTime = Duration.seconds(24 * 3_600)

  private struct Entry {
    var until: Instant
    /// Our id of the call that made it, which is its progress token.
    var call: UInt64?
  }

  private var entries: [[UInt8]: Entry] = [:]
  /// The client's progress tokens, by our ids of the calls.
  private var tokens: [UInt64: [UInt8]] = [:]

  var count: Int { entries.count }

  /// A service has answered a call with a task.
  mutating func made(
    _ id: [UInt8], by call: UInt64, token: [UInt8], keptFor time: Duration?, at now: Instant
  ) {
    guard entries.count < Self.limit else { return }
    entries[id] = Entry(until: now + Self.bounded(time), call: call)
    if !token.isEmpty { tokens[call] = token }
  }

  /// The task has ended: nothing more will be told of it.
  mutating func ended(_ id: [UInt8]) {
    guard let entry = entries.removeValue(forKey: id), let call = entry.call else { return }
    tokens[call] = nil
  }

  mutating func removeAll() {
    entries.removeAll()
    tokens.removeAll()
  }

  func token(ofCall id: UInt64) -> [UInt8]? { tokens[id] }

  /// Whether any is left now; forgets those whose time is over.
  mutating func isActive(at now: Instant) -> Bool {
    for id in entries.filter({ $0.value.until <= now }).map(\.key) { ended(id) }
    return !entries.isEmpty
  }

  private static func bounded(_ time: Duration?) -> Duration {
    min(max(time ?? defaultTime, .zero), longestTime)
  }
}
