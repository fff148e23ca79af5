import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// How long the lists of a service may be used without asking it again.
///
/// A value without a clock. Modern services say it with each list (`ttlMs`); some tell
/// of changes in no other way. Legacy services and what is known from an earlier run
/// say nothing, and clients are told that such a list is good for no time at all.
struct Freshness: Sendable {
  /// The least of what the service said of its lists; `nil` if it said nothing.
  private(set) var lifetime: Duration?
  private var end: Instant?
  /// It has been asked in the life of this gateway.
  private var wasFound = false
  private var question = Question.none

  private enum Question {
    case none
    /// It is being asked because its lists had expired.
    case running
    /// It was being asked already, maybe before the change: it is asked once more.
    case runsAgain
  }

  /// More than this is not believed: a service cannot take it back.
  static let longest = Duration.seconds(3600)

  var isAsking: Bool { question != .none }

  /// What is known from an earlier run only is over as soon as the service runs.
  func isOver(at now: Instant) -> Bool { wasFound ? end.map { $0 <= now } ?? false : true }

  /// The lists are wanted again.
  mutating func ask(isBeingAsked: Bool) { question = isBeingAsked ? .runsAgain : .running }

  /// An answer has come; returns whether the service is to be asked once more.
  mutating func asked() -> Bool {
    defer { question = question == .runsAgain ? .running : .none }
    return question == .runsAgain
  }

  mutating func found(_ lifetime: Duration?, at now: Instant) {
    wasFound = true
    self.lifetime = lifetime
    end = lifetime.map { now + $0 }
  }
}

extension Freshness {
  /// What a list result says, at most `longest`; `nil` without a whole number from 0.
  static func lifetime(said range: ByteRange, in bytes: RawSpan) -> Duration? {
    guard let time = JSON.integer(range, in: bytes), time >= 0 else { return nil }
    return min(.milliseconds(min(time, 1 << 40)), longest)
  }
}

extension Gateway {
  /// The longest that a client waits for lists that are known but expired.
  static let freshnessWait = Duration.seconds(2)

  /// Asks each service that runs, and whose lists have expired, what it offers now; says whether
  /// there is one. None is started for it.
  func askExpired() -> Bool {
    let now = EventLoop.now
    var isAny = false
    for service in services {
      guard service.feed.openBackend != nil, service.feed.freshness.isOver(at: now) else {
        continue
      }
      isAny = true
      if service.feed.freshness.isAsking { continue }
      service.feed.freshness.ask(isBeingAsked: beingAsked.contains(service.index))
      ask(service)
    }
    return isAny
  }

  /// How long a client may keep a list: the least of what the services say.
  var listLifetime: Duration {
    // An incomplete list must be asked for again soon.
    guard undiscovered.isEmpty else { return .zero }
    return services.map { $0.feed.freshness.lifetime ?? .zero }.min() ?? .zero
  }
}
