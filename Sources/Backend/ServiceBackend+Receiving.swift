import Loop
import MCP
import RawJSON
import Telemetry

/// Messages of a service: replies to pair with requests, what it tells unasked, and junk to count.
extension ServiceBackend {
  /// More foreign replies than this in a minute, and the backend is replaced (reliability 2.1.3).
  static let foreignRepliesPerMinute = 10

  final func receive(_ line: UnsafeRawBufferPointer) {
    let envelope: Envelope
    do {
      envelope = try Envelope.scan(line.bytes)
    } catch {
      return receiveInvalid(line, error)
    }
    receive(line, envelope)
  }

  final func receive(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    switch envelope.kind {
    case .result, .failure: receiveReply(line, envelope)
    case .notification where envelope.method == .progress: receiveProgress(line, envelope)
    case .notification, .request: delegate.backend(self, received: line, envelope)
    case .batch: receiveJunk(line)
    }
  }

  private final func receiveReply(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    // Without a closure: the compiler makes one check where it is when it runs.
    let number = JSON.integer(envelope.id, in: line.bytes) ?? -1
    guard number >= 0, let entry = pending.take(UInt64(number)) else {
      return hint(line, envelope) ? () : receiveStray(UInt64(exactly: number))
    }
    entry.exchange.answered(line, envelope)
    if isAccepting { delegate.backendHasRoom(self) } else { answeredLate() }
  }

  /// `"5"` is not 5 (row B24): no answer to the request, but the reason why none will come.
  private final func hint(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    guard let text = JSON.string(envelope.id, in: line.bytes), text.count < 20,
      let id = UInt64(String(decoding: text, as: UTF8.self)), let entry = pending.entry(id)
    else { return false }
    entry.exchange.missed(
      "Service '\(service)' answered with the id as a string in place of a number.")
    return true
  }

  private final func receiveProgress(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let token = JSON.integer(envelope.progressToken, in: line.bytes)
    guard let token, let id = UInt64(exactly: token), let entry = pending.entry(id) else {
      // Of nothing that is in flight; a task may still know it.
      return delegate.backend(self, received: line, envelope)
    }
    entry.exchange.progressed(line, envelope)
  }

  private final func receiveStray(_ id: UInt64?) {
    guard pending.judgeStray(id) == .foreign else { return }
    junk.countForeignReply(at: EventLoop.now)
    log(.warning, "backend.foreign_reply", ["service": service])
    if junk.foreignReplies(inMinuteBefore: EventLoop.now) >= Self.foreignRepliesPerMinute {
      let text = "Service '\(service)' answered requests that nobody asked; it was stopped."
      giveUp(text)
    }
  }

  /// Not a legal message. If it names a pending request, that request has its answer.
  private final func receiveInvalid(_ line: UnsafeRawBufferPointer, _ error: EnvelopeError) {
    var id = JSON.integer(error.id, in: line.bytes).flatMap { UInt64(exactly: $0) }
    if id == nil { id = ReplyID.find(in: line.prefix(ReplyID.searchedBytes)) }
    guard let id, let entry = pending.take(id) else { return receiveJunk(line) }
    let shown = shown(line, limit: 120)
    let detail = "Service '\(service)' sent an invalid answer (\(error)): \(shown)"
    entry.exchange.failed(BackendFailure(.protocolError, wasSent: true, detail: detail))
  }

  final func receiveOversized(_ prefix: UnsafeRawBufferPointer) {
    log(.warning, "backend.line_too_long", ["service": service])
    guard let id = ReplyID.find(in: prefix.prefix(ReplyID.searchedBytes)),
      let entry = pending.take(id)
    else { return }
    let detail =
      "Service '\(service)' sent an answer of more than \(settings.longestMessage) bytes; "
      + "ask it for less at a time."
    entry.exchange.failed(BackendFailure(.protocolError, wasSent: true, detail: detail))
  }

  /// Log text, banners, terminal colours: skipped, counted, shown when something else goes wrong.
  final func receiveJunk(_ line: UnsafeRawBufferPointer) {
    let count = junk.total + 1
    let isTold = count <= 5 || count % 1000 == 0
    let text = isTold ? shown(line) : ""
    junk.count(text)
    delegate.backendWroteJunk(self)
    guard isTold else { return }
    log(
      .warning, "backend.not_json", ["service": service, "count": String(count), "line": text])
  }

  /// What a person may read of a line, without the secrets of its manifest (row S13).
  private func shown(_ line: UnsafeRawBufferPointer, limit: Int = 200) -> String {
    guard !settings.redactor.isEmpty else { return Printable.text(line, limit: limit) }
    // Enough of it that no secret is cut where it would be shown.
    var beginning = Array(line.prefix(4096))
    settings.redactor.redact(&beginning)
    return Printable.text(beginning, limit: limit)
  }
}
