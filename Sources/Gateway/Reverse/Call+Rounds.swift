import Backend
import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// A service that answers a call with questions: `input_required` (2026-07-28).
///
/// A modern client gets it as it is. For a legacy one the questions become real requests, and the
/// call is tried again with the answers.
extension Call {
  /// Whether the answer was no answer yet, or is kept because nobody waits for one just now.
  func takesAsInput(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    if let input, input.isParked {
      keepOutcome(line)
      return true
    }
    if envelope.kind == .failure { return takesAsURLs(line, envelope) }
    guard !envelope.resultType.isAbsent,
      JSON.equals(envelope.resultType, "input_required", in: line.bytes)
    else { return false }
    let edits = Asking.edits(
      inRequests: JSON.member("inputRequests", of: envelope.result, in: line.bytes),
      in: line.bytes, service)
    guard !edits.isEmpty else {
      takeRound(line, envelope)
      return true
    }
    Splice(edits).applied(to: line.bytes).withUnsafeBytes { edited in
      guard let envelope = try? Envelope.scan(edited.bytes) else { return }
      takeRound(edited, envelope)
    }
    return true
  }

  private func takeRound(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    do throws(InputRound.Fault) {
      try inputRequired(InputRound(envelope.result, in: line.bytes), line, envelope)
    } catch {
      breachOfProtocol(error.text)
    }
  }

  private func inputRequired(
    _ round: InputRound, _ line: UnsafeRawBufferPointer, _ envelope: Envelope
  ) {
    guard method.mayAskForInput else { return breachOfProtocol("asks for input where it may not") }
    guard round.needs.isSubset(of: service.allowed) else {
      return breachOfProtocol("asks the client for what its manifest does not allow")
    }
    guard client.profile.abilities.isSuperset(of: round.needs) else {
      return breachOfProtocol("asks the client for what it has not declared")
    }
    if client.era == .modern, ownTask == nil { return passOn(line, envelope) }
    guard let input, !input.original.isEmpty else {
      return breachOfProtocol("asks for input though nobody can be asked")
    }
    begin(round, input)
  }

  /// Asks the client what a task of the service asks, which the client knows nothing of.
  func ask(_ round: InputRound) {
    guard round.needs.isSubset(of: service.allowed.intersection(client.profile.abilities)),
      let input
    else {
      return breachOfProtocol(
        "asks the client for what it has not declared or its manifest not allowed")
    }
    begin(round, input)
  }

  private func begin(_ round: InputRound, _ input: CallInput) {
    guard input.rounds < InputRound.limit else {
      return breachOfProtocol("has asked for input \(InputRound.limit) times and asks again")
    }
    input.rounds += 1
    var round = round
    round.firstNumber = input.keys + 1
    input.keys += round.entries.count
    input.round = round
    if client.era == .modern { return askThroughTask(round) }
    for (index, entry) in round.entries.enumerated() {
      pauseClock()
      session.reverse.ask(entry.question, for: .call(self, index))
    }
    tryAgainIfComplete()
  }

  /// The answer of a modern service to a modern client, with the service's state sealed.
  private func passOn(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard finish() else { return }
    translate(line, envelope)
    if !envelope.requestState.isAbsent {
      let state = JSON.copy(envelope.requestState, in: line.bytes)
      session.splice.replace(envelope.requestState, with: sealed(state, .forward))
    }
    session.writeEdited(line)
  }

  func sealed(_ state: [UInt8], _ kind: StateSeal.Kind) -> [UInt8] {
    let reverse = session.reverse
    return reverse.seal.seal(state, kind, scope: inputScope, until: reverse.expiry)
  }

  /// Who may be given a state back, for what.
  var inputScope: [UInt8] { Call.inputScope(service, method, entry) }

  static func inputScope(_ service: Service, _ method: Method, _ entry: Catalogue.Entry?)
    -> [UInt8]
  {
    Array("\(service.name)\n\(method.name)\n".utf8) + (entry?.publicName ?? [])
  }

  // MARK: Rounds of a legacy client

  /// The client has answered one question of the round.
  func inputAnswered(_ index: Int, with result: [UInt8]) {
    guard let input, input.round != nil else { return }
    input.round?.answer(index, with: result)
    resumeClock()
    tryAgainIfComplete()
  }

  func tryAgainIfComplete() {
    guard let input, let round = input.round, round.isComplete else { return }
    input.round = nil
    if extras?.pursuit != nil { return giveToTask(round) }
    let members = [UInt8(ascii: ",")] + round.members
    let original = input.original
    // Behind the other parameters, so that what is known of their places stays true.
    guard let envelope = try? Envelope.scan(original.span.bytes) else { return }
    var splice = Splice()
    splice.insert(members, at: envelope.params.end - 1)
    let line = splice.applied(to: original.span.bytes)
    line.withUnsafeBytes { line in
      guard let envelope = try? Envelope.scan(line.bytes) else {
        return breachOfProtocol("asks for input that cannot be given back")
      }
      start(line, envelope)
    }
  }

  /// The client has answered a question with an error: a call that cannot go on.
  func inputRefused(_ question: Question, because message: [UInt8]) {
    guard finish(.withheld) else { return }
    let text =
      "Service '\(service.name)' asked for \(question.method.name), and the client refused: "
      + Printable.text(message, limit: 200)
    guard method == .toolsCall else {
      return reply(
        CallError(
          code: .deniedByPolicy, message: text, service: service.name, reason: "input_refused",
          wasSent: true))
    }
    var result = Array(#"{"content":[{"type":"text","text":"#.utf8)
    JSON.appendQuoted(text.utf8, to: &result)
    result += #"}],"isError":true}"#.utf8
    if let ownTask { return ownTask.answered(Message.result(id: id.bytes, result)) }
    session.reply(to: id, result: result)
  }

  /// The client has not answered a question in time.
  func inputTimedOut() {
    guard finish(.withheld) else { return }
    let time = Duration.nanoseconds(session.reverse.patience)
    reply(
      CallError(
        code: .timeout,
        message: "The client did not answer what service '\(service.name)' asked within \(time).",
        service: service.name, reason: "input_deadline", wasSent: true, outcome: .unknown))
  }

  func breachOfProtocol(_ what: String) {
    let detail = "Service '\(service.name)' \(what)."
    failed(BackendFailure(.protocolError, wasSent: true, detail: detail))
  }

  // MARK: URLs that must be visited first

  /// -32042 of 2025-11-25 is `input_required` with URLs for a modern client; the retry is a call
  /// like the first one.
  private func takesAsURLs(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    let bytes = line.bytes
    guard client.era == .modern, method.mayAskForInput,
      JSON.integer(envelope.errorCode, in: bytes)
        == Int64(ErrorCode.urlElicitationRequired.rawValue)
    else { return false }
    let data = JSON.member("data", of: envelope.error, in: bytes)
    var questions: [Question] = []
    JSON.forEachElement(of: JSON.member("elicitations", of: data, in: bytes), in: bytes) { item in
      if let question = Question(.elicitationCreate, params: item, in: bytes) {
        questions.append(question)
      }
    }
    guard finish() else { return true }
    guard !questions.isEmpty, client.profile.abilities.contains(.urls) else {
      session.reply(to: id, error: .missingCapability(#"{"elicitation":{"url":{}}}"#))
      return true
    }
    let entries = questions.enumerated().map { (Array(String($0.offset + 1).utf8), $0.element) }
    replyInputRequired(entries, state: sealed(Array(#""""#.utf8), .anew))
    return true
  }

  /// Answers a modern client that its call needs input.
  ///
  /// - Parameter state: a JSON string.
  func replyInputRequired(_ entries: [(key: [UInt8], question: Question)], state: [UInt8]) {
    var result = Array(#"{"resultType":"input_required","requestState":"#.utf8) + state
    result += #","inputRequests":"#.utf8 + InputRound.requests(entries)
    result += ",".utf8 + session.identity.meta + [UInt8(ascii: "}")]
    session.reply(to: id, result: result)
  }
}

extension CallError {
  /// -32021: the request needs what its client has not declared.
  ///
  /// - Parameter capabilities: an object in JSON.
  static func missingCapability(_ capabilities: String) -> CallError {
    CallError(
      code: .missingClientCapability, message: "Missing required client capability",
      reason: "missing_capability",
      specifiedData: Array(#"{"requiredCapabilities":\#(capabilities)}"#.utf8))
  }

  static let invalidRequestState = CallError(
    code: .invalidParams, message: "Invalid or expired requestState",
    reason: "invalid_request_state",
    specifiedData: Array(#"{"reason":"invalid_request_state"}"#.utf8))
}
