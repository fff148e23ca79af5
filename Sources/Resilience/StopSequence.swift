/// How a child process is brought to its end: its input is closed, then its
/// group is asked, then forced.
///
/// A value: it gets events with their time and returns what to do. Whoever
/// owns the process acts, and calls `advance` again at `nextDeadline`.
package struct StopSequence: Hashable, Sendable {
  /// How long each step may take before the next one.
  package struct Patience: Hashable, Sendable {
    /// From closing its input to SIGTERM.
    package var afterClosing: Duration
    /// From SIGTERM to SIGKILL.
    package var afterAsking: Duration

    package init(afterClosing: Duration, afterAsking: Duration) {
      self.afterClosing = afterClosing
      self.afterAsking = afterAsking
    }

    /// For a service that is stopped while the gateway goes on (reload, idle, restart): dead by 5 s.
    package static let calm = Patience(afterClosing: .seconds(2), afterAsking: .seconds(3))
    /// For the end of the gateway: clients kill it 2 s after they have closed
    /// its input, so everything is over by 1.9 s, of which 0.6 s are left for
    /// SIGKILL to work and the dead to be reaped.
    package static let shutdown = Patience(
      afterClosing: .seconds(1), afterAsking: .milliseconds(300))
  }

  package enum Action: Hashable, Sendable {
    case closeInput
    /// SIGTERM to the group.
    case askGroup
    /// SIGKILL to the group.
    case killGroup
  }

  private enum Step: Hashable, Sendable {
    case idle, closing, asked, killed, over
  }

  private var step = Step.idle
  private var patience = Patience.calm
  private var deadline: Instant?

  package init() {}

  /// Whether it was begun and the process has not ended yet.
  package var isStopping: Bool { step != .idle && step != .over }

  /// When `advance` has something to do; nil when nothing will be done without another event.
  package var nextDeadline: Instant? { deadline }

  /// Begins, or hurries: a second call takes over the shorter patience for the
  /// steps that are left, counted from when the present step began at most.
  package mutating func begin(_ patience: Patience, at now: Instant) -> [Action] {
    switch step {
    case .idle:
      self.patience = patience
      step = .closing
      deadline = now + patience.afterClosing
      return [.closeInput] + advance(at: now)
    case .closing, .asked:
      self.patience.afterClosing = min(self.patience.afterClosing, patience.afterClosing)
      self.patience.afterAsking = min(self.patience.afterAsking, patience.afterAsking)
      let left = step == .closing ? patience.afterClosing : patience.afterAsking
      deadline = deadline.map { min($0, now + left) }
      return advance(at: now)
    case .killed, .over:
      return []
    }
  }

  /// Skips to the end, as for a second SIGTERM to the gateway.
  package mutating func force() -> [Action] {
    guard step != .killed && step != .over else { return [] }
    step = .killed
    deadline = nil
    return [.killGroup]
  }

  /// Takes the steps that are due at `now`.
  package mutating func advance(at now: Instant) -> [Action] {
    var actions: [Action] = []
    while let due = deadline, due <= now {
      if step == .closing {
        step = .asked
        // From now, not from when it was due: a process that was asked late gets its whole time.
        deadline = now + patience.afterAsking
        actions.append(.askGroup)
      } else {
        step = .killed
        deadline = nil
        actions.append(.killGroup)
      }
    }
    return actions
  }

  /// The process was reaped.
  package mutating func ended() {
    step = .over
    deadline = nil
  }
}
