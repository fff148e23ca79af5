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
  let id: RequestID
  let client: ClientContext
  let method: Method
  let service: Service
  /// The client's progress token as it wrote it; empty if it wants no progress.
  let token: [UInt8]
  /// Where the request names a tool or prompt; absent where the method has none.
  private let nameRange: ByteRange
  /// What the service calls it, as JSON.
  private let ownName: [UInt8]

  /// Soft: moved on by progress. Never beyond `absoluteDeadline`.
  private(set) var deadline: Instant
  private let absoluteDeadline: Instant
  /// Nanoseconds without progress.
  private let patience: Int64
  private var lastProgress = -Double.infinity
  private var backend: ProcessBackend?
  private var upstreamID: UInt64 = 0
  /// The line, kept only while the call waits for a backend.
  private var kept: (line: [UInt8], envelope: Envelope)?
  private var isDone = false
  /// The newest progress that the client was too slow for.
  private var heldProgress: [UInt8]?
  /// The log messages that a modern client wants while this is in flight.
  private let logLevel: LogLevel?

  init(
    session: ClientSession, id: RequestID, client: ClientContext, method: Method,
    service: Service, token: [UInt8], name: (range: ByteRange, own: [UInt8])?, times: CallTimes,
    logLevel: LogLevel? = nil
  ) {
    self.session = session
    self.id = id
    self.client = client
    self.method = method
    self.service = service
    self.token = token
    nameRange = name?.range ?? .absent
    ownName = name?.own ?? []
    patience = times.patience
    deadline = times.start.advanced(byNanoseconds: min(times.patience, times.absolute))
    absoluteDeadline = times.start.advanced(byNanoseconds: times.absolute)
    self.logLevel = logLevel
  }

  /// Sends the call now, or keeps it until its service is ready.
  func start(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    if let logLevel { service.feed.logWishes.add(logLevel) }
    if let backend = service.openBackend {
      forward(line, envelope, to: backend)
    } else {
      kept = (Array(line), envelope)
      service.submit(self)
    }
  }

  func send(on backend: ProcessBackend) {
    guard let kept else { return }
    self.kept = nil
    kept.line.withUnsafeBytes { forward($0, kept.envelope, to: backend) }
  }

  private func forward(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, to backend: ProcessBackend
  ) {
    let limit = session.limits.queuedBytes
    if backend.queuedBytes > 0, backend.queuedBytes + line.count > limit {
      let detail = "Service '\(service.name)' does not read its stdin; its queue is full."
      return failed(BackendFailure(.overloaded, wasSent: false, detail: detail))
    }
    self.backend = backend
    let name = nameRange.isAbsent ? nil : (range: nameRange, own: ownName)
    // It may send a request of its own, which takes the next id.
    if logLevel != nil { service.host.levelIsWanted(of: service, on: backend) }
    upstreamID = backend.nextID
    Translation.request(
      line, envelope, to: backend.revision, id: upstreamID, name: name,
      logLevel: client.era == .modern ? logLevel : session.logLevel, splice: &session.splice)
    backend.send(line, edited: session.splice, for: self)
  }

  // MARK: From the backend

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard finish() else { return }
    guard let revision = backend?.revision else { return }
    // Kept for a slow client: it comes before the answer or not at all.
    if let heldProgress { session.write(heldProgress) }
    if rejectsInputRequired(line, envelope) { return }
    if let names = service.uriNames, envelope.kind == .result {
      return answer(line, envelope, from: revision, names)
    }
    write(line, envelope, from: revision)
  }

  private func write(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, from revision: Revision
  ) {
    Translation.answer(
      line, envelope, from: revision, to: client, method: method, id: id.bytes,
      splice: &session.splice)
    session.writeEdited(line)
  }

  /// The service shares URIs with another: those in its result become the ones that clients know.
  private func answer(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, from revision: Revision,
    _ names: URINames
  ) {
    let edits = Links.edits(in: envelope.result, of: method, in: line.bytes, names)
    guard !edits.isEmpty else { return write(line, envelope, from: revision) }
    Splice(edits).applied(to: line.bytes).withUnsafeBytes { renamed in
      guard let envelope = try? Envelope.scan(renamed.bytes) else { return }
      write(renamed, envelope, from: revision)
    }
  }

  /// A service may ask for input only what was declared to it, and nothing was.
  private func rejectsInputRequired(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    guard !envelope.resultType.isAbsent,
      JSON.equals(envelope.resultType, "input_required", in: line.bytes)
    else { return false }
    let detail = "Service '\(service.name)' asks for input, which this gateway cannot relay yet."
    let failure = BackendFailure(.protocolError, wasSent: true, detail: detail)
    session.reply(to: id, error: .backend(failure, service: service.name))
    return true
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard !isDone else { return }
    let value = progressValue(line, envelope)
    // It MUST increase; what does not is dropped (row B28).
    guard value > lastProgress else { return }
    lastProgress = value
    deadline = min(
      EventLoop.turnTime.advanced(byNanoseconds: patience), absoluteDeadline)
    guard !token.isEmpty else { return }
    session.splice.removeAll()
    session.splice.replace(envelope.progressToken, with: token)
    if session.isClogged {
      heldProgress = session.splice.applied(to: line.bytes)
      session.holdsProgress = true
    } else {
      session.writeEdited(line)
    }
  }

  /// The client reads again: the newest progress of those it missed.
  func releaseProgress() {
    guard let held = heldProgress, !isDone else { return }
    heldProgress = nil
    session.write(held)
  }

  func failed(_ failure: BackendFailure) {
    guard finish() else { return }
    session.reply(to: id, error: .backend(failure, service: service.name))
  }

  // MARK: From the session

  /// The session has removed the call already: nothing may be answered.
  func cancelled() {
    isDone = true
    if let logLevel { service.feed.logWishes.remove(logLevel) }
    letGo(reason: "cancelled by the client")
  }

  func deadlineReached(at now: Instant) {
    guard now >= deadline, finish() else { return }
    let wasSent = backend != nil
    letGo(reason: "deadline exceeded")
    let time = now >= absoluteDeadline ? session.absoluteTime : .nanoseconds(patience)
    session.reply(to: id, error: .timedOut(service: service.name, after: time, wasSent: wasSent))
  }

  func abandoned() {
    guard finish() else { return }
    let wasSent = backend != nil
    letGo(reason: "the gateway is ending")
    let failure = BackendFailure(
      .shuttingDown, wasSent: wasSent, detail: "The gateway is ending.")
    session.reply(to: id, error: .backend(failure, service: service.name))
  }

  private func progressValue(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Double {
    let text = line[envelope.progress.start..<envelope.progress.end]
    guard text.count <= 40 else { return .nan }
    return Double(String(decoding: text, as: UTF8.self)) ?? .nan
  }

  private func letGo(reason: StaticString) {
    kept = nil
    if let backend {
      backend.cancel(upstreamID, reason: reason)
    } else {
      service.withdraw(self)
    }
  }

  /// Whether this is the one moment to answer.
  private func finish() -> Bool {
    guard !isDone else { return false }
    isDone = true
    if let logLevel { service.feed.logWishes.remove(logLevel) }
    return session.ledger.close(id)
  }
}

/// The limits of one call in time, in nanoseconds, all counted from `start`.
struct CallTimes {
  var start: Instant
  /// Without progress; `limits.timeout` of the manifest.
  var patience: Int64
  /// With any progress.
  var absolute: Int64
}
