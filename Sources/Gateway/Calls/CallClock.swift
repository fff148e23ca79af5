import Loop
import MCP
import Resilience

/// The two deadlines of a call, which stand still while the client is asked for something.
///
/// A value that gets the time. The soft deadline is moved on by progress, the absolute one by
/// nothing but the time that people take for their answers.
struct CallClock: Hashable {
  /// When the call must have been answered; never, while the client is asked.
  private(set) var deadline: Instant
  private var absolute: Instant
  /// Nanoseconds without progress.
  private let patience: Int64
  private var pausedAt = Instant.zero
  /// Questions that are with the client.
  private var questions = 0

  init(_ times: CallTimes) {
    patience = times.patience
    absolute = times.start.advanced(byNanoseconds: times.absolute)
    deadline = times.start.advanced(byNanoseconds: min(times.patience, times.absolute))
  }

  var isPaused: Bool { questions > 0 }

  /// Whether the call has had all the time that it can get.
  func isExhausted(at now: Instant) -> Bool { now >= absolute }

  mutating func progressed(at now: Instant) {
    guard questions == 0 else { return }
    deadline = min(now.advanced(byNanoseconds: patience), absolute)
  }

  /// The client is asked; once more for every question.
  mutating func pause(at now: Instant) {
    questions += 1
    guard questions == 1 else { return }
    pausedAt = now
    deadline = .distantFuture
  }

  /// A question is answered or given up; with the last one the time goes on.
  mutating func resume(at now: Instant) {
    guard questions > 0 else { return }
    questions -= 1
    guard questions == 0 else { return }
    let waited = now.nanoseconds.subtractingReportingOverflow(pausedAt.nanoseconds)
    absolute = absolute.advanced(byNanoseconds: waited.overflow ? 0 : max(0, waited.partialValue))
    progressed(at: now)
  }
}

/// The limits of one call in time, in nanoseconds, all counted from `start`.
struct CallTimes {
  var start: Instant
  /// Without progress; `limits.timeout` of the manifest.
  var patience: Int64
  /// With any progress.
  var absolute: Int64
}

extension Call {
  func pauseClock() {
    clock.pause(at: EventLoop.now)
    if client.era == .legacy { ownTask?.asks(true) }
  }

  func resumeClock() {
    clock.resume(at: EventLoop.now)
    session.ledger.noteDeadline(of: self)
    if !clock.isPaused { ownTask?.asks(false) }
  }
}
