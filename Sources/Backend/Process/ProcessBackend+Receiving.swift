import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// What comes out of the child: lines to pair with requests, and junk to count.
extension ProcessBackend {
  /// More foreign replies than this in a minute, and the backend is replaced (reliability 2.1.3).
  static let foreignRepliesPerMinute = 10

  func receiveLines() {
    while let line = framer.next() {
      switch line {
      case .line(let bytes): receive(bytes)
      case .tooLong(let prefix): receiveOversized(prefix)
      }
    }
    if framer.isLarge { trimLater() }
    if framer.discardedBytes > 2 * settings.longestMessage {
      end(.crashed("Service '\(service)' writes a line without end."), .atOnce)
    }
  }

  /// What a large message left in the framer is given back some time after it.
  private func trimLater() {
    guard trimTimer?.isActive != true else { return }
    let timer = trimTimer ?? LoopTimer { [unowned self] in trim() }
    trimTimer = timer
    timer.start(after: LineFramer.quietTime)
  }

  private func trim() {
    framer.trim()
    Heap.giveBack()
    if framer.isLarge, ending == nil { trimLater() }
  }

  private func receive(_ line: UnsafeRawBufferPointer) {
    let envelope: Envelope
    do {
      envelope = try Envelope.scan(line.bytes)
    } catch {
      return receiveInvalid(line, error)
    }
    switch envelope.kind {
    case .result, .failure: receiveReply(line, envelope)
    case .notification where envelope.method == .progress: receiveProgress(line, envelope)
    case .notification, .request: delegate.backend(self, received: line, envelope)
    case .batch: receiveJunk(line)
    }
  }

  private func receiveReply(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    // Without a closure: the compiler makes one check where it is when it runs.
    let number = JSON.integer(envelope.id, in: line.bytes) ?? -1
    guard number >= 0, let entry = pending.take(UInt64(number)) else {
      return hint(line, envelope) ? () : receiveStray(UInt64(exactly: number))
    }
    entry.exchange.answered(line, envelope)
    if isAccepting { delegate.backendHasRoom(self) } else { endIfRetired() }
  }

  /// `"5"` is not 5 (row B24): no answer to the request, but the reason why none will come.
  private func hint(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    guard let text = JSON.string(envelope.id, in: line.bytes), text.count < 20,
      let id = UInt64(String(decoding: text, as: UTF8.self)), let entry = pending.entry(id)
    else { return false }
    entry.exchange.missed(
      "Service '\(service)' answered with the id as a string in place of a number.")
    return true
  }

  private func receiveProgress(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let token = JSON.integer(envelope.progressToken, in: line.bytes)
    guard let token, let id = UInt64(exactly: token), let entry = pending.entry(id) else {
      // Of nothing that is in flight; a task may still know it.
      return delegate.backend(self, received: line, envelope)
    }
    entry.exchange.progressed(line, envelope)
  }

  private func receiveStray(_ id: UInt64?) {
    guard pending.judgeStray(id) == .foreign else { return }
    junk.countForeignReply(at: EventLoop.now)
    log(.warning, "backend.foreign_reply", ["service": service])
    if junk.foreignReplies(inMinuteBefore: EventLoop.now) >= Self.foreignRepliesPerMinute {
      let text = "Service '\(service)' answered requests that nobody asked; it was stopped."
      end(.crashed(text), .atOnce)
    }
  }

  /// Not a legal message. If it names a pending request, that request has its answer.
  private func receiveInvalid(_ line: UnsafeRawBufferPointer, _ error: EnvelopeError) {
    var id = JSON.integer(error.id, in: line.bytes).flatMap { UInt64(exactly: $0) }
    if id == nil { id = ReplyID.find(in: line.prefix(ReplyID.searchedBytes)) }
    guard let id, let entry = pending.take(id) else { return receiveJunk(line) }
    let shown = Printable.text(line, limit: 120)
    let detail = "Service '\(service)' sent an invalid answer (\(error)): \(shown)"
    entry.exchange.failed(BackendFailure(.protocolError, wasSent: true, detail: detail))
  }

  private func receiveOversized(_ prefix: UnsafeRawBufferPointer) {
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
  private func receiveJunk(_ line: UnsafeRawBufferPointer) {
    junk.count(line, at: EventLoop.now)
    delegate.backendWroteJunk(self)
    if junk.total <= 5 || junk.total % 1000 == 0 {
      log(
        .warning, "backend.not_json",
        ["service": service, "count": String(junk.total), "line": Printable.text(line)])
    }
  }
}

/// Finds the id of a reply that could not be parsed: `"id":` and digits near the start.
enum ReplyID {
  /// As far as an id is looked for (row B09).
  static let searchedBytes = 4096

  static func find(in bytes: Slice<UnsafeRawBufferPointer>) -> UInt64? {
    let key = Array(#""id":"#.utf8)
    let text = Array(bytes)
    guard text.first == UInt8(ascii: "{"), text.count > key.count else { return nil }
    for start in 0..<(text.count - key.count) where text[start] == UInt8(ascii: "\"") {
      guard text[start..<(start + key.count)].elementsEqual(key) else { continue }
      var value: UInt64 = 0
      var digits = 0
      for byte in text[(start + key.count)...] {
        if byte == UInt8(ascii: " "), digits == 0 { continue }
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits < 18 else { break }
        value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        digits += 1
      }
      if digits > 0 { return value }
    }
    return nil
  }
}

/// Lines on stdout that were no messages, and replies to nothing.
struct JunkCounter {
  private(set) var total = 0
  private var firstLine = ""
  private var foreignReplyTimes: [Instant] = []

  mutating func count(_ line: UnsafeRawBufferPointer, at now: Instant) {
    total += 1
    if total == 1 { firstLine = Printable.text(line) }
  }

  mutating func countForeignReply(at now: Instant) {
    foreignReplyTimes.append(now)
    if foreignReplyTimes.count > 64 { foreignReplyTimes.removeFirst(32) }
  }

  func foreignReplies(inMinuteBefore now: Instant) -> Int {
    foreignReplyTimes.count { now - $0 < .seconds(60) }
  }

  /// What an error message says of the first such line.
  var excerpt: String { total == 0 ? "" : " It wrote on stdout: \(firstLine)" }
}

/// Hands on what the child's descriptors and its exit tell, as long as the backend
/// wants to hear it.
///
/// The reference is strong, and cut when the process is gone: weak ones make every
/// retain of their object slower, and the backend is retained for every message.
@EventLoop
final class BackendRelay: ByteSink {
  var backend: ProcessBackend?
  /// Where bytes go that arrive after the backend is gone.
  private let nowhere = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)

  isolated deinit { nowhere.deallocate() }

  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer {
    backend?.framer.tail(atLeast: count) ?? nowhere
  }

  func received(_ count: Int) {
    guard let backend else { return }
    backend.framer.commit(count)
    backend.receiveLines()
  }

  func ended(_ reason: EndOfInput) { backend?.outputEnded() }
}
