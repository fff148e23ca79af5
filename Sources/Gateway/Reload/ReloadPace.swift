import Resilience

/// When the folder of the configuration is read anew after something in it has changed.
///
/// A value without a clock. Editors write a file in several steps, and tools write many files: what
/// comes together is read once, when nothing has happened for `quiet`, or after `longest` if it
/// goes on and on (row M14). A file that is gone is looked for once more after `grace`, since some
/// editors take a file away before they put another in its place.
struct ReloadPace {
  static let quiet = Duration.milliseconds(150)
  static let longest = Duration.seconds(2)
  static let grace = Duration.milliseconds(600)

  private enum State {
    case idle
    /// Something has changed; since when, and when last.
    case noticed(first: Instant, last: Instant)
    case reading(again: Bool)
    /// A file is gone: until when it may come back.
    case doubting(until: Instant)
  }

  private var state = State.idle

  /// When to read; nil while there is no reason to, or while it is being read.
  var due: Instant? {
    switch state {
    case .idle, .reading: nil
    case .noticed(let first, let last): min(last + Self.quiet, first + Self.longest)
    case .doubting(let until): until
    }
  }

  var isReading: Bool { if case .reading = state { true } else { false } }

  /// Something in the folder has changed.
  mutating func noticed(at now: Instant) {
    switch state {
    case .idle: state = .noticed(first: now, last: now)
    case .noticed(let first, _): state = .noticed(first: first, last: now)
    case .reading: state = .reading(again: true)
    // It waits anyway, and reads all of it.
    case .doubting: break
    }
  }

  mutating func began() { state = .reading(again: false) }

  /// The reading has ended.
  ///
  /// - Parameter isTorn: files were written while they were read, so it says nothing.
  mutating func ended(isTorn: Bool, at now: Instant) {
    guard case .reading(let again) = state else { return }
    state = again || isTorn ? .noticed(first: now, last: now) : .idle
  }

  /// What was read lacks files that were there: it is read once more before that counts.
  mutating func doubt(at now: Instant) { state = .doubting(until: now + Self.grace) }
}
