import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// `tasks/list` of a legacy client: our own tasks and those of all services that run, in one page.
///
/// A service that sleeps has none, since its tasks ended with its process; none is
/// started to be asked. One that does not answer in time is left out.
@EventLoop
final class TaskList: ClientRequest {
  let deadline: Instant
  private let id: RequestID
  private let session: ClientSession
  private var found: [[UInt8]] = []
  private var open = 0
  private var isDone = false

  init(_ id: RequestID, session: ClientSession) {
    self.id = id
    self.session = session
    deadline = EventLoop.turnTime + .seconds(10)
  }

  func begin(_ services: [Service], own tasks: [OfferedTask]) {
    open = 1
    for task in tasks where task.era == .legacy {
      found([UInt8(ascii: "{")] + task.members + [UInt8(ascii: "}")])
    }
    for service in services {
      guard let backend = service.feed.openBackend, service.offer?.hasLegacyTasks == true else {
        continue
      }
      open += 1
      TaskListPages(of: service, on: backend, for: self).askNext(cursor: nil)
    }
    ended()
  }

  func found(_ task: [UInt8]) { found.append(task) }

  func ended() {
    open -= 1
    if open == 0 { answer() }
  }

  private func answer() {
    guard !isDone else { return }
    isDone = true
    guard session.ledger.close(id) else { return }
    let tasks = found.joined(separator: [UInt8(ascii: ",")])
    session.reply(to: id, result: Array(#"{"tasks":["#.utf8) + tasks + Array("]}".utf8))
  }

  func cancelled() { isDone = true }
  func deadlineReached(at now: Instant) { if now >= deadline { answer() } }
  func abandoned() { answer() }
}

/// The pages of one service's list.
@EventLoop
final class TaskListPages: Exchange {
  private static let limit = 100

  private let service: Service
  private let backend: ServiceBackend
  private let list: TaskList
  private var pages = 0
  private var isOpen = true

  init(of service: Service, on backend: ServiceBackend, for list: TaskList) {
    self.service = service
    self.backend = backend
    self.list = list
  }

  func askNext(cursor: [UInt8]?) {
    pages += 1
    backend.send(
      Messages.list(backend.nextID, .tasksList, cursor: cursor, era: .legacy), for: self)
  }

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let bytes = line.bytes
    JSON.forEachElement(of: JSON.member("tasks", of: envelope.result, in: bytes), in: bytes) {
      let report = TaskReport($0, meta: .absent, in: bytes)
      let edits = service.prefixesTasks ? report.edits(service.name, in: bytes) : []
      let whole = $0
      let moved = edits.map { edit in
        Edit(
          range: ByteRange(
            start: edit.range.start - whole.start, end: edit.range.end - whole.start),
          replacement: edit.replacement)
      }
      list.found(Splice(moved).applied(to: JSON.copy(whole, in: bytes).span.bytes))
    }
    let cursor = JSON.member("nextCursor", of: envelope.result, in: bytes)
    guard JSON.isString(cursor, in: bytes), pages < Self.limit, backend.isAccepting else {
      return end()
    }
    askNext(cursor: JSON.copy(cursor, in: bytes))
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}
  func failed(_ failure: BackendFailure) { end() }

  private func end() {
    guard isOpen else { return }
    isOpen = false
    list.ended()
  }
}

extension Gateway {
  func listTasks(_ request: Incoming) throws(CallError) {
    guard offersTasks || services.contains(where: { $0.offer?.hasLegacyTasks == true }) else {
      throw .methodNotFound(shownMethod(of: request))
    }
    let list = TaskList(request.id, session: session)
    session.ledger.open(request.id, list)
    list.begin(services.filter { shows($0.index, to: request) }, own: offeredTasks.all)
  }
}
