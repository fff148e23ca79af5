import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience

extension Gateway {
  /// Starts a call that may be sent again or elsewhere.
  func startPlanned(
    _ request: Incoming, _ entry: Catalogue.Entry, _ role: TaskRole
  ) throws(CallError) {
    // What a service has said before goes back to that service and to nobody else.
    if !request.envelope.requestState.isAbsent, request.client.era == .modern {
      return try startReturn(request, entry, role)
    }
    let plan = plan(of: entry, request, role)
    if takesFromKept(request, entry, &plan.slot) { return plan.putBack() }
    plan.take(request.line)
    do throws(CallError) {
      try attempt(request, entry, on: try plan.firstService(), for: plan, role)
    } catch {
      plan.giveUp(.refused)
      guard let result = plan.standIn() else { throw error }
      session.reply(to: request.id, result: result)
    }
  }

  private func plan(
    of entry: Catalogue.Entry, _ request: Incoming, _ role: TaskRole
  ) -> CallPlan {
    if let spare = sparePlan {
      sparePlan = nil
      if spare.serves(request.id, of: request.client, entry, role: role) { return spare }
    }
    return CallPlan(request.id, of: request.client, entry, role: role, in: self)
  }

  /// One attempt of a plan.
  func attempt(
    _ request: Incoming, _ entry: Catalogue.Entry, on service: Int, for plan: CallPlan,
    _ role: TaskRole
  ) throws(CallError) {
    guard let process = process(service) else {
      return try startREST(request, entry, on: service, plan: plan)
    }
    try start(
      request, on: process, entry: entry, nameRange: request.envelope.name, taskRole: role,
      plan: plan)
  }

  /// A request that brings a state back: to the service that the state belongs to.
  private func startReturn(
    _ request: Incoming, _ entry: Catalogue.Entry, _ role: TaskRole
  ) throws(CallError) {
    for service in entry.services {
      guard let process = process(service) else { continue }
      do throws(CallError) {
        return try start(
          request, on: process, entry: entry, nameRange: request.envelope.name, taskRole: role)
      } catch {
        guard error == .invalidRequestState else { throw error }
      }
    }
    throw .invalidRequestState
  }

  /// The group of services that cannot share a name because they define it differently.
  func sharedGroup(of collision: Catalogue.Collision) -> String? {
    let groups = collision.services.map { name in
      configuration.ready.first { $0.name.utf8.elementsEqual(name.utf8) }?.group
    }
    guard let group = groups.first ?? nil, groups.allSatisfy({ $0 == group }) else { return nil }
    return group
  }
}

extension Call {
  /// The error with the number of attempts, if there was more than one.
  func counted(_ error: CallError) -> CallError {
    guard let plan, plan.number > 1 else { return error }
    return plan.closing(error, attempts: plan.number)
  }

  /// Whether the client has been told of progress.
  var hasToldProgress: Bool { !token.isEmpty && lastProgress > -.infinity }

  var canGoElsewhere: Bool { plan?.hasAlternative ?? false }

  var priority: RateLane.Priority { entry?.policy.priority.lane ?? .medium }

  var keptBytes: Int { extras?.kept?.line.count ?? 0 }

  /// Whether the plan goes on without this attempt, which is then over and answers nobody.
  func handsOver(_ failure: BackendFailure, to plan: CallPlan) -> Bool {
    let outcome = Outcome(failure)
    switch taskRole {
    case .none, .offerable: break
    default: return false
    }
    guard ownTask == nil, input == nil || input?.rounds == 0,
      plan.takesOver(outcome, because: failure.reason, hasTold: hasToldProgress)
    else { return false }
    leave(outcome)
    plan.goOn(after: outcome)
    return true
  }

  /// Answers, keeps the answer if it may be given again, and says in `_meta` what happened if that
  /// was more than one attempt.
  func answerPlanned(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, _ plan: CallPlan, _ outcome: Outcome
  ) {
    let edits = service.renames ? renamings(line, envelope) : []
    if edits.isEmpty, plan.attempts.isEmpty {
      translate(line, envelope)
      if plan.slot != nil { keepResult(line, envelope, plan, outcome) }
      return write(line)
    }
    let own = Splice(edits).applied(to: line.bytes)
    own.withUnsafeBytes { own in
      guard let envelope = try? Envelope.scan(own.bytes) else { return }
      translate(own, envelope)
      session.splice.applied(to: own.bytes).withUnsafeBytes { line in
        if plan.slot != nil, let envelope = try? Envelope.scan(line.bytes) {
          keep(envelope.result, of: line, line, envelope, plan, outcome)
        }
        if plan.attempts.isEmpty {
          deliver(Array(line))
        } else {
          tell(line, plan.meta(outcome))
        }
      }
    }
  }

  private func deliver(_ line: [UInt8]) {
    if let ownTask { ownTask.answered(line) } else { session.write(line) }
  }

  /// Whether a result that is kept stands in for the answer that did not come.
  func standsIn() -> Bool {
    guard ownTask == nil, let result = plan?.standIn() else { return false }
    session.reply(to: id, result: result)
    return true
  }

  /// Keeps the result as the session's splice makes it the client's.
  private func keepResult(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, _ plan: CallPlan, _ outcome: Outcome
  ) {
    let range = envelope.result
    guard session.splice.touches(range) else {
      return keep(range, of: line, line, envelope, plan, outcome)
    }
    session.splice.applied(to: line.bytes, within: range).withUnsafeBytes { result in
      let whole = ByteRange(start: 0, end: result.count)
      keep(whole, of: result, line, envelope, plan, outcome)
    }
  }

  /// - Parameters:
  ///   - range: where in `text` the result is as the client gets it.
  ///   - line: says how long it is good.
  private func keep(
    _ range: ByteRange, of text: UnsafeRawBufferPointer, _ line: UnsafeRawBufferPointer,
    _ envelope: Envelope, _ plan: CallPlan, _ outcome: Outcome
  ) {
    guard range.fits(in: text.count) else { return }
    let bytes = line.bytes
    let isWhole =
      envelope.resultType.isAbsent || JSON.equals(envelope.resultType, "complete", in: bytes)
    plan.keep(
      UnsafeRawBufferPointer(rebasing: text[range.start..<range.end]), outcome,
      lifetime: JSON.integer(envelope.ttlMs, in: bytes), isWhole: isWhole)
  }

  /// Writes an answer with one more member in the `_meta` of its result.
  private func tell(_ line: UnsafeRawBufferPointer, _ member: [UInt8]) {
    guard let envelope = try? Envelope.scan(line.bytes),
      JSON.isObject(envelope.result, in: line.bytes)
    else { return deliver(Array(line)) }
    let bytes = line.bytes
    let meta = JSON.rebuildObject(
      envelope.meta, in: bytes, dropping: { _ in false }, adding: member)
    let result = JSON.rebuildObject(
      envelope.result, in: bytes, dropping: { JSON.equals($0, "_meta", in: bytes) },
      adding: Array(#""_meta":"#.utf8) + meta)
    var splice = Splice()
    splice.replace(envelope.result, with: result)
    deliver(splice.applied(to: bytes))
  }
}
