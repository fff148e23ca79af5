import Resilience

/// The latest 32 outcomes, one bit each.
struct OutcomeWindow: Hashable, Sendable {
  private var failed: UInt32 = 0
  private(set) var count = 0

  static let capacity = 32

  mutating func add(failure: Bool) {
    failed = failed << 1 | (failure ? 1 : 0)
    if count < Self.capacity { count += 1 }
  }

  var failures: Int { failed.nonzeroBitCount }

  /// 0 where nothing is known.
  var failedShare: Double { count == 0 ? 0 : Double(failures) / Double(count) }
}

/// The latest five response times, in nanoseconds.
struct ResponseTimes: Hashable, Sendable {
  private var times: [Int64] = []
  private var next = 0

  static let capacity = 5
  /// Fewer than this say nothing about a threshold.
  static let least = 3

  var count: Int { times.count }

  mutating func add(_ time: Duration) {
    if times.count < Self.capacity {
      times.append(time.inNanoseconds)
    } else {
      times[next] = time.inNanoseconds
      next = (next + 1) % Self.capacity
    }
  }

  /// The middle one: a single slow answer moves it little. Nil where nothing is known.
  var median: Duration? {
    guard !times.isEmpty else { return nil }
    return .nanoseconds(times.sorted()[times.count / 2])
  }
}
