import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// A `tools/call` for a REST service: a run of the tool's plan, and its one answer.
///
/// It stands in the session's ledger under the client's id like a `Call`, and whoever takes it
/// out (the end of the run, a cancel, the deadline, the end of the gateway) settles it; the run is
/// then cancelled, and with it every request that is under way or was still to come.
@EventLoop
final class RESTCall: ClientRequest, RESTRunObserver {
  let session: ClientSession
  var id: RequestID
  let client: ClientContext
  let service: RESTService
  let entry: Catalogue.Entry
  let startedAt: Instant
  private let tool: SharedTool
  private var notifier: RESTNotifier

  /// Soft: moved on by progress. Never beyond `absoluteDeadline`.
  private(set) var deadline: Instant
  private var absoluteDeadline: Instant
  private var patience: Int64
  private var run: RESTRun?
  private var task: Task<Void, Never>?
  private(set) var isDone = false
  /// The task that the gateway has made of it; its answer goes there.
  var ownTask: OfferedTask?
  /// It alone tells the open breaker of its service whether calls may pass again.
  var isProbe = false
  /// What is known of the call beyond this attempt.
  var plan: CallPlan?
  /// The client's span, where spans are wanted.
  var trace: TraceParent?
  var hasTold = false
  /// The log messages that a modern client wants while this is in flight.
  private var logLevel: LogLevel?
  private var isTruncated = false
  private var heldProgress: [UInt8]?

  init(
    session: ClientSession, id: RequestID, client: ClientContext, service: RESTService,
    entry: Catalogue.Entry, tool: SharedTool, notifier: RESTNotifier, times: CallTimes,
    logLevel: LogLevel? = nil
  ) {
    self.logLevel = logLevel
    if let logLevel { service.logWishes.add(logLevel) }
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
  func start(_ arguments: consuming [UInt8]) {
    let run = RESTRun(tool, on: service.backend, observer: self)
    self.run = run
    switch run.begin(arguments, onEnd: { [self] in ended($0, run) }) {
    case .ended(let outcome): settle(outcome)
    case .sent: break
    case .needsTask: goOn(run)
    }
  }

  private func ended(_ outcome: Result<RESTResult, RESTFailure>?, _ run: RESTRun) {
    if let outcome { settle(outcome) } else { goOn(run) }
  }

  private func goOn(_ run: RESTRun) {
    task = Task(executorPreference: EventLoop.executor) { await self.perform(run) }
  }

  private func perform(_ run: RESTRun) async {
    guard !isDone else { return }
    settle(await run.outcome())
  }

  private func settle(_ outcome: Result<RESTResult, RESTFailure>) {
    isTruncated = run?.isTruncated ?? false
    run = nil
    if let plan, !isDone, handsOver(outcome, to: plan) { return }
    if finish(Outcome(outcome), isAnswered: true) { answer(outcome) }
    plan?.releaseWaiters(Outcome(outcome))
  }

  /// Ends every request under way and begins none.
  private func stop() {
    task?.cancel()
    run?.cancel()
    run = nil
  }

  private func answer(_ outcome: Result<RESTResult, RESTFailure>) {
    switch outcome {
    case .success(let result):
      var answer = ToolResult(result, for: client, from: session.identity)
      plan?.keep(answer, .answered, isWhole: !isTruncated)
      if let plan, plan.number > 1 { answer.note = plan.meta(.answered) }
      reply(answer)
    case .failure(let failure):
      switch failure.form {
      case .toolResult:
        reply(ToolResult(failure, for: client, from: session.identity))
      case .timeout, .protocolError:
        if ownTask == nil, let result = plan?.standIn() {
          return session.reply(to: id, result: result)
        }
        let error = CallError.rest(failure, service: service.name)
        reply(plan.map { $0.number > 1 ? $0.closing(error, attempts: $0.number) : error } ?? error)
      }
    }
  }

  private func reply(_ result: ToolResult) {
    if let ownTask { return ownTask.answered(result) }
    session.reply(to: id, result)
  }

  // MARK: From the run

  func noticed(_ notice: RESTNotice) {
    guard !isDone else { return }
    // Waiting is no progress: a lane must not keep a call alive for ever.
    if case .wait = notice {
    } else {
      deadline = min(EventLoop.now.advanced(byNanoseconds: patience), absoluteDeadline)
    }
    // A task tells of itself.
    guard ownTask == nil, let line = notifier.line(for: notice) else { return }
    hasTold = true
    if session.isClogged {
      heldProgress = line
      session.holdsProgress = true
    } else {
      session.write(line)
    }
  }

  func meetsLimit() {
    if !isDone { session.delegate?.callsWait(for: service) }
  }

  /// The client reads again: the newest progress of those it missed. Items it missed stand in
  /// the result as well.
  func releaseProgress() {
    guard let held = heldProgress, !isDone else { return }
    heldProgress = nil
    session.write(held)
  }

  /// Of its deadlines only the last one holds from now on.
  func waitAsTask() {
    heldProgress = nil
    wantsNoLog()
    patience = session.absoluteTime.inNanoseconds
    absoluteDeadline = EventLoop.now.advanced(byNanoseconds: patience)
    deadline = absoluteDeadline
  }

  // MARK: From the session

  func cancelled() {
    guard !isDone else { return }
    isDone = true
    report(.cancelled)
    wantsNoLog()
    plan?.ended(.cancelled)
    plan?.releaseWaiters(.cancelled)
    stop()
    ownTask?.givenUp()
  }

  func deadlineReached(at now: Instant) {
    let wasSent = run?.hasSent ?? false
    guard now >= deadline, finish(deadlineOutcome(wasSent)) else { return }
    stop()
    let time = now >= absoluteDeadline ? session.absoluteTime : .nanoseconds(patience)
    reply(.timedOut(service: service.name, after: time, wasSent: wasSent))
  }

  func abandoned() {
    guard finish(.withheld) else { return }
    let wasSent = run?.hasSent ?? false
    stop()
    let failure = BackendFailure(
      .shuttingDown, wasSent: wasSent, detail: "The gateway is ending.")
    reply(.backend(failure, service: service.name))
  }

  /// Ends this attempt and leaves the call open.
  func leave(_ outcome: Outcome) {
    isDone = true
    report(outcome)
    wantsNoLog()
  }

  private func wantsNoLog() {
    if let logLevel { service.logWishes.remove(logLevel) }
    logLevel = nil
  }

  /// Whether this is the one moment to answer.
  ///
  /// - Parameter isAnswered: the caller tells those who wait for an equal call, when it has kept the
  ///   answer.
  private func finish(_ outcome: Outcome, isAnswered: Bool = false) -> Bool {
    guard !isDone else { return false }
    leave(outcome)
    plan?.ended(outcome)
    if !isAnswered { plan?.releaseWaiters(outcome) }
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
