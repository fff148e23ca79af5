import HTTP
import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// What comes back: messages to pair with requests, and refusals.
extension RemoteBackend {
  // MARK: The head

  func responded(_ request: RemoteRequest, _ head: HTTPResponseHead) {
    noteSent(request)
    guard let given = head.value(of: "mcp-session-id"), !isModern, !handshake.isDiscovering,
      !handshake.usesStream, request.isSuccess
    else { return }
    // Only the answer to `initialize` gives one (row H27).
    if request.isOfHandshake, request.id != nil {
      guard RemoteHeader.isSessionID(given) else {
        return end(.failedToStart("\(subject) gave a session id that cannot be sent back."))
      }
      sessionID = given
    } else if request.session == sessionNumber, !isRenewing, let sessionID,
      !given.utf8.elementsEqual(sessionID.utf8)
    {
      end(.crashed("\(subject) changed its session id while it was in use."))
    }
  }

  // MARK: Events

  func received(_ found: EventStreamParser.Found, on request: RemoteRequest) {
    guard ending == nil, !request.isAnswered else { return }
    noteEvent(of: request)
    switch found {
    case .tooLong(let prefix): receivedOversized(prefix, on: request)
    case .event(let event):
      if request.purpose == .stream, handshake.usesStream || !isAccepting,
        event.type.elementsEqual("endpoint".utf8)
      {
        return receivedEndpoint(event.data)
      }
      // Without data it only carries an id to resume behind.
      guard event.isMessage, !event.data.isEmpty else { return }
      deliver(event.data, from: request)
    }
  }

  /// On its own stream it is the request's answer, unless it begins as a notification or a request.
  private func receivedOversized(_ prefix: [UInt8], on request: RemoteRequest) {
    guard request.id != nil, !prefix.prefix(200).contains("\"method\"".utf8) else {
      return prefix.withUnsafeBytes { receiveOversized($0) }
    }
    log(.warning, "backend.line_too_long", ["service": service])
    receivedTooMuch(request)
  }

  private func noteEvent(of request: RemoteRequest) {
    request.fruitlessResumptions = 0
    guard !isModern else { return }
    let id = request.parser.lastEventID
    guard !id.isEmpty else { return }
    if request.purpose == .stream { streamEventID = id } else { request.resumesFrom = id }
  }

  /// HTTP+SSE says where messages go; never at another origin (row H20).
  private func receivedEndpoint(_ reference: [UInt8]) {
    guard !handshake.usesStream else { return }
    guard let target = endpoint.resolve(reference) else {
      return end(
        .failedToStart(
          "\(subject) names a place for messages that is not at the same origin: "
            + Printable.text(reference, limit: 120)))
    }
    messageTarget = target
    perform(handshake.endpointFound())
  }

  // MARK: Messages

  /// Hands a message on, in one line: raw newlines in JSON are white space.
  func deliver(_ message: [UInt8], from request: RemoteRequest) {
    var message = message
    message.withUnsafeMutableBufferPointer { bytes in
      for index in bytes.indices where bytes[index] == 0x0A || bytes[index] == 0x0D {
        bytes[index] = 0x20
      }
    }
    message.withUnsafeBytes { receive($0, from: request) }
  }

  private func receive(_ line: UnsafeRawBufferPointer, from request: RemoteRequest) {
    let envelope: Envelope
    do {
      envelope = try Envelope.scan(line.bytes)
    } catch {
      return receivedInvalid(line, error, from: request)
    }
    switch envelope.kind {
    case .notification, .request: receive(line, envelope)
    case .batch: receiveBatch(line, envelope, from: request)
    case .result, .failure: receiveReply(line, envelope, from: request)
    }
  }

  /// 2025-03-26: several messages at once.
  private func receiveBatch(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, from request: RemoteRequest
  ) {
    guard revision.has(.batches) else { return receiveJunk(line) }
    var messages: [[UInt8]] = []
    JSON.forEachElement(of: envelope.whole, in: line.bytes) {
      messages.append(JSON.copy($0, in: line.bytes))
    }
    for message in messages where message.first == UInt8(ascii: "{") {
      message.withUnsafeBytes { receive($0, from: request) }
    }
  }

  /// A reply counts on the response to its request, and on the one stream of HTTP+SSE.
  private func receiveReply(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, from request: RemoteRequest
  ) {
    guard let own = request.id, !handshake.usesStream else {
      if handshake.usesStream { return receiveOnStream(line, envelope) }
      return receivedForeign()
    }
    if envelope.id.isAbsent { return deliverError(envelope.error, of: line, to: request) }
    let replied = JSON.integer(envelope.id, in: line.bytes)
    guard replied == nil || replied == Int64(exactly: own) else { return receivedForeign() }
    answered(line, envelope, to: request)
  }

  private func receiveOnStream(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let id = JSON.integer(envelope.id, in: line.bytes).flatMap { UInt64(exactly: $0) }
    if let id, let request = requests[id] {
      answered(line, envelope, to: request)
    } else {
      receive(line, envelope)
    }
  }

  /// The answer of its request, whose stream may go on for a moment.
  private func answered(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, to request: RemoteRequest
  ) {
    guard let id = request.id, let entry = pending.entry(id),
      JSON.integer(envelope.id, in: line.bytes) != nil
    else { return receive(line, envelope) }
    request.isAnswered = true
    requests.removeValue(forKey: id)
    if request.method == .toolsList { noteTools(line, envelope) }
    if request.reading == .events { linger(request) }
    if let hello = entry.exchange as? RemoteHello {
      _ = pending.take(id)
      return hello.answered(line, envelope, status: request.status)
    }
    receive(line, envelope)
  }

  /// An error without an id belongs to the request whose response it came in.
  private func deliverError(
    _ error: ByteRange, of line: UnsafeRawBufferPointer, to request: RemoteRequest
  ) {
    guard let id = request.id else { return }
    var message = Array(#"{"jsonrpc":"2.0","id":\#(id),"error":"#.utf8)
    message += line[error.start..<error.end]
    message.append(UInt8(ascii: "}"))
    message.withUnsafeBytes { line in
      guard let envelope = try? Envelope.scan(line.bytes) else { return }
      answered(line, envelope, to: request)
    }
  }

  private func receivedForeign() {
    junk.countForeignReply(at: EventLoop.now)
    log(.warning, "backend.foreign_reply", ["service": service])
  }

  private func receivedInvalid(
    _ line: UnsafeRawBufferPointer, _ error: EnvelopeError, from request: RemoteRequest
  ) {
    guard let id = request.id, request.reading == .json else { return receiveJunk(line) }
    let shown = endpoint.redactor.redacted(Printable.text(line, limit: 120))
    fail(
      id,
      BackendFailure(
        .protocolError, wasSent: true,
        detail: "Service '\(service)' sent an invalid answer (\(error)): \(shown)"))
  }

  func receivedTooMuch(_ request: RemoteRequest) {
    let detail =
      "Service '\(service)' sent an answer of more than \(settings.longestMessage) bytes; "
      + "ask it for less at a time."
    drop(request)
    guard let id = request.id else { return }
    fail(id, BackendFailure(.protocolError, wasSent: true, detail: detail))
  }

  /// Ends a request without an answer.
  func fail(_ id: UInt64, _ failure: BackendFailure) {
    requests.removeValue(forKey: id)
    guard let entry = pending.take(id) else { return }
    entry.exchange.failed(failure)
    if isAccepting { delegate.backendHasRoom(self) }
  }

  // MARK: After the answer

  /// A server may take a moment to end the stream behind its answer; the connection is kept then.
  private func linger(_ request: RemoteRequest) {
    others[ObjectIdentifier(request)] = request
    let timer = sweepTimer ?? LoopTimer { [unowned self] in sweep() }
    sweepTimer = timer
    if !timer.isActive { timer.start(after: .seconds(2)) }
  }

  /// Streams that go on behind their answer are closed.
  private func sweep() {
    for request in others.values where request.isAnswered { drop(request) }
  }
}
