import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// A task of the extension that a service has made of the call of a client that knows none.
@EventLoop
final class TaskPursuit {
  /// How often a service is asked that does not say how often it wants to be, and the bounds of
  /// what it may say.
  static let usualInterval: Int64 = 1_000
  static let intervals: ClosedRange<Int64> = 20...10_000

  enum Stage {
    /// The call is with the service, with the extension declared.
    case calling
    /// `tasks/get` is, or will be when the timer ends.
    case asking
    /// `tasks/update` is.
    case giving
  }

  var stage = Stage.calling
  /// The service's own id; empty until it is known.
  var id: [UInt8] = []
  var interval = Duration.milliseconds(usualInterval)
  /// Keys of questions that were answered; a service may go on listing them for a while.
  var given: Set<[UInt8]> = []
  var timer: LoopTimer?
}

/// Tools that modern services run as tasks only, called by legacy clients.
///
/// A call goes out as for a client without tasks. A service that refuses it for that, with -32021,
/// gets it again with the extension declared, and so do later calls of that tool at once. The
/// gateway then asks for the task until it is over, passes its questions on, and answers the call
/// with its result. Modern clients are told -32021: they can declare the extension.
extension Call {
  /// Keeps the request in case it has to be sent again; declares the extension for a tool that is
  /// known to need it.
  func prepareForTask(_ line: UnsafeRawBufferPointer, at backend: ServiceBackend) {
    guard service.makesExtensionTasks, client.era == .legacy, method == .toolsCall,
      backend.revision.era == .modern, extras?.pursuit == nil
    else { return }
    let input = input ?? CallInput()
    needExtras().input = input
    if let entry, service.feed.taskOnlyTools.contains(entry.ownName) {
      needExtras().pursuit = TaskPursuit()
    }
    guard input.original.isEmpty, keep(line.count) else { return }
    input.original = Array(line)
  }

  /// Whether the answer was not yet the end of the call.
  func pursuesTask(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    guard let pursuit = extras?.pursuit else { return declaresTasks(line, envelope) }
    switch pursuit.stage {
    case .calling:
      guard envelope.kind == .result,
        JSON.equals(envelope.resultType, "task", in: line.bytes)
      else { return false }
      begin(pursuit, TaskReport(envelope.result, meta: .absent, in: line.bytes))
      readInterval(envelope.result, in: line.bytes, pursuit)
      askLater(pursuit)
    case .asking:
      guard envelope.kind == .result else { return loses(pursuit) }
      hear(line, envelope, pursuit)
    case .giving:
      guard envelope.kind == .result else { return loses(pursuit) }
      askLater(pursuit)
    }
    return true
  }

  /// The service refuses the call because the client knows no tasks: it is sent again as that of
  /// one that does.
  private func declaresTasks(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    let bytes = line.bytes
    guard envelope.kind == .failure, let input, !input.original.isEmpty,
      service.makesExtensionTasks, client.era == .legacy, let entry,
      JSON.integer(envelope.errorCode, in: bytes)
        == Int64(ErrorCode.missingClientCapability.rawValue)
    else { return false }
    let data = JSON.member("data", of: envelope.error, in: bytes)
    let needed = JSON.member(
      "extensions", of: JSON.member("requiredCapabilities", of: data, in: bytes), in: bytes)
    guard !JSON.member("io.modelcontextprotocol/tasks", of: needed, in: bytes).isAbsent else {
      return false
    }
    service.feed.taskOnlyTools.insert(entry.ownName)
    extras?.pursuit = TaskPursuit()
    input.original.withUnsafeBytes { line in
      guard let envelope = try? Envelope.scan(line.bytes) else { return }
      start(line, envelope)
    }
    return true
  }

  /// A service that has made a task has had the call, whatever of the questions about it was sent.
  func afterTask(_ failure: BackendFailure) -> BackendFailure {
    guard let pursuit = extras?.pursuit, !pursuit.id.isEmpty else { return failure }
    var failure = failure
    failure.wasSent = true
    return failure
  }

  /// The error is the answer of the call, and the task is none any more.
  private func loses(_ pursuit: TaskPursuit) -> Bool {
    service.feed.tasks.ended(pursuit.id)
    extras?.pursuit = nil
    return false
  }

  private func begin(_ pursuit: TaskPursuit, _ report: TaskReport) {
    guard let id = report.id else { return breachOfProtocol("answers with a task without an id") }
    pursuit.id = id
    pursuit.stage = .asking
    // While it is open, the process is not stopped for idleness, and its progress is passed on.
    service.feed.tasks.made(
      id, by: upstreamID, token: ownTask == nil ? token.bytes : [],
      keptFor: report.time.map { .milliseconds($0) }, at: EventLoop.turnTime)
  }

  private func readInterval(_ task: ByteRange, in bytes: RawSpan, _ pursuit: TaskPursuit) {
    let said = JSON.integer(JSON.member("pollIntervalMs", of: task, in: bytes), in: bytes)
    let bounds = TaskPursuit.intervals
    pursuit.interval = .milliseconds(
      min(max(said ?? TaskPursuit.usualInterval, bounds.lowerBound), bounds.upperBound))
  }

  private func askLater(_ pursuit: TaskPursuit) {
    guard !isDone else { return }
    pursuit.stage = .asking
    let timer = pursuit.timer ?? LoopTimer { [unowned self] in askAgain() }
    pursuit.timer = timer
    // The service has said when it wants to be asked: its silence counts from then on.
    clock.progressed(at: EventLoop.turnTime + pursuit.interval)
    timer.start(after: pursuit.interval)
  }

  private func askAgain() {
    guard let pursuit = extras?.pursuit, !isDone else { return }
    withExtendedLifetime(pursuit) { request(.tasksGet, of: pursuit) }
  }

  /// - Parameter members: more parameters, each with a comma before it.
  private func request(_ method: Method, of pursuit: TaskPursuit, _ members: [UInt8] = []) {
    guard let backend, backend.isAccepting else {
      let detail = "Service '\(service.name)' ended while it worked on a task."
      return failed(BackendFailure(.lost, wasSent: true, detail: detail))
    }
    upstreamID = backend.nextID
    backend.send(
      Messages.taskRequest(
        upstreamID, method, pursuit.id, adding: members, envelope: toldProfile.envelope),
      for: self)
  }

  // MARK: What the service tells

  private func hear(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, _ pursuit: TaskPursuit
  ) {
    let bytes = line.bytes
    let status = JSON.member("status", of: envelope.result, in: bytes)
    func value(_ key: StaticString) -> ByteRange {
      JSON.member(key, of: envelope.result, in: bytes)
    }
    if JSON.equals(status, "completed", in: bytes) {
      end(pursuit, with: "result", JSON.copy(value("result"), in: bytes))
    } else if JSON.equals(status, "failed", in: bytes) {
      end(pursuit, with: "error", JSON.copy(value("error"), in: bytes))
    } else if JSON.equals(status, "cancelled", in: bytes) {
      end(pursuit, with: "error", [])
    } else {
      // It works on it and says so: the soft deadline moves on, up to the absolute one.
      let message = value("statusMessage")
      if JSON.isString(message, in: bytes) { ownTask?.say(JSON.copy(message, in: bytes)) }
      readInterval(envelope.result, in: bytes, pursuit)
      let asks = JSON.equals(status, "input_required", in: bytes)
      if asks, takesQuestions(line, envelope, pursuit) { return }
      askLater(pursuit)
    }
  }

  /// The task is over: the call has the answer that it would have had without it.
  ///
  /// - Parameter value: empty where the service gave none.
  private func end(_ pursuit: TaskPursuit, with member: StaticString, _ value: [UInt8]) {
    service.feed.tasks.ended(pursuit.id)
    extras?.pursuit = nil
    var value = value
    if value.isEmpty {
      guard member.description == "error" else {
        return breachOfProtocol("has completed a task without a result")
      }
      value =
        CallError(
          code: .backendLost,
          message: "Service '\(service.name)' has given up the task that it made of the call.",
          service: service.name, reason: "task_cancelled", wasSent: true, outcome: .unknown
        ).json()
    }
    let head = #"{"jsonrpc":"2.0","id":\#(upstreamID),"\#(member)":"#
    let line = Array(head.utf8) + value + [UInt8(ascii: "}")]
    line.withUnsafeBytes { line in
      guard let envelope = try? Envelope.scan(line.bytes) else {
        return breachOfProtocol("has ended a task with something that is no result")
      }
      answered(line, envelope)
    }
  }

  // MARK: Questions

  /// Whether the client is asked something that it was not asked before.
  private func takesQuestions(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, _ pursuit: TaskPursuit
  ) -> Bool {
    let requests = JSON.member("inputRequests", of: envelope.result, in: line.bytes)
    let edits = Asking.edits(inRequests: requests, in: line.bytes, service)
    let edited = Splice(edits).applied(to: line.bytes)
    guard let envelope = try? Envelope.scan(edited.span.bytes) else { return false }
    do throws(InputRound.Fault) {
      var round = try InputRound(envelope.result, in: edited.span.bytes)
      round.leaveOut { pursuit.given.contains($0) }
      guard !round.entries.isEmpty else { return false }
      pursuit.given.formUnion(round.entries.map(\.key))
      ask(round)
    } catch {
      breachOfProtocol(error.text)
    }
    return true
  }

  /// The client has answered all that the task asked.
  func giveToTask(_ round: InputRound) {
    guard let pursuit = extras?.pursuit else { return }
    pursuit.stage = .giving
    request(.tasksUpdate, of: pursuit, [UInt8(ascii: ",")] + round.members)
  }

  /// The call ends without its task having ended: nobody waits for that any more.
  func abandonTask() {
    guard let pursuit = extras?.pursuit else { return }
    extras?.pursuit = nil
    pursuit.timer?.stop()
    guard !pursuit.id.isEmpty else { return }
    service.feed.tasks.ended(pursuit.id)
    guard let backend, backend.isAccepting else { return }
    let envelope = service.profile(of: client.profile).withTasks.envelope
    backend.send(
      Messages.taskRequest(
        backend.nextID, .tasksCancel, pursuit.id, adding: [], envelope: envelope),
      for: UnheededExchange())
  }
}
