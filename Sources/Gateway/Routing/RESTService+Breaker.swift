import Backend
import Loop
import MCP
import Resilience
import Telemetry

/// The breaker of an HTTP API. There is no question that every API answers, so when its time is
/// over the first call is the probe; others are refused until it has ended.
extension RESTService {
  /// Whether a call that begins now is the probe.
  ///
  /// - Throws: the refusal, if no call may begin.
  func admitsCall() throws(CallError) -> Bool {
    if breaker.isClosed { return false }
    let now = EventLoop.now
    switch breaker.state(at: now) {
    case .closed: return false
    case .open(let until): throw circuitOpen(for: until - now)
    case .probing: throw circuitOpen(for: .seconds(1))
    case .halfOpen: return breaker.beginProbe(at: now)
    }
  }

  private func circuitOpen(for wait: Duration) -> CallError {
    let why = lastTrouble.isEmpty ? "" : " \(lastTrouble)"
    let detail =
      "Service '\(name)' has failed again and again and gets no calls for "
      + "\(wait.inMilliseconds) ms; nothing was sent.\(why)"
    return .backend(
      BackendFailure(.circuitOpen, wasSent: false, detail: detail, retryAfter: wait), service: name)
  }

  func record(_ outcome: Outcome, isProbe: Bool, at now: Instant, of session: ClientSession) {
    let log = session.log
    let wasClosed = breaker.isClosed
    if isProbe {
      breaker.recordProbe(outcome, at: now, random: .random(in: 0..<1))
    } else {
      breaker.record(outcome, at: now, random: .random(in: 0..<1))
    }
    if breaker.isClosed {
      guard !wasClosed else { return }
      log(.info, "breaker.closed", ["service": name])
      session.delegate?.tell(.circuitClosed, of: self)
    } else if case .open(let until) = breaker.state(at: now), wasClosed || isProbe {
      log(
        .warning, "breaker.open",
        ["service": name, "retry_ms": String((until - now).inMilliseconds), "why": lastTrouble])
      session.delegate?.tell(.circuitOpen, of: self)
    }
  }
}

extension RESTCall {
  /// Tells the breaker and the gateway how the call ended; once.
  func report(_ outcome: Outcome) {
    let now = EventLoop.turnTime
    service.callEnded()
    service.record(outcome, isProbe: isProbe, at: now, of: session)
    let duration = max(0, now.nanoseconds &- startedAt.nanoseconds)
    session.delegate?.observed(
      Observation(
        service: service.index, entry: entry, method: .toolsCall, outcome: outcome,
        duration: outcome == .refused ? 0 : duration, bytesIn: 0, bytesOut: 0,
        attempt: plan?.number ?? 1, wasMissed: plan?.slot != nil, trace: trace))
  }

  /// Whether the plan goes on without this attempt, which is then over and answers nobody.
  func handsOver(_ outcome: Result<RESTResult, RESTFailure>, to plan: CallPlan) -> Bool {
    guard case .failure(let failure) = outcome, case .protocolError(let reason) = failure.form
    else {
      return false
    }
    let outcome = Outcome(outcome)
    guard plan.takesOver(outcome, because: reason, hasTold: hasTold) else { return false }
    leave(outcome)
    plan.goOn(after: outcome)
    return true
  }

  func deadlineOutcome(_ wasSent: Bool) -> Outcome {
    if session.isFull { return .withheld }
    guard wasSent else { return .refused }
    service.lastTrouble = "It did not answer in time."
    return .timedOut
  }
}

extension Outcome {
  /// What the end of a run says about its API. Arguments that are refused here were never sent.
  init(_ outcome: Result<RESTResult, RESTFailure>) {
    guard case .failure(let failure) = outcome else {
      self = .answered
      return
    }
    switch failure.form {
    case .timeout: self = failure.wasSent ? .timedOut : .refused
    case .protocolError(let reason):
      self = Outcome(
        BackendFailure(reason, wasSent: failure.wasSent, detail: failure.message))
    case .toolResult:
      guard let status = failure.status else {
        self = failure.wasSent ? .answeredIsError : .refused
        return
      }
      self = status >= 500 || status == 408 || status == 429 ? .serverTrouble : .answeredIsError
    }
  }
}
