import Glibc
import HTTP
import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// How each request of HTTP ends, and what that says about its message.
extension RemoteBackend {
  func finished(_ request: RemoteRequest, _ outcome: Result<Void, HTTPError>) {
    others.removeValue(forKey: ObjectIdentifier(request))
    if request.head == nil { noteSent(request) }
    switch request.purpose {
    case .goodbye: finishLater()
    case .stream: streamEnded(request, outcome)
    case .message: messageEnded(request, outcome)
    case .request(let id):
      guard ending == nil, pending.entry(id) != nil, !request.isAnswered else {
        if requests[id] === request { requests.removeValue(forKey: id) }
        return
      }
      requestEnded(request, id, outcome)
    }
  }

  private func messageEnded(_ request: RemoteRequest, _ outcome: Result<Void, HTTPError>) {
    guard ending == nil else { return }
    if request.isOfHandshake {
      guard case .success = outcome, request.isSuccess else {
        let why = "\(subject) did not take 'notifications/initialized'."
        return end(isRenewing ? .crashed(why) : .failedToStart(why))
      }
      return opened()
    }
    if isGoneSession(request) { return renew() }
    if !request.isSuccess {
      log(
        .warning, "remote.message_refused",
        ["service": service, "status": String(request.status)])
    }
  }

  /// 404 in a session means that there is no such session (2025-03-26 and later).
  private func isGoneSession(_ request: RemoteRequest) -> Bool {
    request.status == 404 && !request.isOfHandshake && !handshake.usesStream && !isModern
      && (sessionID != nil || isRenewing || request.session != sessionNumber)
  }

  private func requestEnded(
    _ request: RemoteRequest, _ id: UInt64, _ outcome: Result<Void, HTTPError>
  ) {
    if case .failure(let error) = outcome {
      if resumes(request) { return }
      return fail(id, BackendFailure(error, from: subject))
    }
    guard request.isSuccess else { return refused(request, id) }
    // The answer comes on the stream; what this response holds says nothing.
    if handshake.usesStream { return }
    switch request.reading {
    case .json: answeredWhole(request, id)
    case .events:
      if resumes(request) { return }
      let detail = "\(subject) ended its stream before the answer."
      fail(id, BackendFailure(.lost, wasSent: true, detail: detail))
    case .nothing, .excerpt: fail(id, noAnswer(request))
    }
  }

  private func answeredWhole(_ request: RemoteRequest, _ id: UInt64) {
    let body = request.takeCollected()
    guard !body.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) else {
      return fail(id, noAnswer(request))
    }
    deliver(body, from: request)
    // A message, but none that answers; a hint may say why.
    guard pending.entry(id) != nil, ending == nil else { return }
    fail(
      id,
      BackendFailure(
        .protocolError, wasSent: true,
        detail: "\(subject) answered with something that is no answer to the request."))
  }

  /// A success that brings no message (row H14).
  private func noAnswer(_ request: RemoteRequest) -> BackendFailure {
    let type = request.head?.value(of: "content-type") ?? ""
    let body = request.takeCollected()
    var detail = "\(subject) answered with status \(request.status) and no message"
    if !type.isEmpty { detail += " but '\(Printable.text(type.utf8, limit: 60))'" }
    return BackendFailure(.protocolError, wasSent: true, detail: detail + quote(body) + ".")
  }

  private func quote(_ body: [UInt8]) -> String {
    guard !body.isEmpty else { return "" }
    let text = endpoint.redactor.redacted(Printable.text(body, limit: 120))
    return ": " + Redactor(login?.secrets ?? []).redacted(text)
  }

  // MARK: Refusals

  private func refused(_ request: RemoteRequest, _ id: UInt64) {
    // The request itself had been taken.
    if request.isResumption {
      let detail = "\(subject) ended its stream before the answer and does not go on with it."
      return fail(id, BackendFailure(.lost, wasSent: true, detail: detail))
    }
    if isGoneSession(request) {
      // It was refused, so it was not executed: it goes out again in the next session, once.
      if request.session == sessionNumber { renew() }
      guard !request.wasRefusedOnce else {
        let detail = "\(subject) does not know the session that it has just given."
        return fail(id, BackendFailure(.unavailable, wasSent: false, detail: detail))
      }
      request.wasRefusedOnce = true
      request.resumesFrom = []
      return begin(request)
    }
    if request.status == 404, handshake.usesStream, !request.isOfHandshake {
      // Refused as well; the stream that goes with the session has ended, or soon will.
      let detail = "\(subject) does not know its session any more."
      fail(id, BackendFailure(.lost, wasSent: false, detail: detail))
      return end(.crashed(detail))
    }
    if waitsForLogin(request) { return }
    let body = request.takeCollected()
    if waitsForTools(request, refusedWith: body) || deliversError(body, to: request) { return }
    if request.isOfHandshake, Self.isVerdict(request.status),
      let hello = pending.entry(id)?.exchange as? RemoteHello
    {
      requests.removeValue(forKey: id)
      _ = pending.take(id)
      return hello.refused(status: request.status)
    }
    fail(id, refusal(request, body))
  }

  /// Whether the body is an error of JSON-RPC, which is the answer then.
  private func deliversError(_ body: [UInt8], to request: RemoteRequest) -> Bool {
    // Refused credentials are no verdict, whatever the body says.
    guard Self.isVerdict(request.status), body.count < RemoteRequest.longestExcerpt,
      let envelope = try? Envelope.scan(body.span.bytes), envelope.kind == .failure,
      let id = request.id
    else { return false }
    deliver(body, from: request)
    return pending.entry(id) == nil
  }

  /// The error of a body that is an error of JSON-RPC; empty for others.
  private static func error(in body: [UInt8]) -> [UInt8] {
    guard body.count < RemoteRequest.longestExcerpt,
      let envelope = try? Envelope.scan(body.span.bytes), envelope.kind == .failure
    else { return [] }
    return JSON.copy(envelope.error, in: body.span.bytes)
  }

  /// Whether a status says something about what the server speaks: not where it does not know us,
  /// has too much to do, or is in trouble itself.
  nonisolated static func isVerdict(_ status: Int) -> Bool {
    (400..<500).contains(status) && ![401, 403, 407, 408, 425, 429].contains(status)
  }

  func refusal(_ request: RemoteRequest, _ body: [UInt8]) -> BackendFailure {
    let status = request.status
    let field = request.head?.value(of: "retry-after")
    let delay = field.flatMap {
      RetryAfter.delay($0, date: request.head?.value(of: "date"), wallClock: Int64(time(nil)))
    }
    let what = "\(subject) answered with status \(status)"
    switch status {
    case 300..<400:
      let place = request.head?.value(of: "location") ?? ""
      let shown = place.isEmpty ? "" : " to '\(Printable.text(place.utf8, limit: 120))'"
      return BackendFailure(
        .unavailable, wasSent: false,
        detail: "\(what), a redirect\(endpoint.redactor.redacted(shown)), which is never followed; "
          + "write the address into 'http.url'.")
    case 401, 403, 407:
      return BackendFailure(
        .unavailable, wasSent: false,
        detail: "\(what): it does not accept our credentials; \(adviceOnCredentials)\(quote(body))."
      )
    case 429:
      return BackendFailure(
        .overloaded, wasSent: false, detail: "\(what)\(quote(body)).", retryAfter: delay)
    case 503 where delay != nil:
      return BackendFailure(
        .unavailable, wasSent: false, detail: "\(what)\(quote(body)).", retryAfter: delay)
    case 500...:
      var failure = BackendFailure(.lost, wasSent: true, detail: "\(what)\(quote(body)).")
      failure.error = Self.error(in: body)
      return failure
    default:
      return BackendFailure(.protocolError, wasSent: true, detail: "\(what)\(quote(body)).")
    }
  }
}

extension BackendFailure {
  /// A request of HTTP that has ended without a response.
  init(_ error: HTTPError, from subject: String) {
    let end = error.message.utf8.last == UInt8(ascii: ".") ? "" : "."
    let detail = "\(subject): \(error.message)\(end)"
    let wasSent = error.wasSent == .maybeSent
    switch error.kind {
    case .overloaded: self.init(.overloaded, wasSent: false, detail: detail)
    case .tooLarge, .ratio, .protocolViolation:
      self.init(.protocolError, wasSent: wasSent, detail: detail)
    case .cancelled: self.init(.shuttingDown, wasSent: wasSent, detail: detail)
    default: self.init(wasSent ? .lost : .unavailable, wasSent: wasSent, detail: detail)
    }
  }
}
