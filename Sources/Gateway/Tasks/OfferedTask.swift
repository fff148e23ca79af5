import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// A call that the gateway itself has made a task of, for a client that knows tasks.
///
/// The call goes on as calls do, but files its answer here. A task belongs to the era in which
/// it was made.
@EventLoop
final class OfferedTask {
  let id: [UInt8]
  let era: Era
  private(set) var description: TaskDescription
  /// What is asked of a modern client: the value of `inputRequests`; empty while nothing is.
  private(set) var inputRequests: [UInt8] = []
  /// The work, while it is not done.
  private(set) var work: (any TaskWork)?
  private var outcome: Outcome?
  /// `tasks/result` that wait for the end.
  private var waits: [TaskResultWait] = []
  private unowned let owner: OfferedTasks

  /// The value of `result` or of `error`, as the client is told it.
  private enum Outcome {
    case result([UInt8])
    case error([UInt8])
  }

  init(_ description: TaskDescription, of work: any TaskWork, era: Era, in owner: OfferedTasks) {
    id = description.id
    self.description = description
    self.work = work
    self.era = era
    self.owner = owner
  }

  var isOver: Bool { description.status.isTerminal }
  /// The id under which the session keeps its call: its own, which no client could make up.
  var ledgerID: RequestID {
    var quoted: [UInt8] = []
    JSON.appendQuoted(id, to: &quoted)
    return RequestID(scanned: ByteRange(start: 0, end: quoted.count), in: quoted.span.bytes)
  }
  /// Bytes that it keeps.
  var keptBytes: Int {
    switch outcome {
    case .result(let text), .error(let text): text.count
    case nil: 0
    }
  }

  // MARK: From the work

  /// The answer that would have gone to the client, whole.
  func answered(_ line: [UInt8]) {
    guard let envelope = try? Envelope.scan(line.span.bytes) else { return }
    if envelope.kind == .failure {
      return end(.failed, .error(JSON.copy(envelope.error, in: line.span.bytes)))
    }
    let result = JSON.copy(envelope.result, in: line.span.bytes)
    guard owner.hasRoom(for: result.count) else { return failed(.resultTooLarge) }
    let isError = JSON.copy(envelope.isError, in: line.span.bytes).elementsEqual("true".utf8)
    // What the model is told as a failure is one of the task as well (2025-11-25).
    end(isError && era == .legacy ? .failed : .completed, .result(result))
  }

  func failed(_ error: CallError) { end(.failed, .error(error.json())) }

  /// The work was given up, and nobody is owed an answer of it.
  func givenUp() { end(.cancelled, .error(CallError.taskCancelled.json())) }

  /// What the work says of its progress.
  ///
  /// - Parameter text: a JSON string.
  func say(_ text: [UInt8]) { description.say(text) }

  /// The client is asked something, or is no longer.
  ///
  /// - Parameter requests: the value of `inputRequests` for a modern client; empty for a legacy
  ///   one, which is sent requests.
  func asks(_ isAsking: Bool, _ requests: [UInt8] = []) {
    let isAnother = requests != inputRequests
    inputRequests = requests
    if !become(isAsking ? .inputRequired : .working), isAnother, !isOver { owner.changed(self) }
  }

  private func end(_ status: TaskStatus, _ outcome: Outcome) {
    guard !isOver else { return }
    work = nil
    inputRequests = []
    self.outcome = outcome
    owner.keeps(keptBytes)
    become(status)
    let waits = waits
    self.waits = []
    for wait in waits { wait.ended() }
  }

  @discardableResult
  private func become(_ status: TaskStatus) -> Bool {
    guard description.become(status, at: Log.timestamp()) else { return false }
    owner.changed(self)
    return true
  }

  // MARK: From the client

  func cancel() {
    guard let work, !isOver else { return }
    work.giveUpTask()
    givenUp()
  }

  func wait(_ wait: TaskResultWait) { waits.append(wait) }
  func forget(_ wait: TaskResultWait) { waits.removeAll { $0 === wait } }

  /// Everything that `tasks/get` tells, without braces.
  var members: [UInt8] {
    var text = description.members(in: era)
    guard era == .modern else { return text }
    switch outcome {
    case .result(let result): text += #","result":"#.utf8 + result
    case .error(let error) where description.status == .failed:
      text += #","error":"#.utf8 + error
    case .error, nil: break
    }
    if !inputRequests.isEmpty { text += #","inputRequests":"#.utf8 + inputRequests }
    return text
  }

  /// Answers `tasks/result` of a task that is over.
  func deliver(to id: RequestID, _ session: ClientSession) {
    switch outcome {
    case .result(let result):
      let bytes = result.span.bytes
      let whole = ByteRange(start: 0, end: result.count)
      let meta = JSON.rebuildObject(
        JSON.member("_meta", of: whole, in: bytes), in: bytes,
        dropping: { JSON.equals($0, MetaKey.relatedTask, in: bytes) },
        adding: TaskDescription.relatedMember(self.id))
      session.reply(
        to: id,
        result: JSON.rebuildObject(
          whole, in: bytes, dropping: { JSON.equals($0, "_meta", in: bytes) },
          adding: Array(#""_meta":"#.utf8) + meta))
    case .error(let error): session.reply(to: id, foreignError: error)
    case nil: session.reply(to: id, error: .taskCancelled)
    }
  }
}

/// What a task of the gateway is made of: a call.
@EventLoop
protocol TaskWork: ClientRequest {
  var session: ClientSession { get }
  /// The id under which the session keeps it.
  var id: RequestID { get set }
  var client: ClientContext { get }
  var isDone: Bool { get }
  var ownTask: OfferedTask? { get set }
  /// Whether it can become a task just now.
  var isFree: Bool { get }
  /// Nobody waits with a request in hand any more: of its deadlines only the last one holds.
  func becameTask()
  /// Ends the work; nothing more is said of it.
  func giveUpTask()
  /// The client has answered questions that were asked in `inputRequests`.
  func takeInput(_ responses: ByteRange, in line: UnsafeRawBufferPointer)
}

extension TaskWork {
  /// Answers the client with a task, under which the call goes on.
  ///
  /// - Returns: false if the call is over, is asking the client, or there are too many tasks;
  ///   it goes on as a call then.
  @discardableResult
  func becomeTask(in tasks: OfferedTasks, keptFor time: Int64?) -> Bool {
    guard !isDone, ownTask == nil, isFree, tasks.hasRoom,
      let task = tasks.make(of: self, era: client.era, keptFor: time)
    else { return false }
    let asked = id
    guard session.ledger.close(asked) else { return false }
    ownTask = task
    id = task.ledgerID
    becameTask()
    session.ledger.open(id, self)
    let members = task.description.members(in: client.era)
    session.reply(
      to: asked,
      result: client.era == .legacy
        ? Array(#"{"task":{"#.utf8) + members + Array("}}".utf8)
        : Array(#"{"resultType":"task","#.utf8) + members + [UInt8(ascii: ",")]
          + session.identity.meta + [UInt8(ascii: "}")])
    return true
  }

  /// Answers with an error of the gateway.
  func reply(_ error: CallError) {
    if let ownTask { return ownTask.failed(error) }
    session.reply(to: id, error: error)
  }
}

/// `tasks/result` of a legacy client, which waits for the end of the task.
@EventLoop
final class TaskResultWait: ClientRequest {
  let deadline: Instant
  private let id: RequestID
  private let task: OfferedTask
  private let session: ClientSession

  init(_ id: RequestID, for task: OfferedTask, session: ClientSession, until deadline: Instant) {
    self.id = id
    self.task = task
    self.session = session
    self.deadline = deadline
  }

  func ended() {
    if session.ledger.close(id) { task.deliver(to: id, session) }
  }

  func cancelled() { task.forget(self) }

  func deadlineReached(at now: Instant) {
    guard now >= deadline, session.ledger.close(id) else { return }
    task.forget(self)
    session.reply(to: id, error: .taskNotOver)
  }

  func abandoned() {
    guard session.ledger.close(id) else { return }
    task.forget(self)
    session.reply(to: id, error: .shuttingDown)
  }
}

extension CallError {
  static let taskCancelled = CallError(
    code: .invalidParams, message: "The task was cancelled.", reason: "task_cancelled",
    outcome: .unknown)

  static let taskNotOver = CallError(
    code: .timeout, message: "The task is not over; ask for its status with tasks/get.",
    reason: "task_deadline", isRetryable: true)

  static let resultTooLarge = CallError(
    code: .overloaded,
    message: "The result was too large to be kept with those of other tasks.",
    reason: "task_results_full", wasSent: true, outcome: .executed)

  static func tooManyTasks(_ limit: Int) -> CallError {
    CallError(
      code: .overloaded,
      message: "The gateway keeps \(limit) tasks already; call without `task`, or wait for one.",
      reason: "tasks_full", isRetryable: true)
  }
}
