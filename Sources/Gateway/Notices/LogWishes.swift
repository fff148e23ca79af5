/// The log levels that modern requests in flight at one service have asked for.
///
/// A log message names no request (protocol.md 4.7), so one is passed on if any
/// request that is with the service wants its level.
struct LogWishes {
  private var counts = Array(repeating: 0, count: LogLevel.allCases.count)
  /// The lowest level that was asked for since the service was last started.
  private(set) var lowestEver: LogLevel?

  /// The lowest level that a request in flight asks for.
  var lowest: LogLevel? { LogLevel.allCases.first { counts[$0.rawValue] > 0 } }

  func want(_ level: LogLevel) -> Bool { lowest.map { $0 <= level } ?? false }

  mutating func add(_ level: LogLevel) {
    counts[level.rawValue] += 1
    lowestEver = min(lowestEver ?? level, level)
  }

  mutating func remove(_ level: LogLevel) {
    counts[level.rawValue] = max(0, counts[level.rawValue] - 1)
  }
}
