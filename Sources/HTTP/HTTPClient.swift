// HTTP: requests to one origin, by libcurl on our loop.
//
// ```
// start ─▶ waiting ─▶ resolving ─▶ running ─▶ over
//            │ a place      │ addresses   │ libcurl's end, a limit, a deadline
// ```
//
// A client holds at most so many connections, kept alive between requests; what is beyond waits in
// the order of its coming. libcurl never looks up a name: it is given the addresses, and the
// address that is connected to is checked once more at the socket. Nothing follows a redirect,
// keeps a cookie, reads a netrc file or asks for another protocol than HTTP.
//
// Invariants: handles are added and removed only while libcurl is off the stack; no event comes
// within a call of ours, and `finished` exactly once; a request whose first byte may have left is never sent
// again, unless its method makes that harmless and no byte of an answer had come.
// Costs: a request on a kept connection sets eight options and copies a small body once; a
// response's body is not copied. libcurl is loaded by the first request of the process.
import CCurl
package import Loop
import Resilience

/// The connections to one origin, and the requests that use or wait for them.
@EventLoop
package final class HTTPClient {
  package let origin: HTTPOrigin

  private let connections: Int
  private let queueLimit: Int
  private var waiting: [HTTPTransfer] = []
  var resolving: [HTTPTransfer] = []
  private var running: [HTTPTransfer] = []
  private var idle: [CurlEasy] = []
  /// To be taken out when libcurl is off the stack.
  private var abandoned: [HTTPTransfer] = []
  private var unpaused: [CurlEasy] = []
  private var multi: CurlMulti?
  var names: OriginNames
  private var isHTTP2 = false
  private var isSettling = false
  private var isSettlingSoon = false
  private var isClosed = false
  private lazy var timer = LoopTimer { [unowned self] in checkDeadlines() }
  private var timerDue = Instant.distantFuture

  /// Requests at a time on one connection with HTTP/2.
  private static let streams = 100

  /// Opens nothing and loads nothing; libcurl is loaded by the first `start` in the process.
  ///
  /// - connections: open at the same time at most.
  /// - queue: requests that may wait for one of them; more end with `overloaded`.
  package convenience init(origin: HTTPOrigin, connections: Int, queue: Int = 1024) {
    self.init(origin: origin, connections: connections, queue: queue, lookUp: OriginNames.system)
  }

  init(
    origin: HTTPOrigin, connections: Int, queue: Int, lookUp: @escaping OriginNames.LookUp
  ) {
    self.origin = origin
    self.connections = max(1, connections)
    queueLimit = max(0, queue)
    names = OriginNames(origin, lookUp)
  }

  /// Without `close` before, the transfers end unheard.
  isolated deinit {
    names.cancel()
    for transfer in waiting + resolving + running {
      if let easy = transfer.easy { multi?.remove(easy) }
      transfer.forget()
    }
    multi?.close()
  }

  /// Sends a request as soon as a connection is free. `events` is kept until the end.
  package func start(_ request: HTTPRequest, events: any HTTPTransferEvents) -> HTTPTransfer {
    let transfer = HTTPTransfer(self, request, events)
    if let error = refusal(of: request) {
      failLater(transfer, error)
      return transfer
    }
    guard waiting.count < queueLimit + max(0, limit - underWay) else {
      failLater(transfer, transfer.fail(.overloaded, "too many requests wait for this host"))
      return transfer
    }
    waiting.append(transfer)
    watchDeadline(of: transfer)
    settleSoon()
    return transfer
  }

  /// Ends every transfer with `cancelled` and closes the connections. Later requests end alike.
  package func close() {
    guard !isClosed else { return }
    isClosed = true
    for transfer in waiting + resolving + running {
      transfer.failure = transfer.fail(.cancelled, "the client was closed")
      abandoned.append(transfer)
    }
    names.cancel()
    timer.stop()
    settleSoon()
  }

  private func refusal(of request: HTTPRequest) -> HTTPError? {
    if isClosed { return HTTPError(.cancelled, .notSent, "the client was closed") }
    if let complaint = RequestRules.complaint(about: request) {
      return HTTPError(.invalidRequest, .notSent, complaint)
    }
    guard multi == nil else { return nil }
    switch CurlLibrary.load() {
    case .failure(let error): return error
    case .success(let library):
      do throws(HTTPError) {
        let multi = try CurlMulti(library, connections: connections)
        multi.settled = { [unowned self] in settle() }
        self.multi = multi
        return nil
      } catch { return error }
    }
  }

  private func failLater(_ transfer: HTTPTransfer, _ error: HTTPError) {
    transfer.phase = .over
    EventLoop.atEndOfTurn { transfer.end(.failure(error)) }
  }

  // MARK: The way of a transfer

  /// What others ask for is done at the end of the turn, so that no event comes within their call.
  private func settleSoon() {
    guard !isSettlingSoon else { return }
    isSettlingSoon = true
    EventLoop.atEndOfTurn { [self] in
      isSettlingSoon = false
      settle()
    }
  }

  /// Does what is to be done while libcurl is off the stack, until nothing is left.
  private func settle() {
    guard let multi, !isSettling, !multi.isInside else { return }
    isSettling = true
    defer { isSettling = false }
    repeat {
      for transfer in abandoned.takeAll() { remove(transfer) }
      for easy in unpaused.takeAll() where easy.transfer != nil { multi.unpause(easy) }
      advance(multi)
      while let (easy, code) = multi.takeEnded() { ended(easy, code) }
    } while !abandoned.isEmpty || !unpaused.isEmpty || mayAdvance
    if isClosed {
      // The handles of a multi go before it.
      idle = []
      multi.close()
      self.multi = nil
    }
  }

  private var mayAdvance: Bool { !waiting.isEmpty && underWay < limit && !isClosed }

  private var underWay: Int { resolving.count + running.count }

  private var limit: Int { isHTTP2 ? connections * Self.streams : connections }

  /// Gives free places to those who wait, in their order.
  private func advance(_ multi: CurlMulti) {
    while mayAdvance {
      let transfer = waiting.removeFirst()
      transfer.phase = .resolving
      let now = EventLoop.turnTime
      transfer.connectDeadline = transfer.request.limits.connect.map { now + $0 } ?? .distantFuture
      watchDeadline(of: transfer)
      resolving.append(transfer)
    }
    guard !resolving.isEmpty else { return names.forgetFailure() }
    switch names.addresses(at: EventLoop.turnTime, { [unowned self] in settle() }) {
    case .pending: break
    case .ready: for transfer in resolving.takeAll() { run(transfer, multi) }
    case .failed(let kind, let message):
      for transfer in resolving.takeAll() { finish(transfer, transfer.fail(kind, message)) }
    }
  }

  private func run(_ transfer: HTTPTransfer, _ multi: CurlMulti) {
    guard let easy = idle.popLast() ?? CurlEasy(multi, origin), easy.prepare(transfer) else {
      return finish(transfer, transfer.fail(.unavailableLibrary, "libcurl refuses an option"))
    }
    names.tell(easy)
    transfer.phase = .running
    transfer.easy = easy
    running.append(transfer)
    guard multi.add(easy).rawValue == 0 else {
      release(transfer)
      return finish(transfer, transfer.fail(.unavailableLibrary, "libcurl takes no request"))
    }
  }

  private func ended(_ easy: CurlEasy, _ code: CURLcode) {
    guard let transfer = easy.transfer else {
      multi?.remove(easy)
      return
    }
    let error: HTTPError? =
      code == CURLE_OK ? nil : transfer.failure ?? HTTPError(code, of: easy, transfer)
    if let error, error.wasSent == .notSent { names.forget() }
    release(transfer)
    guard let error else {
      transfer.noteSent()
      return transfer.end(.success(()))
    }
    finish(transfer, error)
  }

  private func finish(_ transfer: HTTPTransfer, _ error: HTTPError) {
    transfer.end(.failure(error))
  }

  /// Takes its handle back.
  private func release(_ transfer: HTTPTransfer) {
    running.removeAll { $0 === transfer }
    guard let easy = transfer.easy else { return }
    multi?.remove(easy)
    transfer.easy = nil
    easy.transfer = nil
    if idle.count < connections && !isClosed { idle.append(easy) }
  }

  /// A transfer whose end was decided by somebody else than libcurl.
  private func remove(_ transfer: HTTPTransfer) {
    guard transfer.phase != .over else { return }
    waiting.removeAll { $0 === transfer }
    resolving.removeAll { $0 === transfer }
    release(transfer)
    let outcome = transfer.failure ?? transfer.fail(.cancelled, "the request was cancelled")
    transfer.end(.failure(outcome))
  }

  // MARK: What transfers ask for

  func abandon(_ transfer: HTTPTransfer) {
    abandoned.append(transfer)
    settleSoon()
  }

  func goOn(_ easy: CurlEasy) {
    unpaused.append(easy)
    settleSoon()
  }

  func noteVersion(_ version: HTTPResponseHead.Version) { isHTTP2 = version == .http2 }

  // MARK: Deadlines

  /// The timer is set for the earliest deadline known when it was set; activity moves deadlines
  /// without touching it, so that it may fire for nothing.
  private func watchDeadline(of transfer: HTTPTransfer) {
    let due = min(transfer.deadline.0, EventLoop.turnTime + idleLimit(transfer))
    guard due < timerDue else { return }
    timerDue = due
    timer.start(at: due)
  }

  private func idleLimit(_ transfer: HTTPTransfer) -> Duration {
    transfer.request.limits.idle ?? .seconds(86_400)
  }

  private func checkDeadlines() {
    let now = EventLoop.now
    timerDue = .distantFuture
    for transfer in waiting + resolving + running {
      let (deadline, limit) = transfer.deadline
      guard deadline <= now else {
        watchDeadline(of: transfer)
        continue
      }
      // After a stall of this process what has come is still in the sockets, and timers fire
      // first: it is read before anybody is said to have been silent.
      guard transfer.isOverdue || limit == .total else {
        transfer.isOverdue = true
        timerDue = .zero
        continue
      }
      transfer.failure = transfer.fail(.timeout(limit), HTTPError.timedOut(limit))
      abandoned.append(transfer)
    }
    if timerDue == .zero { timer.start(after: .milliseconds(1)) }
    settle()
  }
}

extension Array {
  fileprivate mutating func takeAll() -> [Element] {
    defer { removeAll(keepingCapacity: true) }
    return self
  }
}
