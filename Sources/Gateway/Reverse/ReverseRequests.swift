import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience

/// What services ask of the client: `sampling/createMessage`, `elicitation/create`, `roots/list`.
///
/// ```
///                    legacy service                    modern service
///   legacy client    relayed with our id               rounds: asked for real, then tried again
///   modern client    parked: input_required, the       input_required passed on, its state sealed
///                    retry answers and resumes
/// ```
///
/// A question goes to the client only if the client has declared that it answers it. Each has our
/// id on the client's pipe (`PendingTable`), at most `perBackend` of one backend are open, each
/// ends after `deadlines.input`, and it is withdrawn when the calls end in whose course it was
/// asked. The clocks of those calls stand still meanwhile.
///
/// stdio does not tell in the course of which call a legacy service asks. With one call in flight
/// it is that one, with several it may be any, and the question ends with the last of them.
@EventLoop
final class ReverseRequests {
  /// Open questions of one backend (row S16).
  static let perBackend = 8
  /// Parked calls.
  static let parkedCalls = 1_024
  /// Bytes of calls kept for another round, and of answers kept for a retry, all together.
  static let keptBytes = 64 << 20

  struct Asked {
    enum Asker {
      case service(ServiceQuestion)
      /// A call of a legacy client to a modern service, and which of its questions.
      case call(Call, Int)
    }

    var asker: Asker
    var question: Question
    var until: Instant
  }

  unowned let session: ClientSession
  /// `deadlines.input` in nanoseconds.
  var patience: Int64
  var asked = PendingTable<Asked>(firstID: .random(in: 1 ... .max))
  var lot = ParkingLot<Call>(limit: ReverseRequests.parkedCalls)
  let seal = StateSeal.random()
  /// How much is kept; what is beyond the limit is done without.
  var kept = 0
  private var timer: LoopTimer?

  init(of session: ClientSession, patience: Duration) {
    self.session = session
    self.patience = patience.inNanoseconds
  }

  var expiry: Instant { EventLoop.now.advanced(byNanoseconds: patience) }

  // MARK: To the client

  func ask(_ question: Question, for asker: Asked.Asker) {
    let id = asked.nextID
    let revision = session.legacyRevision ?? .newestLegacy
    let until = expiry
    asked.open(Asked(asker: asker, question: question, until: until))
    session.write(
      Message.request(
        id: id, question.method,
        params: question.params(for: revision, number: id, task: asker.task)))
    schedule(until)
  }

  /// Tells the client that nobody waits for its answer any more.
  func withdraw(_ id: UInt64) {
    guard asked.abandon(id) != nil else { return }
    session.write(Messages.cancelled(id, reason: "no longer needed"))
  }

  // MARK: From the client

  /// An answer of the client; whatever it answers that was not asked is counted and dropped.
  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let id = JSON.integer(envelope.id, in: line.bytes).flatMap { UInt64(exactly: $0) }
    guard let id, let found = asked.take(id) else {
      if asked.judgeStray(id) == .foreign { session.strayReplies += 1 }
      return
    }
    switch found.asker {
    case .service(let question):
      question.resumeOwners()
      session.splice.removeAll()
      session.splice.replace(envelope.id, with: question.id)
      question.backend.write(session.splice.applied(to: line.bytes))
    case .call(let call, let index):
      if envelope.kind == .result {
        call.inputAnswered(index, with: JSON.copy(envelope.result, in: line.bytes))
      } else {
        let message = JSON.member("message", of: envelope.error, in: line.bytes)
        call.inputRefused(found.question, because: JSON.string(message, in: line.bytes) ?? [])
      }
    }
  }

  /// Progress of the client on a question of a service.
  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let token = JSON.integer(envelope.progressToken, in: line.bytes)
    guard let token, let id = UInt64(exactly: token), let found = asked.entry(id),
      case .service(let question) = found.asker
    else { return }
    let own = found.question.progressToken
    guard !own.isEmpty else { return }
    session.splice.removeAll()
    session.splice.replace(envelope.progressToken, with: own)
    question.backend.write(session.splice.applied(to: line.bytes))
  }

  // MARK: Ends

  /// The call is over: what was asked in its course alone is withdrawn.
  func ended(_ call: Call) {
    for id in asked.ids(where: { $0.concerns(call) }) {
      guard let found = asked.entry(id) else { continue }
      switch found.asker {
      case .call: withdraw(id)
      case .service(let question):
        question.owners.removeAll { $0 === call }
        guard question.owners.isEmpty else { continue }
        withdraw(id)
        question.end(found.question, because: "The call has ended.")
      }
    }
  }

  /// The process is gone, and with it everybody who waited for these answers.
  func gone(_ backend: ServiceBackend) {
    for id in asked.ids(where: { $0.isAsked(by: backend) }) {
      if case .service(let question) = asked.entry(id)?.asker { question.resumeOwners() }
      withdraw(id)
    }
  }

  func schedule(_ instant: Instant) {
    let timer = timer ?? LoopTimer { [unowned self] in expire() }
    self.timer = timer
    if !timer.isActive { timer.start(at: instant) }
  }

  private func expire() {
    let now = EventLoop.now
    for id in asked.ids(where: { $0.until <= now }) {
      guard let found = asked.entry(id) else { continue }
      withdraw(id)
      switch found.asker {
      case .service(let question):
        question.resumeOwners()
        question.end(found.question, because: "The client did not answer in time.")
      case .call(let call, _): call.inputTimedOut()
      }
    }
    for call in lot.takeExpired(at: now) { call.parkingExpired() }
    let next = [asked.all.map(\.until).min(), lot.nextExpiry].compactMap(\.self).min()
    if let next { timer?.start(at: next) }
  }
}

extension ReverseRequests.Asked.Asker {
  /// The task of the gateway's own in whose course is asked, if that can be said.
  @EventLoop
  var task: OfferedTask? {
    switch self {
    case .call(let call, _): call.ownTask
    case .service(let question): question.owners.count == 1 ? question.owners.first?.ownTask : nil
    }
  }
}

extension ReverseRequests.Asked {
  @EventLoop
  func concerns(_ call: Call) -> Bool {
    switch asker {
    case .call(let asking, _): asking === call
    case .service(let question): question.owners.contains { $0 === call }
    }
  }

  @EventLoop
  func isAsked(by backend: ServiceBackend) -> Bool {
    if case .service(let question) = asker { question.backend === backend } else { false }
  }
}

/// A request of a legacy service, and who waits while it is open.
@EventLoop
final class ServiceQuestion {
  let backend: ServiceBackend
  /// As the service wrote it.
  let id: [UInt8]
  /// The calls in whose course it may have been asked.
  var owners: [Call]

  init(_ id: [UInt8], of backend: ServiceBackend, owners: [Call]) {
    self.id = id
    self.backend = backend
    self.owners = owners
    for call in owners { call.pauseClock() }
  }

  func resumeOwners() {
    for call in owners { call.resumeClock() }
    owners.removeAll()
  }

  /// Answers the service, which nobody else will.
  func end(_ question: Question, because why: StaticString) {
    reply(question.withdrawal(because: why))
  }

  /// - Parameter outcome: `"result":` or `"error":` and its value.
  func reply(_ outcome: [UInt8]) { backend.answer(id, outcome) }
}

extension ServiceBackend {
  /// Answers a request of the service.
  ///
  /// - Parameter outcome: `"result":` or `"error":` and its value.
  func answer(_ id: [UInt8], _ outcome: [UInt8]) {
    let head = Array(#"{"jsonrpc":"2.0","id":"#.utf8) + id + [UInt8(ascii: ",")]
    write(head + outcome + [UInt8(ascii: "}")])
  }

  func refuse(_ id: [UInt8], _ refusal: Question.Refusal) {
    var error = Array(#""error":{"code":\#(refusal.code.rawValue),"message":"#.utf8)
    JSON.appendQuoted(refusal.text.utf8, to: &error)
    answer(id, error + [UInt8(ascii: "}")])
  }
}
