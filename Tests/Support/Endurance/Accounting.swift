import Resilience

/// Compares the ledgers of a run. A value without a clock: what it says can be tested with ledgers
/// that lie.
///
/// | ledger | who keeps it |
/// |---|---|
/// | calls | the client: what it sent, when, and every line that came back |
/// | figures | the gateway: attempts by their outcome, and those that it tried again |
/// | executions | the services: one line for each call that they began |
/// | deeds | the killer: what it did, to whom and when |
package struct Accounting: Sendable {
  package var calls: [CallRecord]
  package var figures: GatewayFigures
  /// Of each call, how often a service began it.
  package var executions: [String: Int]
  package var deeds: [Deed]
  package var fleet: Fleet

  package init(
    calls: [CallRecord], figures: GatewayFigures, executions: [String: Int], deeds: [Deed],
    fleet: Fleet = Fleet()
  ) {
    self.calls = calls
    self.figures = figures
    self.executions = executions
    self.deeds = deeds
    self.fleet = fleet
  }

  /// What does not agree; empty if everything does.
  package var disagreements: [String] {
    calls.flatMap { answers(of: $0) + execution(of: $0) + explanation(of: $0) } + sums
      + strangers
  }

  /// Of the answers alone, where nothing else was written down.
  var wrongAnswers: [String] { calls.flatMap { answers(of: $0) } + strangers }

  // MARK: One answer for each id

  private func answers(of call: CallRecord) -> [String] {
    var found: [String] = []
    if call.answers.isEmpty, call.cancelled == nil { found.append("was never answered") }
    if call.answers.count > 1 { found.append("was answered \(call.answers.count) times") }
    for answer in call.answers where !answer.isRight { found.append("got the answer of another") }
    return found.map { "\(call.uuid) (\(call.tool)) \($0)" }
  }

  // MARK: No call twice

  private func execution(of call: CallRecord) -> [String] {
    let times = executions[call.uuid] ?? 0
    var found: [String] = []
    if times > 1, !call.tool.isDeclaredSafe { found.append("was executed \(times) times") }
    switch call.answers.first?.kind {
    case .result where times == 0: found.append("has a result and was never executed")
    case .error(let error) where times > 0 && error.outcome == "not_executed":
      found.append("was executed \(times) times, and its error says not_executed: \(error.text)")
    case .error(let error) where times > 0 && !error.wasSent:
      found.append("was executed \(times) times, and its error says not sent: \(error.text)")
    default: break
    }
    return found.map { "\(call.uuid) (\(call.tool)) \($0)" }
  }

  private var strangers: [String] {
    let known = Set(calls.map(\.uuid))
    return executions.keys.filter { !known.contains($0) }.sorted().map {
      "\($0) was executed and never called"
    }
  }

  // MARK: Every error explained

  /// From a deed to the moment in which the gateway has noticed it, on a busy machine.
  static let notice = Duration.seconds(15)
  /// How long a service may be away after a deed: the longest pause before it is started again.
  static let absence = Duration.seconds(45)

  private func explanation(of call: CallRecord) -> [String] {
    guard let answer = call.answers.first else { return [] }
    guard case .error(let error) = answer.kind else {
      return call.tool == .crash ? ["\(call.uuid) (crash) was answered with a result"] : []
    }
    if explains(error, of: call, at: answer.at) { return [] }
    return ["\(call.uuid) (\(call.tool)) has an error that nothing explains: \(error.text)"]
  }

  private func explains(_ error: CallFailure, of call: CallRecord, at time: Instant) -> Bool {
    guard error.source == "gateway" else { return false }
    switch error.code {
    case -31002:
      guard error.wasSent else { return false }
      return harmed([error.backend], from: call.sent, to: time, plus: Self.notice)
        || call.tool == .crash
    case -31003:
      // However slow the machine: time had passed. The gateway counts from the beginning of the
      // turn in which it read the call, which may be before the client sent it.
      return time - call.sent >= .seconds(fleet.patience(of: call.group)) / 2
    case -31004:
      // The last member that was there refused.
      let members = fleet.members(of: call.group).map(\.name)
      return deeds.contains { deed in
        deed.kind == .refuse && deed.at <= time && deed.at + Self.notice >= call.sent
          && deed.services.contains { members.contains($0) }
      }
    case -31001, -31007:
      // The whole group was away.
      let members = fleet.members(of: call.group).map(\.name)
      return harmed(members, from: call.sent, to: time, plus: Self.absence)
    default: return false
    }
  }

  /// Whether one of the services was harmed before the end of a span, and was not certain to be
  /// well again at its beginning.
  private func harmed(
    _ services: [String], from start: Instant, to end: Instant, plus after: Duration
  ) -> Bool {
    deeds.contains { deed in
      deed.kind.harms && deed.at <= end && deed.until + after >= start
        && deed.services.contains { services.contains($0) }
    }
  }

  // MARK: The sums of the gateway

  /// Attempts that the gateway counted, without those that it made again, are how calls ended.
  private var sums: [String] {
    // Where lines of the log are missing, nobody knows how many attempts were made again.
    guard figures.lostLines == 0 else { return atRest }
    let ends = Ends(calls)
    func final(_ outcomes: String...) -> Int {
      outcomes.reduce(0) { $0 + (figures.attempts[$1] ?? 0) - (figures.repeated[$1] ?? 0) }
    }
    var found: [String] = []
    func expect(_ name: String, _ said: Int, _ known: ClosedRange<Int>) {
      guard !known.contains(said) else { return }
      let range =
        known.count == 1 ? "\(known.lowerBound)" : "\(known.lowerBound) to \(known.upperBound)"
      found.append("the gateway counted \(said) calls as \(name), the client \(range)")
    }
    expect("answered", final("answered"), ends.results...ends.results)
    expect("is_error", final("is_error"), ends.toolErrors...ends.toolErrors)
    // After an earlier attempt, the last one may have ended otherwise than the call.
    // A call may be given up between two attempts, because the services have changed.
    let firstLost = max(0, ends.lost.first - figures.pauses)
    expect("lost", final("lost"), firstLost...ends.lost.all)
    // A deadline that passes before anything was sent counts as refused.
    expect("timed_out", final("timed_out"), ends.late.first...ends.late.all)
    // A call can be cancelled between two attempts.
    let between = max(0, ends.unanswered - figures.pauses)
    expect("cancelled", final("cancelled"), between...ends.unanswered)
    // Of a group that is away nobody is tried.
    expect("refused or not sent", final("refused", "not_sent"), 0...ends.refusable)
    for name in ["error", "server_trouble", "malformed", "withheld", "cache"] {
      expect(name, final(name), 0...0)
    }
    return found + atRest
  }

  private var atRest: [String] {
    [
      ("requests of the client", figures.clientRequests), ("calls that wait", figures.waiting),
      ("calls in flight", figures.inFlight), ("open breakers", figures.openBreakers),
    ].filter { $0.1 != 0 }.map { "in the end the gateway has \($0.1) \($0.0)" }
  }
}

/// How the calls of a client ended.
package struct Ends: Sendable {
  package private(set) var results = 0
  package private(set) var toolErrors = 0
  /// How many in all, and how many at the first attempt.
  package private(set) var lost = (all: 0, first: 0)
  package private(set) var late = (all: 0, first: 0)
  package private(set) var notSent = 0
  package private(set) var unanswered = 0
  package private(set) var others = 0

  /// Calls whose last attempt may have gone to nobody.
  var refusable: Int { notSent + lost.all - lost.first + late.all - late.first }

  package init(_ calls: [CallRecord]) {
    for call in calls {
      switch call.answers.first?.kind {
      case nil: unanswered += 1
      case .result(let isError): if isError { toolErrors += 1 } else { results += 1 }
      case .error(let error):
        switch error.code {
        case -31002: lost = (lost.all + 1, lost.first + (error.attempts <= 1 ? 1 : 0))
        case -31003 where error.wasSent:
          late = (late.all + 1, late.first + (error.attempts <= 1 ? 1 : 0))
        case -31003: notSent += 1
        case -31001, -31004, -31007, -31008: notSent += 1
        default: others += 1
        }
      }
    }
  }
}
