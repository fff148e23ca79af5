import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience

/// One request of the client on its way through one service: `tools/call`,
/// `prompts/get`, `resources/read` or `completion/complete`.
///
/// It is filed twice, in the session under the client's id and in the backend
/// under ours, and whoever takes it out first answers it; the other then finds
/// nothing. That is how every id gets exactly one answer, whatever dies.
@EventLoop
final class Call: ServiceRequest, ClientRequest {
  let session: ClientSession
  /// The client's id, byte for byte.
  var id: RequestID
  private(set) var client: ClientContext
  let method: Method
  let service: Service
  /// What is called, as the client sees it; nil where the request names nothing of the catalogue.
  let entry: Catalogue.Entry?
  /// The client's progress token as it wrote it; empty if it wants no progress.
  private(set) var token: ShortBytes
  /// Where the request says what it is about; absent where it does not.
  private var nameRange: ByteRange

  var clock: CallClock
  var deadline: Instant { clock.deadline }
  /// What only some calls have; most never make one.
  var extras: CallExtras?
  /// What is known of the call beyond this attempt; nil where it is sent once and not kept.
  var plan: CallPlan?
  var lastProgress = -Double.infinity
  private(set) var backend: ServiceBackend?
  var upstreamID: UInt64 = 0
  /// When the request went to the service, and its size.
  private(set) var sentAt = Instant.zero
  private(set) var sentBytes = 0
  let isGuarded = true
  var taskRole: TaskRole
  private(set) var isDone = false
  /// The log messages that a modern client wants while this is in flight.
  var logLevel: LogLevel?

  init(
    session: ClientSession, id: RequestID, client: ClientContext, method: Method,
    service: Service, entry: Catalogue.Entry?, token: ShortBytes, nameRange: ByteRange,
    times: CallTimes, logLevel: LogLevel? = nil, taskRole: TaskRole = .none, plan: CallPlan? = nil
  ) {
    self.plan = plan
    self.session = session
    self.id = id
    self.client = client
    self.method = method
    self.service = service
    self.entry = entry
    self.token = token
    self.nameRange = nameRange
    clock = CallClock(times)
    self.logLevel = logLevel
    self.taskRole = taskRole
  }

  /// Serves another call of the same entry at the same service, when this one is over and nobody
  /// else has it: a new object for each took longer than a plan decides.
  func begin(
    again id: RequestID, client: ClientContext, token: ShortBytes, nameRange: ByteRange,
    times: CallTimes, logLevel: LogLevel?, taskRole: TaskRole, plan: CallPlan
  ) {
    self.plan = plan
    self.id = id
    self.client = client
    self.token = token
    self.nameRange = nameRange
    clock = CallClock(times)
    self.logLevel = logLevel
    self.taskRole = taskRole
    lastProgress = -.infinity
    (sentBytes, isDone) = (0, false)
  }

  /// It is over: until it begins again it holds no backend.
  func rest() { backend = nil }

  /// Sends the call now, or keeps it until its service is ready.
  func start(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    if let backend = service.openBackend {
      forward(line, envelope, to: backend)
    } else {
      needExtras().kept = (Array(line), envelope)
      service.submit(self)
    }
  }

  func send(on backend: ServiceBackend) {
    guard let kept = extras?.kept else { return }
    extras?.kept = nil
    kept.line.withUnsafeBytes { forward($0, kept.envelope, to: backend) }
  }

  private func forward(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, to backend: ServiceBackend
  ) {
    let limit = session.limits.queuedBytes
    if backend.queuedBytes > 0, backend.queuedBytes + line.count > limit {
      let detail = "Service '\(service.name)' does not read its stdin; its queue is full."
      return failed(BackendFailure(.overloaded, wasSent: false, detail: detail))
    }
    self.backend = backend
    service.callLoad.running += 1
    sentAt = EventLoop.turnTime
    sentBytes = line.count
    // It may send a request of its own, which takes the next id.
    if logLevel != nil { service.host.levelIsWanted(of: service, on: backend) }
    if service.hasTasks { prepareForTask(line, at: backend) }
    upstreamID = backend.nextID
    Translation.request(
      line, envelope, to: backend.revision, id: upstreamID, name: ownName,
      for: prepareForInput(line, at: backend),
      logLevel: client.era == .modern ? logLevel : session.logLevel, splice: &session.splice)
    if let state = extras?.requestState, !state.isEmpty {
      session.splice.replace(envelope.requestState, with: state)
    }
    askForTask(envelope)
    hideWish(line, envelope)
    backend.send(line, edited: &session.splice, for: self)
  }

  /// Where the request says what it is about, and what the service calls that, as JSON; `nil` if
  /// that is the same.
  private var ownName: (range: ByteRange, own: [UInt8])? {
    if let own = extras?.ownName { return (nameRange, own) }
    guard let entry, !nameRange.isAbsent, let own = entry.newName(for: service.index) else {
      return nil
    }
    return (nameRange, own)
  }

  // MARK: From the backend

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    if extras != nil || !envelope.resultType.isAbsent || envelope.kind == .failure,
      !isDone, takesAsInput(line, envelope)
    {
      return
    }
    if service.hasTasks, !isDone, takesAsTask(line, envelope) { return }
    let outcome = Outcome(line, envelope)
    guard finish(outcome, bytes: line.count, isAnswered: true) else {
      plan?.releaseWaiters(outcome)
      return
    }
    // Kept for a slow client: it comes before the answer or not at all.
    if let held = extras?.heldProgress { session.write(held) }
    if envelope.kind == .failure { doubtList(line, envelope) }
    answer(line, envelope, outcome)
    over(outcome)
  }

  /// Fills the session's splice with what makes the service's answer the client's.
  func translate(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard let revision = backend?.revision else { return }
    Translation.answer(
      line, envelope, from: revision, to: client.revision, as: session.identity, method: method,
      id: id, splice: &session.splice)
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard !isDone, input?.isParked != true else { return }
    let value = progressValue(line, envelope)
    // It MUST increase; what does not is dropped (row B28).
    guard value > lastProgress else { return }
    lastProgress = value
    clock.progressed(at: EventLoop.turnTime)
    if let ownTask { return taskProgressed(ownTask, line, envelope) }
    guard !token.isEmpty else { return }
    session.splice.removeAll()
    session.splice.replace(envelope.progressToken, with: token)
    if session.isClogged {
      needExtras().heldProgress = session.splice.applied(to: line.bytes)
      session.holdsProgress = true
    } else {
      // What was held is older than this.
      extras?.heldProgress = nil
      session.writeEdited(line)
    }
  }

  /// The client reads again: the newest progress of those it missed.
  func releaseProgress() {
    guard let held = extras?.heldProgress, !isDone else { return }
    extras?.heldProgress = nil
    session.write(held)
  }

  func failed(_ reported: BackendFailure) {
    let failure = afterTask(reported)
    if let input, input.isParked {
      input.outcome = input.outcome ?? .failure(failure)
      return
    }
    if failure.wasSent { service.lastTrouble = failure.detail }
    if let plan, !isDone, handsOver(failure, to: plan) { return }
    guard finish(Outcome(failure)), !standsIn() else { return }
    reply(counted(.backend(failure, service: service.name)))
  }

  // MARK: From the session

  /// The session has removed the call already: nothing may be answered.
  func cancelled() { endUnheard(reason: "cancelled by the client") }

  /// Ends the call without an answer: nobody waits for one.
  func endUnheard(reason: StaticString) {
    guard !isDone else { return }
    isDone = true
    letGo(reason: reason)
    endInput()
    ownTask?.givenUp()
    report(.cancelled, bytes: 0)
    if let logLevel { service.feed.logWishes.remove(logLevel) }
    plan?.ended(.cancelled)
    plan?.releaseWaiters(.cancelled)
  }

  /// The client asks again for what it asked before, under another id.
  func take(over request: Incoming) {
    id = request.id
    client = request.client
    token = ShortBytes(request.envelope.progressToken, in: request.line.bytes)
    // Another token is another progress.
    lastProgress = -.infinity
  }

  func deadlineReached(at now: Instant) {
    let wasSent = backend != nil
    guard now >= deadline, finish(deadlineOutcome) else { return }
    letGo(reason: "deadline exceeded")
    if standsIn() { return }
    let time = clock.isExhausted(at: now) ? session.absoluteTime : service.manifest.limits.timeout
    guard let hint = extras?.hint else {
      return reply(counted(.timedOut(service: service.name, after: time, wasSent: wasSent)))
    }
    let failure = BackendFailure(.protocolError, wasSent: wasSent, detail: hint)
    reply(.backend(failure, service: service.name))
  }

  func missed(_ hint: String) { needExtras().hint = hint }

  func abandoned() {
    guard finish(.withheld) else { return }
    let wasSent = backend != nil
    letGo(reason: "the gateway is ending")
    let failure = BackendFailure(
      .shuttingDown, wasSent: wasSent, detail: "The gateway is ending.")
    reply(.backend(failure, service: service.name))
  }

  private func letGo(reason: StaticString) {
    extras?.kept = nil
    if let backend {
      cancelBridgedTask()
      backend.cancel(upstreamID, reason: reason)
    } else {
      service.withdraw(self)
    }
  }

  /// Whether this is the one moment to answer.
  ///
  /// - Parameters:
  ///   - bytes: of the service's answer.
  ///   - isAnswered: the caller tells those who wait for an equal call, when it has kept the answer.
  func finish(_ outcome: Outcome = .answered, bytes: Int = 0, isAnswered: Bool = false) -> Bool {
    guard !isDone else { return false }
    leave(outcome, bytes: bytes)
    plan?.ended(outcome)
    if !isAnswered { plan?.releaseWaiters(outcome) }
    return session.ledger.close(id)
  }

  /// Ends this attempt and leaves the call open.
  func leave(_ outcome: Outcome, bytes: Int = 0) {
    isDone = true
    if input != nil || clock.isPaused { endInput() }
    // It may be the failure that its service gets no more calls for: its client hears of that.
    report(outcome, bytes: bytes)
    if let logLevel { service.feed.logWishes.remove(logLevel) }
  }

  /// Nothing needs to be asked any more in the course of the call.
  private func endInput() {
    session.reverse.ended(self)
    abandonTask()
    withdrawWaiting(because: "The call has ended.")
    releaseKept()
  }
}
