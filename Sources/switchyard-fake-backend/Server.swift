import Glibc
import MCP
import RawJSON

/// The loop: read what is there, answer each line, write once, wait.
///
/// One thread, blocking writes, no state but what the script asks for. Calls
/// that wait (`delay`, `slow`) lie on the agenda while reading goes on.
struct Server {
  var script: Script
  var output: Output
  var agenda = Agenda()
  /// tools/call requests so far: what `crash@N` counts.
  var calls = 0
  var lists = 0
  /// Calls that are never answered, until cancelled.
  var hanging: Set<[UInt8]> = []
  /// Cancels of calls that waited, and of anything else.
  var cancels = 0
  var strayCancels = 0
  /// The calls that had come before the last cancel.
  var callsBeforeCancel = 0
  /// What the ledger says about calls that were begun: id -> uuid and tool.
  var begun: [[UInt8]: String] = [:]
  /// Answers kept back by `burst-exit` and `reorder`.
  var held: [[UInt8]] = []
  /// Requests to the client that wait for its answer: our id -> id of the call.
  var asked: [Int: [UInt8]] = [:]
  var askings: [[UInt8]: Asking] = [:]
  var nextAsk = 1
  /// The client's capabilities in `initialize`, as JSON.
  var told = Array("null".utf8)
  var hasSentURLs = false
  /// Progress notifications of the client.
  var progressHeard = 0
  /// The id of an open subscriptions/listen.
  var listener: [UInt8]?
  /// What `watch` keeps: the log level and the subscriptions.
  var watching = Watching()
  /// What `tasks` keeps.
  var tasks: [String: FakeTask] = [:]
  var isReading = true

  init(script: Script) {
    self.script = script
    output = Output(bytesPerSecond: script.bytesPerSecond)
    if script.bom { output.buffer += [0xEF, 0xBB, 0xBF] }
  }

  mutating func run() -> Never {
    var input = Input()
    while true {
      while let due = agenda.take(at: Agenda.now) { emitDue(due) }
      output.flush()
      guard isReading else {
        if agenda.isEmpty { pause() } else { poll(nil, 0, agenda.wait) }
        continue
      }
      if !agenda.isEmpty, !input.isReady(within: agenda.wait) { continue }
      guard input.fill() else { endOfInput() }
      while isReading, let line = input.next() { receive(line) }
    }
  }

  /// Most servers end with their input.
  private mutating func endOfInput() -> Never {
    output.flush()
    if script.ignoresEOF { while true { pause() } }
    exit(0)
  }

  private mutating func emitDue(_ due: Agenda.Entry) {
    output.buffer += due.line
    guard due.isAnswer else { return }
    begun[due.id] = nil
    afterAnswer()
  }

  private mutating func receive(_ line: UnsafeRawBufferPointer) {
    let envelope: Envelope
    do throws(EnvelopeError) {
      envelope = try Envelope.scan(line.bytes)
    } catch {
      refuse(error, line)
      return
    }
    let message = Incoming(line: line, envelope: envelope)
    switch envelope.kind {
    case .request: answer(message)
    case .notification: note(message)
    case .result, .failure: takeReply(message)
    case .batch:
      output.append(
        #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}"#)
      endLine()
    }
  }

  private mutating func refuse(_ error: EnvelopeError, _ line: UnsafeRawBufferPointer) {
    if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { return }
    output.append(#"{"jsonrpc":"2.0","id":"#)
    if error.id.isAbsent {
      output.append("null")
    } else {
      output.append(UnsafeRawBufferPointer(rebasing: line[error.id.start..<error.id.end]))
    }
    output.append(#","error":{"code":"#)
    output.append(error.isParseError ? -32700 : -32600)
    output.append(#","message":"the backend cannot read this"}}"#)
    endLine()
  }

  private mutating func note(_ message: Incoming) {
    if message.envelope.method == .progress { progressHeard += 1 }
    if message.envelope.method == .rootsListChanged { ledger("roots changed") }
    if script.watches { noteWatching(message) }
    guard message.envelope.method == .cancelled else { return }
    let id = message.bytes(message.envelope.requestId)
    let listened = listener == id
    if listened { listener = nil }
    let waited = agenda.cancel(id)
    let hung = hanging.remove(id) != nil || askings.removeValue(forKey: id) != nil
    guard waited || hung else {
      strayCancels += listened ? 0 : 1
      return
    }
    cancels += 1
    callsBeforeCancel = calls
    if let call = begun.removeValue(forKey: id) { ledger("cancelled " + call) }
  }

  func ledger(_ line: String) {
    guard let file = script.ledger else { return }
    Processes.append(line, to: file)
  }

  mutating func endLine() { output.endLine(crlf: script.crlf) }
}

/// A line from the client and what was found in it. Valid while the line is handled.
struct Incoming {
  let line: UnsafeRawBufferPointer
  let envelope: Envelope

  /// Whether the request carries the envelope of 2026-07-28.
  var isModern: Bool {
    envelope.method != .initialize && !envelope.protocolVersion.isAbsent
  }

  func slice(_ range: ByteRange) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: line[range.start..<range.end])
  }

  func bytes(_ range: ByteRange) -> [UInt8] { Array(slice(range)) }
}
