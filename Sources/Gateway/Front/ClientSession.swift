import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// What the session hands requests and notifications to.
@EventLoop
protocol ClientSessionDelegate: AnyObject {
  /// A request with a fresh id; answer it through the session, now or later.
  func serve(_ request: Incoming, of session: ClientSession)
  /// A notification other than `notifications/cancelled`.
  func noticed(_ envelope: Envelope, of session: ClientSession)
  /// Any message that is a reason to get ready for calls.
  func clientIsActive(_ session: ClientSession)
  /// The client sends no more (`nil`) or cannot be written to (errno).
  func clientLeft(_ session: ClientSession, failure: Int32?)
  /// The client is slow, or no longer: services must not be read meanwhile.
  func outputIsFull(_ session: ClientSession, _ isFull: Bool)
}

/// A request as it came in. `line` is valid during the call that passes it on.
struct Incoming {
  var line: UnsafeRawBufferPointer
  var envelope: Envelope
  var id: RequestID
  var client: ClientContext
  /// It has waited for discovery once and must be answered now.
  var hasWaited = false
}

/// The client on our stdin and stdout, and the only writer of stdout.
///
/// It cuts lines, decides the era of each message, refuses what is no message,
/// and keeps the ledger of requests in flight: an id is answered exactly once
/// (promise I1), because an answer needs the id's entry and takes it out.
@EventLoop
final class ClientSession: ByteSink {
  /// Above this many waiting bytes only the newest progress of each call is kept.
  static let progressMark = 256 * 1024

  let limits: GatewayConfiguration.Limits
  let absoluteTime: Duration
  let log: Log
  weak var delegate: (any ClientSessionDelegate)?

  /// The edits of the line that is being written; reused, so that a message allocates none.
  var splice = Splice()
  var holdsProgress = false
  /// The revision agreed in `initialize`, if there was one.
  var legacyRevision: Revision?
  /// `notifications/initialized` has come: unasked notifications may be sent.
  var isInitialized = false
  private(set) var hasUsedModern = false
  private(set) var strayReplies = 0

  /// Called each time the last request in flight is done.
  var onIdle: (@EventLoop () -> Void)?
  private var inFlight: [RequestID: any ClientRequest] = [:]
  private var framer: LineFramer
  private var reader: DescriptorReader?
  private let writer: DescriptorWriter
  private(set) var isFull = false
  private var hasBegun = false
  private var sweepTimer: LoopTimer?
  private var nextSweep = Instant.distantFuture

  init(input: Int32, output: Int32, configuration: GatewayConfiguration, log: Log) {
    limits = configuration.limits
    absoluteTime = configuration.deadlines.absolute
    self.log = log
    framer = LineFramer(limit: limits.clientMessage)
    writer = DescriptorWriter(descriptor: output)
    reader = DescriptorReader(descriptor: input, sink: self)
    writer.onDrained = { [weak self] in self?.outputDrained() }
    writer.onFailed = { [weak self] code in
      guard let self else { return }
      delegate?.clientLeft(self, failure: code)
    }
  }

  func begin() { reader?.resume() }

  /// Reads no more; what is in flight can still be answered.
  func stopReading() {
    reader?.close()
    reader = nil
  }

  func flush() { writer.flush() }

  var isIdle: Bool { inFlight.isEmpty }
  var unwrittenBytes: Int { writer.queuedBytes }

  // MARK: Lines

  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer { framer.tail(atLeast: count) }

  func received(_ count: Int) {
    framer.commit(count)
    while let line = framer.next() {
      switch line {
      case .line(let bytes): receive(bytes)
      case .tooLong:
        let limit = limits.clientMessage
        refuse(.invalidRequest("A message is longer than the limit of \(limit) bytes."))
      }
    }
  }

  func ended(_ reason: EndOfInput) {
    reader = nil
    if framer.pendingBytes > 0 { log(.warning, "client.partial_line") }
    delegate?.clientLeft(self, failure: nil)
  }

  private func receive(_ line: UnsafeRawBufferPointer) {
    let envelope: Envelope
    do {
      envelope = try Envelope.scan(line.bytes)
    } catch {
      return refuse(line, error)
    }
    receive(line, envelope)
  }

  private func receive(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    switch envelope.kind {
    case .request: receiveRequest(line, envelope)
    case .notification: receiveNotification(line, envelope)
    // We ask the client nothing yet, so an answer answers nothing (row C16).
    case .result, .failure: strayReplies += 1
    case .batch: receiveBatch(line, envelope)
    }
  }

  /// Arrays exist in one revision only, 2025-03-26 (row C05).
  private func receiveBatch(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard legacyRevision == .r2025_03_26 else {
      return refuse(.invalidRequest("Batches exist in revision 2025-03-26 only."))
    }
    var elements: [ByteRange] = []
    JSON.forEachElement(of: envelope.whole, in: line.bytes) { elements.append($0) }
    if elements.isEmpty { return refuse(.invalidRequest("The batch is empty.")) }
    for element in elements {
      let part = UnsafeRawBufferPointer(rebasing: line[element.start..<element.end])
      guard let inner = try? Envelope.scan(part.bytes), inner.kind != .batch else {
        refuse(.invalidRequest("An element of the batch is not a message."))
        continue
      }
      receive(part, inner)
    }
  }

  private func receiveNotification(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    if envelope.method == .cancelled {
      let id = RequestID(envelope.requestId, in: line.bytes)
      // Unknown and finished ids are ignored: the answer may have crossed the cancel (row C19).
      guard let id, let request = inFlight.removeValue(forKey: id) else { return }
      return request.cancelled()
    }
    if envelope.method == .initialized { isInitialized = true }
    becomeActive()
    delegate?.noticed(envelope, of: self)
  }

  private func receiveRequest(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard let id = RequestID(envelope.id, in: line.bytes) else {
      return refuse(.invalidRequest("The id is neither a string nor an integer."))
    }
    guard inFlight[id] == nil else {
      let shown = Printable.text(id.bytes, limit: 64)
      return refuse(.invalidRequest("The id \(shown) is in flight already; it keeps one answer."))
    }
    if envelope.method != .initialize, envelope.method != .discover { becomeActive() }
    do throws(CallError) {
      let client = try context(of: envelope, in: line)
      delegate?.serve(Incoming(line: line, envelope: envelope, id: id, client: client), of: self)
    } catch {
      reply(to: id, error: error)
    }
  }

  private func becomeActive() {
    guard !hasBegun else { return }
    hasBegun = true
    delegate?.clientIsActive(self)
  }

  /// Modern if it says so itself, else as agreed in `initialize`, else the newest
  /// legacy revision without capabilities (row C13).
  private func context(
    of envelope: Envelope, in line: UnsafeRawBufferPointer
  ) throws(CallError) -> ClientContext {
    guard envelope.isModern else {
      return ClientContext(revision: legacyRevision ?? .newestLegacy)
    }
    guard let revision = Revision(envelope.protocolVersion, in: line.bytes),
      revision.era == .modern
    else {
      throw .unsupportedVersion(JSON.string(envelope.protocolVersion, in: line.bytes) ?? [])
    }
    guard !envelope.clientCapabilities.isAbsent else {
      throw .invalidParams(
        "params._meta lacks the required key io.modelcontextprotocol/clientCapabilities")
    }
    hasUsedModern = true
    return ClientContext(revision: revision)
  }

  // MARK: The ledger

  /// Whether one more request may be in flight.
  var hasRoom: Bool { inFlight.count < limits.clientCalls }

  /// Files a request that is answered later.
  func open(_ id: RequestID, _ request: any ClientRequest) {
    inFlight[id] = request
    if request.deadline < nextSweep { scheduleSweep(at: request.deadline) }
  }

  /// Takes a request out; `false` means that it was cancelled or answered before.
  ///
  /// The caller writes the answer after this; whoever waits for the last one hears of it then.
  func close(_ id: RequestID) -> Bool {
    guard inFlight.removeValue(forKey: id) != nil else { return false }
    if onIdle != nil, inFlight.isEmpty {
      EventLoop.atEndOfTurn { [weak self] in self?.onIdle?() }
    }
    return true
  }

  /// Answers everything in flight with an error; the gateway ends.
  func abandonAll() { for request in Array(inFlight.values) { request.abandoned() } }

  /// One timer for all deadlines: it is set to the earliest and looks at every
  /// request when it fires, which in a healthy gateway is about once a minute.
  private func scheduleSweep(at instant: Instant) {
    nextSweep = instant
    let timer = sweepTimer ?? LoopTimer { [weak self] in self?.sweep() }
    sweepTimer = timer
    timer.start(at: instant)
  }

  private func sweep() {
    nextSweep = .distantFuture
    let now = EventLoop.now
    for request in Array(inFlight.values) where request.deadline <= now {
      request.deadlineReached(at: now)
    }
    guard let earliest = inFlight.values.map(\.deadline).min() else { return }
    // Deadlines close to each other share a sweep; 250 ms is what promise I3 allows.
    scheduleSweep(at: max(earliest, now + .milliseconds(20)))
  }

  // MARK: Output

  var isClogged: Bool { writer.queuedBytes > ClientSession.progressMark }

  func write(_ line: Slices) {
    writer.write(line)
    if !isFull, writer.queuedBytes > limits.clientOutput {
      isFull = true
      reader?.pause()
      delegate?.outputIsFull(self, true)
    }
  }

  func write(_ line: [UInt8]) {
    line.withUnsafeBytes { write(Slices($0)) }
  }

  private func outputDrained() {
    if holdsProgress {
      holdsProgress = false
      for request in inFlight.values { (request as? Call)?.releaseProgress() }
    }
    guard isFull else { return }
    isFull = false
    reader?.resume()
    delegate?.outputIsFull(self, false)
  }

  /// Answers `id`; `result` is the JSON text of the result.
  func reply(to id: RequestID, result: [UInt8]) {
    var head = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
    head += id.bytes
    head += #","result":"#.utf8
    let end: [UInt8] = [UInt8(ascii: "}")]
    head.withUnsafeBytes { head in
      result.withUnsafeBytes { result in
        end.withUnsafeBytes { end in
          var line = Slices(head)
          line.append(result)
          line.append(end)
          write(line)
        }
      }
    }
  }

  func reply(to id: RequestID, error: CallError) { writeError(id.bytes, error) }

  /// An error that answers no id we could read: `"id":null` as JSON-RPC has it for
  /// legacy clients, no id for modern ones.
  func refuse(_ error: CallError) {
    let isModern = legacyRevision == nil && hasUsedModern
    writeError(isModern ? nil : Array("null".utf8), error)
  }

  private func refuse(_ line: UnsafeRawBufferPointer, _ error: EnvelopeError) {
    let why = CallError(
      code: error.isParseError ? .parse : .invalidRequest, message: "\(error)",
      reason: error.isParseError ? "parse_error" : "invalid_request")
    // An id that is in flight keeps its one answer (row C12).
    if let id = RequestID(error.id, in: line.bytes), inFlight[id] == nil {
      reply(to: id, error: why)
    } else {
      refuse(why)
    }
  }

  private func writeError(_ id: [UInt8]?, _ error: CallError) {
    var line = Array(#"{"jsonrpc":"2.0""#.utf8)
    if let id {
      line += #","id":"#.utf8
      line += id
    }
    line += #","error":"#.utf8
    line += error.json()
    line.append(UInt8(ascii: "}"))
    write(line)
  }
}
