import Backend
import Loop
import MCP
import RawJSON

/// A call of a modern client whose legacy service asks something in its course.
///
/// The call is answered `input_required` and stays with the service; the client comes back with
/// the answers and waits on under a new id. Whoever does not come back in time has given it up.
extension Call {
  /// Asks the client a question of the service by parking the call; nil if it is asked.
  func park(_ question: Question, _ id: [UInt8]) -> Question.Refusal? {
    let input = input ?? CallInput()
    guard input.isParked || input.rounds < InputRound.limit else {
      return Question.Refusal(
        code: .overloaded, text: "The client was asked \(InputRound.limit) times in this call.")
    }
    guard input.isParked || session.reverse.lot.hasRoom else {
      return Question.Refusal(code: .overloaded, text: "Too many calls wait for the client.")
    }
    needExtras().input = input
    input.waiting.append(CallInput.Waiting(id: id, question: question))
    // What the service asks in one go is asked in one go.
    if ownTask != nil || !input.isParked && input.waiting.count == 1 {
      EventLoop.atEndOfTurn { [self] in askByResult() }
    }
    return nil
  }

  private func askByResult() {
    if ownTask != nil { return askThroughTask() }
    guard let input, !input.isParked, !input.waiting.isEmpty, !isDone, session.ledger.close(id)
    else { return }
    input.rounds += 1
    input.isParked = true
    clock.pause(at: EventLoop.now)
    extras?.heldProgress = nil
    for index in input.waiting.indices { input.waiting[index].key = nil }
    giveKeys()
    let entries = input.waiting.map { (key: $0.key ?? [], question: $0.question) }
    let reverse = session.reverse
    let token = Self.parkingToken()
    let until = reverse.expiry
    _ = reverse.lot.park(self, under: token, until: until)
    reverse.schedule(until)
    let quote: [UInt8] = [UInt8(ascii: "\"")]
    replyInputRequired(entries, state: quote + token + quote)
  }

  /// Names the questions that have no name yet; no name comes twice in one call.
  func giveKeys() {
    guard let input else { return }
    for index in input.waiting.indices where input.waiting[index].key == nil {
      input.keys += 1
      input.waiting[index].key = Array(String(input.keys).utf8)
    }
  }

  /// What a token of a parked call begins with; a sealed state begins otherwise.
  static let parkingMark = Array("p.".utf8)

  private static func parkingToken() -> [UInt8] { parkingMark + randomText() }

  /// The client has come back: its answers go to the service, and the call goes on under the new
  /// request's id.
  func comeBack(with request: Incoming) {
    guard let input, input.isParked else { return }
    input.isParked = false
    take(over: request)
    session.ledger.open(id, self)
    resumeClock()
    give(
      JSON.member("inputResponses", of: request.envelope.params, in: request.line.bytes),
      in: request.line)
    if let outcome = input.outcome {
      input.outcome = nil
      return deliver(outcome)
    }
    guard !input.waiting.isEmpty else { return }
    // What was not answered is asked again, with what was asked meanwhile.
    if input.rounds < InputRound.limit { return askByResult() }
    withdrawWaiting(because: "The client was asked too often in this call.")
  }

  /// Hands the client's answers to the service that asked.
  func give(_ responses: ByteRange, in line: UnsafeRawBufferPointer) {
    guard let input, let backend else { return }
    let bytes = line.bytes
    JSON.forEachMember(of: responses, in: bytes) { key, response in
      guard JSON.isObject(response, in: bytes), let name = JSON.string(key, in: bytes),
        let index = input.waiting.firstIndex(where: { $0.key == name })
      else { return }
      let question = input.waiting.remove(at: index)
      backend.answer(question.id, Array(#""result":"#.utf8) + JSON.copy(response, in: bytes))
    }
  }

  private func deliver(_ outcome: CallInput.Outcome) {
    releaseKept()
    switch outcome {
    case .failure(let failure): failed(failure)
    case .line(let line):
      line.withUnsafeBytes { line in
        guard let envelope = try? Envelope.scan(line.bytes) else { return }
        answered(line, envelope)
      }
    }
  }

  /// The service has answered while the client was away.
  func keepOutcome(_ line: UnsafeRawBufferPointer) {
    guard let input, input.outcome == nil else { return }
    guard keep(line.count) else {
      let detail =
        "Service '\(service.name)' sent an answer too large to be kept while the client was asked."
      input.outcome = .failure(BackendFailure(.protocolError, wasSent: true, detail: detail))
      return
    }
    input.outcome = .line(Array(line))
  }

  /// The client has not come back.
  func parkingExpired() {
    endUnheard(reason: "the client did not come back")
  }

  /// The questions that nobody will answer any more are answered for the client.
  func withdrawWaiting(because why: StaticString) {
    guard let input else { return }
    for question in input.waiting {
      backend?.answer(question.id, question.question.withdrawal(because: why))
    }
    input.waiting.removeAll()
  }

  // MARK: What is kept

  /// Whether so many bytes more may be kept for this call.
  func keep(_ count: Int) -> Bool {
    let reverse = session.reverse
    guard reverse.kept + count <= ReverseRequests.keptBytes else { return false }
    reverse.kept += count
    input?.kept += count
    return true
  }

  func releaseKept() {
    guard let input else { return }
    session.reverse.kept -= input.kept
    input.kept = 0
  }

  /// Keeps the request for another round, if the service may ask for one; returns what a modern
  /// service is told of the client, and nil for a legacy one.
  func prepareForInput(_ line: UnsafeRawBufferPointer, at backend: ServiceBackend)
    -> ClientProfile?
  {
    guard backend.revision.era == .modern else { return nil }
    let profile = toldProfile
    guard client.era == .legacy || mayBecomeTask, method.mayAskForInput,
      !profile.abilities.isEmpty
    else { return profile }
    if input?.original.isEmpty == false { return profile }
    let input = input ?? CallInput()
    needExtras().input = input
    // Without its request the call could not be tried again, so that nothing may be asked.
    guard keep(line.count) else { return ClientProfile.none }
    input.original = Array(line)
    return profile
  }
}

/// The way back of a request that brings a `requestState`.
extension Gateway {
  /// Resumes what was parked, or says what the service is given as its state.
  ///
  /// - Returns: whether the request has been taken care of.
  func takesAsReturn(
    _ request: Incoming, on service: Service, _ entry: Catalogue.Entry?, state: inout [UInt8]
  ) throws(CallError) -> Bool {
    let text = JSON.copy(request.envelope.requestState, in: request.line.bytes)
    let method = request.envelope.method
    let now = EventLoop.now
    guard JSON.isString(request.envelope.requestState, in: request.line.bytes) else {
      throw .invalidParams("params.requestState must be a string.")
    }
    let scope = Call.inputScope(service, method, entry)
    if text.dropFirst().starts(with: Call.parkingMark) {
      let token = Array(text.dropFirst().dropLast())
      guard let call = session.reverse.lot.entry(token, at: now), call.inputScope == scope else {
        throw .invalidRequestState
      }
      _ = session.reverse.lot.take(token, at: now)
      call.comeBack(with: request)
      return true
    }
    guard let opened = session.reverse.seal.open(text, scope: scope, at: now) else {
      throw .invalidRequestState
    }
    guard opened.kind == .anew else {
      state = opened.state
      return false
    }
    serveAnew(request)
    return true
  }

  /// Serves the request as if it brought no answers.
  private func serveAnew(_ request: Incoming) {
    let bytes = request.line.bytes
    let params = JSON.rebuildObject(
      request.envelope.params, in: bytes,
      dropping: {
        JSON.equals($0, "requestState", in: bytes) || JSON.equals($0, "inputResponses", in: bytes)
      })
    var splice = Splice()
    splice.replace(request.envelope.params, with: params)
    splice.applied(to: bytes).withUnsafeBytes { line in
      guard let envelope = try? Envelope.scan(line.bytes) else { return }
      var anew = request
      anew.line = line
      anew.envelope = envelope
      serve(anew, of: session)
    }
  }
}
