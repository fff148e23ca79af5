import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience

/// A `tools/call` for a REST service: a run of the tool's plan, and its one answer.
///
/// It stands in the session's ledger under the client's id like a `Call`, and whoever takes it
/// out (the end of the run, a cancel, the deadline, the end of the gateway) settles it; the run is
/// then cancelled, and with it every request that is under way or was still to come.
@EventLoop
final class RESTCall: ClientRequest, RESTRunObserver {
  let session: ClientSession
  let id: RequestID
  private let client: ClientContext
  let service: RESTService
  let entry: Catalogue.Entry
  let startedAt: Instant
  private let tool: REST.Tool
  private var notifier: RESTNotifier

  /// Soft: moved on by progress. Never beyond `absoluteDeadline`.
  private(set) var deadline: Instant
  private let absoluteDeadline: Instant
  private let patience: Int64
  private var run: RESTRun?
  private var task: Task<Void, Never>?
  private var isDone = false
  /// It alone tells the open breaker of its service whether calls may pass again.
  var isProbe = false
  /// What is known of the call beyond this attempt.
  var plan: CallPlan?
  var hasTold = false
  private var isTruncated = false
  private var heldProgress: [UInt8]?

  init(
    session: ClientSession, id: RequestID, client: ClientContext, service: RESTService,
    entry: Catalogue.Entry, tool: REST.Tool, notifier: RESTNotifier, times: CallTimes
  ) {
    self.session = session
    self.id = id
    self.client = client
    self.service = service
    self.entry = entry
    startedAt = times.start
    self.tool = tool
    self.notifier = notifier
    patience = times.patience
    deadline = times.start.advanced(byNanoseconds: min(times.patience, times.absolute))
    absoluteDeadline = times.start.advanced(byNanoseconds: times.absolute)
  }

  /// - Parameter arguments: the JSON of `params.arguments`; empty if there are none.
  func start(_ arguments: [UInt8]) {
    task = Task(executorPreference: EventLoop.executor) { await self.perform(arguments) }
  }

  private func perform(_ arguments: consuming [UInt8]) async {
    guard !isDone else { return }
    let run = RESTRun(tool, on: service.backend, observer: self)
    self.run = run
    let outcome = await run.outcome(arguments)
    isTruncated = run.isTruncated
    self.run = nil
    if let plan, !isDone, handsOver(outcome, to: plan) { return }
    guard finish(Outcome(outcome)) else { return }
    answer(outcome)
  }

  private func answer(_ outcome: Result<RESTResult, RESTFailure>) {
    switch outcome {
    case .success(let result):
      var answer = ToolResult(result, for: client, from: session.identity)
      plan?.keep(answer, .answered, isWhole: !isTruncated)
      if let plan, plan.number > 1 { answer.note = plan.meta(.answered) }
      session.reply(to: id, answer)
    case .failure(let failure):
      switch failure.form {
      case .toolResult:
        session.reply(to: id, ToolResult(failure, for: client, from: session.identity))
      case .timeout, .protocolError:
        if let result = plan?.standIn() { return session.reply(to: id, result: result) }
        session.reply(to: id, error: .rest(failure, service: service.name))
      }
    }
  }

  // MARK: From the run

  func noticed(_ notice: RESTNotice) {
    guard !isDone else { return }
    // Waiting is no progress: a lane must not keep a call alive for ever.
    if case .wait = notice {
    } else {
      deadline = min(EventLoop.now.advanced(byNanoseconds: patience), absoluteDeadline)
    }
    guard let line = notifier.line(for: notice) else { return }
    hasTold = true
    if session.isClogged {
      heldProgress = line
      session.holdsProgress = true
    } else {
      session.write(line)
    }
  }

  /// The client reads again: the newest progress of those it missed. Items it missed stand in
  /// the result as well.
  func releaseProgress() {
    guard let held = heldProgress, !isDone else { return }
    heldProgress = nil
    session.write(held)
  }

  // MARK: From the session

  func cancelled() {
    guard !isDone else { return }
    isDone = true
    report(.cancelled)
    plan?.ended(.cancelled)
    task?.cancel()
  }

  func deadlineReached(at now: Instant) {
    let wasSent = run?.hasSent ?? false
    guard now >= deadline, finish(deadlineOutcome(wasSent)) else { return }
    task?.cancel()
    let time = now >= absoluteDeadline ? session.absoluteTime : .nanoseconds(patience)
    session.reply(to: id, error: .timedOut(service: service.name, after: time, wasSent: wasSent))
  }

  func abandoned() {
    guard finish(.withheld) else { return }
    let wasSent = run?.hasSent ?? false
    task?.cancel()
    let failure = BackendFailure(
      .shuttingDown, wasSent: wasSent, detail: "The gateway is ending.")
    session.reply(to: id, error: .backend(failure, service: service.name))
  }

  /// Ends this attempt and leaves the call open.
  func leave(_ outcome: Outcome) {
    isDone = true
    report(outcome)
  }

  /// Whether this is the one moment to answer.
  private func finish(_ outcome: Outcome) -> Bool {
    guard !isDone else { return false }
    leave(outcome)
    plan?.ended(outcome)
    return session.ledger.close(id)
  }
}

extension CallError {
  /// A REST call that never got an answer.
  static func rest(_ failure: RESTFailure, service: String) -> CallError {
    var error: CallError
    switch failure.form {
    case .toolResult, .timeout:
      error = CallError(
        code: .timeout, message: failure.text, service: service, reason: "deadline",
        wasSent: failure.wasSent, outcome: failure.wasSent ? .unknown : .notExecuted,
        isRetryable: !failure.wasSent)
    case .protocolError(let reason):
      error = .backend(
        BackendFailure(
          reason, wasSent: failure.wasSent, detail: failure.text, retryAfter: failure.retryAfter),
        service: service)
      error.reason = failure.category.rawValue
    }
    error.retryAfter = failure.retryAfter
    return error
  }
}
