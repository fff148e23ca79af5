import CCurl
package import Loop
import Resilience

/// A request under way.
@EventLoop
package final class HTTPTransfer {
  enum Phase: Hashable {
    /// For a free connection.
    case waiting
    /// It has a connection's place, whose host is being looked up.
    case resolving
    /// libcurl has it; `isSent` tells whether the request was begun to be sent.
    case running
    case over
  }

  let request: HTTPRequest
  var phase = Phase.waiting
  /// Set while the transfer is neither waiting nor over.
  var easy: CurlEasy?
  /// The request was begun to be sent.
  private(set) var isSent = false
  /// Why it has to end; goes before what libcurl says.
  var failure: HTTPError?
  let totalDeadline: Instant
  var connectDeadline = Instant.distantFuture

  private unowned let client: HTTPClient
  private(set) var events: (any HTTPTransferEvents)?
  private var reader: ResponseHeadReader
  private var lastActivity = Instant.zero
  /// Its deadline had passed when it was last looked at, and nothing has happened since.
  var isOverdue = false
  private var isPaused = false
  private var waitsForBody = false
  private var received = 0
  private var sentBytes = 0

  init(_ client: HTTPClient, _ request: HTTPRequest, _ events: any HTTPTransferEvents) {
    self.client = client
    self.request = request
    self.events = events
    reader = ResponseHeadReader(limit: request.limits.headerBytes)
    let now = EventLoop.turnTime
    totalDeadline = request.limits.total.map { now + $0 } ?? .distantFuture
  }

  /// Closes the transfer's connection (its stream with HTTP/2) at the end of this turn of the
  /// loop, or takes it out of the queue. No event comes afterwards, `finished` included. Does
  /// nothing after the end.
  package func cancel() {
    events = nil
    guard phase != .over else { return }
    client.abandon(self)
  }

  /// No `received` comes until `resume`, but for what is being delivered now.
  package func pause() { isPaused = true }

  /// What was held back comes at the end of this turn or later, not within this call.
  package func resume() {
    guard isPaused else { return }
    isPaused = false
    goOn()
  }

  /// The body source that said `later` has something to say.
  package func bodyIsReady() {
    guard waitsForBody else { return }
    waitsForBody = false
    goOn()
  }

  /// When it has to be ended, and why.
  var deadline: (Instant, HTTPError.Limit) {
    var earliest = (totalDeadline, HTTPError.Limit.total)
    if connectDeadline < earliest.0 { earliest = (connectDeadline, .connect) }
    if let idle = request.limits.idle, isSent, !isPaused, !waitsForBody,
      lastActivity + idle < earliest.0
    {
      earliest = (lastActivity + idle, .idle)
    }
    return earliest
  }

  /// The client is gone; nobody is told.
  func forget() {
    phase = .over
    events = nil
    easy = nil
  }

  func end(_ outcome: Result<Void, HTTPError>) {
    phase = .over
    let events = events
    self.events = nil
    events?.finished(outcome)
  }

  func fail(_ kind: HTTPError.Kind, _ message: String) -> HTTPError {
    HTTPError(kind, isSent ? .maybeSent : .notSent, message)
  }

  private func noteActivity() {
    lastActivity = EventLoop.turnTime
    isOverdue = false
  }

  private func goOn() {
    noteActivity()
    guard phase == .running, let easy else { return }
    client.goOn(easy)
  }

  // MARK: What libcurl calls

  /// A connection is there. Answers whether the request may be sent on it: a second time only
  /// where that does no harm (row H22).
  func begins(attempt: Int) -> Bool {
    guard events != nil else { return false }
    guard attempt == 1 || request.mayRepeat else {
      failure = fail(.reset, "the connection closed before the server answered")
      return false
    }
    isSent = true
    connectDeadline = .distantFuture
    noteActivity()
    return true
  }

  /// False ends the transfer.
  func receivedHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    guard events != nil else { return false }
    noteActivity()
    switch reader.read(line) {
    case .none: return true
    case .refused(let kind, let message):
      failure = fail(kind, message)
      return false
    case .head(let head):
      if let length = reader.contentLength, length > request.limits.responseBytes,
        !request.method.utf8.elementsEqual("HEAD".utf8)
      {
        failure = tooLarge
        return false
      }
      client.noteVersion(head.version)
      events?.responded(head)
      return events != nil
    }
  }

  /// How many bytes were taken, or that none is to come for now.
  func received(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard let events else { return 0 }
    if isPaused { return Int(CURL_WRITEFUNC_PAUSE) }
    noteActivity()
    let (total, overflow) = received.addingReportingOverflow(bytes.count)
    guard !overflow, total <= request.limits.responseBytes else {
      failure = tooLarge
      return 0
    }
    received = total
    let ratio = max(1, request.limits.decompressionRatio)
    if total > 1 << 20, let easy, total / ratio > easy.receivedBytes {
      failure = fail(.ratio, "the answer grows too much when it is decompressed")
      return 0
    }
    events.received(bytes)
    return self.events == nil ? 0 : bytes.count
  }

  private var tooLarge: HTTPError {
    fail(.tooLarge, "the answer is larger than \(request.limits.responseBytes) bytes")
  }

  /// Fills the memory with the next bytes of the body; answers as a read callback does.
  func readBody(_ memory: UnsafeMutableRawBufferPointer) -> Int {
    guard let events else { return Int(CURL_READFUNC_ABORT) }
    noteActivity()
    // What was handed over before has gone to the socket.
    if sentBytes > 0 { events.sent(sentBytes) }
    guard self.events != nil else { return Int(CURL_READFUNC_ABORT) }
    switch request.body {
    case .none: return 0
    case .bytes(let bytes):
      let rest = bytes[min(sentBytes, bytes.count)...].prefix(memory.count)
      memory.copyBytes(from: rest)
      sentBytes += rest.count
      return rest.count
    case .stream(let length, let source): return readStream(source, length, memory)
    }
  }

  private func readStream(
    _ source: any HTTPBodySource, _ length: Int?, _ memory: UnsafeMutableRawBufferPointer
  ) -> Int {
    // A request must not be longer than it says: what follows would be read as another one.
    let left = length.map { max(0, $0 - sentBytes) } ?? memory.count
    guard left > 0 else { return 0 }
    switch source.read(into: UnsafeMutableRawBufferPointer(rebasing: memory.prefix(left))) {
    case .bytes(let count) where count > 0 && count <= min(left, memory.count):
      sentBytes += count
      return count
    case .later:
      waitsForBody = true
      return Int(CURL_READFUNC_PAUSE)
    case .end where length.map { $0 == sentBytes } ?? true: return 0
    case .end: failure = fail(.bodySource, "the body is shorter than was declared")
    case .bytes, .failed: failure = fail(.bodySource, "the body could not be read")
    }
    return Int(CURL_READFUNC_ABORT)
  }

  /// Before a second attempt; a stream is read once.
  func rewindBody(to offset: Int) -> Bool {
    guard case .bytes(let bytes) = request.body, offset <= bytes.count, request.mayRepeat else {
      return false
    }
    sentBytes = offset
    return true
  }

  /// Everything was sent: for the last of the body no call asked for more.
  func noteSent() {
    if sentBytes > 0 { events?.sent(sentBytes) }
  }
}
