import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// A call that is, or may become, a task of the gateway's own.
extension Call: TaskWork {
  var isFree: Bool { !clock.isPaused && input?.isParked != true }

  func becameTask() {
    extras?.heldProgress = nil
    // The request is answered, and with it what was to be told in its course.
    if let logLevel { service.feed.logWishes.remove(logLevel) }
    logLevel = nil
    let absolute = session.absoluteTime.inNanoseconds
    clock = CallClock(CallTimes(start: EventLoop.now, patience: absolute, absolute: absolute))
  }

  /// 128 random bits: nobody comes upon one by trying.
  static func randomText() -> [UInt8] {
    let words: [UInt64] = [.random(in: 0 ... .max), .random(in: 0 ... .max)]
    return words.flatMap(StateSeal.hex)
  }

  /// Fills the splice with what takes the wish for a task out of a request.
  ///
  /// A service without tasks is not told of it.
  func hideWish(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard case .offerable = taskRole, !envelope.task.isAbsent else { return }
    var end: Int?
    var range = ByteRange.absent
    var isFirst = false
    JSON.forEachMember(of: envelope.params, in: line.bytes) { key, value in
      if range.isAbsent, JSON.equals(key, "task", in: line.bytes) {
        isFirst = end == nil
        range = ByteRange(start: end ?? key.start, end: value.end)
      } else if isFirst {
        // The comma behind it goes with it.
        range = ByteRange(start: range.start, end: key.start)
        isFirst = false
      }
      end = value.end
    }
    session.splice.replace(range, with: [])
  }

  /// A service's progress on a call that is a task.
  func taskProgressed(_ task: OfferedTask, _ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let bytes = line.bytes
    let message = JSON.member("message", of: envelope.params, in: bytes)
    if JSON.isString(message, in: bytes) { task.say(JSON.copy(message, in: bytes)) }
    // The modern era knows no progress of what was answered.
    guard client.era == .legacy, !token.isEmpty, !session.isClogged else { return }
    session.splice.removeAll()
    session.splice.replace(envelope.progressToken, with: token)
    let related = TaskDescription.relatedMember(task.id)
    if envelope.meta.isAbsent {
      session.splice.insert(at: envelope.params.start + 1) {
        $0 += Array(#""_meta":{"#.utf8) + related + Array("},".utf8)
      }
    } else {
      session.splice.replace(
        envelope.meta,
        with: JSON.rebuildObject(
          envelope.meta, in: bytes,
          dropping: { JSON.equals($0, MetaKey.relatedTask, in: bytes) }, adding: related))
    }
    session.writeEdited(line)
  }

  // MARK: Answers

  /// Writes the answer, which the session's splice makes of `line`, to whom it is for.
  func write(_ line: UnsafeRawBufferPointer) {
    if let ownTask { return ownTask.answered(session.splice.applied(to: line.bytes)) }
    session.writeEdited(line)
  }

  // MARK: TaskWork

  func giveUpTask() {
    guard !isDone else { return }
    _ = session.ledger.close(id)
    endUnheard(reason: "the task was cancelled")
  }

  func takeInput(_ responses: ByteRange, in line: UnsafeRawBufferPointer) {
    guard let input, let ownTask, !isDone else { return }
    if let round = input.round {
      JSON.forEachMember(of: responses, in: line.bytes) { key, response in
        guard JSON.isObject(response, in: line.bytes),
          let index = round.index(ofKey: key, in: line.bytes)
        else { return }
        input.round?.answer(index, with: JSON.copy(response, in: line.bytes))
      }
      guard input.round?.isComplete == true else {
        return ownTask.asks(true, input.round?.openRequests ?? [])
      }
      resumeClock()
      return tryAgainIfComplete()
    }
    give(responses, in: line)
    if input.waiting.isEmpty { resumeClock() } else { ownTask.asks(true, waitingRequests) }
  }

  /// Asks a modern client what its legacy service wants to know, through the task.
  func askThroughTask() {
    guard let input, let ownTask, !isDone, !input.waiting.isEmpty else { return }
    giveKeys()
    input.rounds += 1
    if !clock.isPaused { pauseClock() }
    ownTask.asks(true, waitingRequests)
  }

  /// The service does not want the answer to its request `id` any more.
  func withdrawWaiting(_ id: [UInt8]) {
    guard let input, input.waiting.contains(where: { $0.id == id }) else { return }
    input.waiting.removeAll { $0.id == id }
    guard let ownTask, clock.isPaused else { return }
    if input.waiting.isEmpty { resumeClock() } else { ownTask.asks(true, waitingRequests) }
  }

  var mayBecomeTask: Bool { if case .offerable = taskRole { true } else { false } }

  /// What a modern service is told of the client: nothing of tasks where we make them.
  var toldProfile: ClientProfile {
    let profile = service.profile(of: client.profile)
    if extras?.pursuit != nil { return profile.withTasks }
    return mayBecomeTask && profile.hasTasks ? profile.withoutTasks : profile
  }

  private var waitingRequests: [UInt8] {
    InputRound.requests(
      (input?.waiting ?? []).compactMap { waiting in
        waiting.key.map { (key: $0, question: waiting.question) }
      })
  }

  /// The round of a modern service, asked through the task of a modern client.
  func askThroughTask(_ round: InputRound) {
    guard let ownTask else { return }
    if !clock.isPaused { pauseClock() }
    ownTask.asks(true, round.openRequests)
    if round.isComplete {
      resumeClock()
      tryAgainIfComplete()
    }
  }
}
