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
// Costs: a request sets the options in which it differs from the one before, and copies a
// small body once; a response's body is not copied. libcurl is loaded by the first request of the process, on a
// thread of its own; requests wait for it as they wait for a connection.
import CCurl
package import Loop
import Resilience

/// The connections to one origin, and the requests that use or wait for them.
@EventLoop
package final class HTTPClient {
  package let origin: HTTPOrigin

  private let connections: Int
  private let queueLimit: Int
  var waiting: [HTTPTransfer] = []
  var resolving: [HTTPTransfer] = []
  var running: [HTTPTransfer] = []
  private var idle: [CurlEasy] = []
  /// To be taken out when libcurl is off the stack.
  var abandoned: [HTTPTransfer] = []
  private var unpaused: [CurlEasy] = []
  private let loader: CurlLoader
  private var loading: Int?
  private var multi: CurlMulti?
  var names: OriginNames
  private var isHTTP2 = false
  private var isSettling = false
  private var isSettlingSoon = false
  private var isClosed = false
  lazy var timer = LoopTimer { [unowned self] in checkDeadlines() }
  var timerDue = Instant.distantFuture

  /// Requests at a time on one connection with HTTP/2.
  private static let streams = 100

  /// Handles that are kept for later requests: after a crowd of them their buffers are given back.
  private static let mostIdle = 64

  /// Opens nothing and loads nothing; libcurl is loaded by the first `start` in the process.
  ///
  /// - connections: open at the same time at most.
  /// - queue: requests that may wait for one of them; more end with `overloaded`.
  package convenience init(origin: HTTPOrigin, connections: Int, queue: Int = 1024) {
    self.init(
      origin: origin, connections: connections, queue: queue, lookUp: OriginNames.system)
  }

  init(
    origin: HTTPOrigin, connections: Int, queue: Int = 1024,
    lookUp: @escaping OriginNames.LookUp = OriginNames.system, loader: CurlLoader = .system
  ) {
    self.loader = loader
    self.origin = origin
    self.connections = max(1, connections)
    queueLimit = max(0, queue)
    names = OriginNames(origin, lookUp)
  }

  /// Without `close` before, the transfers end unheard.
  isolated deinit {
    names.cancel()
    stopLoading()
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
    stopLoading()
    timer.stop()
    settleSoon()
  }

  private func refusal(of request: HTTPRequest) -> HTTPError? {
    if isClosed { return HTTPError(.cancelled, .notSent, "the client was closed") }
    if let complaint = RequestRules.complaint(about: request) {
      return HTTPError(.invalidRequest, .notSent, complaint)
    }
    return nil
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
  func settle() {
    guard !isSettling, multi?.isInside != true else { return }
    isSettling = true
    defer { isSettling = false }
    guard let multi = multi ?? newMulti() else {
      for transfer in abandoned.takeAll() { remove(transfer) }
      return
    }
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

  /// Nil while the library is loaded, where nobody needs it, and where it cannot be used: then
  /// those that wait have failed.
  private func newMulti() -> CurlMulti? {
    guard !isClosed, !waiting.isEmpty, loading == nil else { return nil }
    guard let loaded = loader.loaded else {
      loading = loader.load { [unowned self] in
        loading = nil
        settle()
      }
      return nil
    }
    do throws(HTTPError) {
      let multi = try CurlMulti(try loaded.get(), connections: connections)
      multi.settled = { [unowned self] in settle() }
      self.multi = multi
      return multi
    } catch {
      for transfer in waiting.takeAll() { finish(transfer, error) }
      return nil
    }
  }

  private func stopLoading() {
    if let loading { loader.forget(loading) }
    loading = nil
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
    // Their order does not matter, and there may be thousands.
    for index in running.indices where running[index] === transfer {
      running.swapAt(index, running.count - 1)
      running.removeLast()
      break
    }
    guard let easy = transfer.easy else { return }
    multi?.remove(easy)
    transfer.easy = nil
    easy.transfer = nil
    if idle.count < Self.mostIdle && !isClosed { idle.append(easy) }
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
}

extension Array {
  fileprivate mutating func takeAll() -> [Element] {
    defer { removeAll(keepingCapacity: true) }
    return self
  }
}
