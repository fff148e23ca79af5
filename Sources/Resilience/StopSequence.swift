package struct StopSequence {
  package enum Pace { case patient, quick, immediate }
  package struct Times: Hashable, Sendable { package var close: Duration; package var terminate: Duration; package init(close: Duration, terminate: Duration) { self.close = close; self.terminate = terminate } }
  package enum Action { case closeInput; case signal(Int32); case wait(until: Instant) }
  package init(pace: Pace, times: Times) {}
  package mutating func begin(at now: Instant) -> [Action] { [.closeInput, .signal(9)] }
  package mutating func timeElapsed(at now: Instant) -> [Action] { [] }
}
