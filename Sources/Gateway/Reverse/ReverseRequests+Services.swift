import Backend
import Loop
import MCP
import RawJSON

/// Requests that services make of the client, and what becomes of them.
extension ReverseRequests {
  /// A request of a service that only the client can answer.
  func receive(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, from backend: ServiceBackend,
    allowed: ClientAbilities
  ) {
    let id = JSON.copy(envelope.id, in: line.bytes)
    do throws(Question.Refusal) {
      try pass(on: line, envelope, id, from: backend, allowed)
    } catch {
      backend.refuse(id, error)
    }
  }

  private func pass(
    on line: UnsafeRawBufferPointer, _ envelope: Envelope, _ id: [UInt8],
    from backend: ServiceBackend, _ allowed: ClientAbilities
  ) throws(Question.Refusal) {
    // Since 2026-07-28 a service makes no requests at all.
    guard envelope.method.isAskedByServer, backend.revision.has(.requestsByService) else {
      throw Question.Refusal(code: .methodNotFound, text: "Method not found")
    }
    guard let question = Question(envelope.method, params: envelope.params, in: line.bytes) else {
      throw Question.Refusal(code: .invalidParams, text: "The mode is unknown.")
    }
    guard question.needs.isSubset(of: allowed) else {
      throw Question.Refusal(
        code: .methodNotFound,
        text: "The manifest of the service does not allow it to ask for \(question.method.name).")
    }
    let calls = backend.exchanges.compactMap { $0 as? Call }
    guard openQuestions(of: backend, calls) < Self.perBackend else {
      throw Question.Refusal(
        code: .overloaded, text: "More than \(Self.perBackend) requests wait for the client.")
    }
    guard isFresh(id, of: backend, calls) else {
      throw Question.Refusal(code: .invalidRequest, text: "The id is in use already.")
    }
    let legacy = calls.filter { $0.client.era == .legacy }
    if !legacy.isEmpty || (calls.isEmpty && session.isInitialized) {
      if let refusal = question.refusal(by: session.legacyProfile.abilities) { throw refusal }
      return ask(question, for: .service(ServiceQuestion(id, of: backend, owners: legacy)))
    }
    try park(question, id, calls)
  }

  /// Asks in the course of the newest call whose client can answer: there is one client, so that
  /// the worst of a wrong guess is that it answers while it waits for another of its calls.
  private func park(
    _ question: Question, _ id: [UInt8], _ calls: [Call]
  ) throws(Question.Refusal) {
    let able = calls.filter { $0.method.mayAskForInput }
    guard let call = able.last(where: { question.refusal(by: $0.client.profile.abilities) == nil })
    else {
      throw calls.last.flatMap { question.refusal(by: $0.client.profile.abilities) }
        ?? Question.Refusal(code: .methodNotFound, text: "No client can be asked just now.")
    }
    if let refusal = call.park(question, id) { throw refusal }
  }

  private func openQuestions(of backend: ServiceBackend, _ calls: [Call]) -> Int {
    asked.ids { $0.isAsked(by: backend) }.count
      + calls.reduce(0) { $0 + ($1.input?.waiting.count ?? 0) }
  }

  private func isFresh(_ id: [UInt8], of backend: ServiceBackend, _ calls: [Call]) -> Bool {
    asked.ids { $0.isAsked(by: backend, as: id) }.isEmpty
      && !calls.contains { $0.input?.waiting.contains { $0.id == id } == true }
  }

  /// The service does not want the answer any more.
  func cancelled(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, by backend: ServiceBackend
  ) {
    let id = JSON.copy(envelope.requestId, in: line.bytes)
    for number in asked.ids(where: { $0.isAsked(by: backend, as: id) }) {
      if case .service(let question) = asked.entry(number)?.asker { question.resumeOwners() }
      withdraw(number)
    }
    for case let call as Call in backend.exchanges { call.withdrawWaiting(id) }
  }
}

extension ReverseRequests.Asked {
  @EventLoop
  fileprivate func isAsked(by backend: ServiceBackend, as id: [UInt8]) -> Bool {
    if case .service(let question) = asker, question.backend === backend {
      question.id == id
    } else {
      false
    }
  }
}
