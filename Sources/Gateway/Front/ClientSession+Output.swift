import Loop
import MCP
import Manifest
import RawJSON
import Telemetry

/// What goes to the client: answers, errors, and the notifications of others.
extension ClientSession {
  var isClogged: Bool { writer.queuedBytes > ClientSession.progressMark }

  func write(_ line: Slices) {
    writer.write(line)
    noteFullness()
  }

  func noteFullness() {
    if !isFull, writer.queuedBytes > limits.clientOutput {
      isFull = true
      reader?.pause()
      delegate?.outputIsFull(self, true)
    }
  }

  /// Writes `line` with the edits of `splice`.
  func writeEdited(_ line: UnsafeRawBufferPointer) {
    let count = splice.resultCount(of: line.count)
    if writer.writeShort(byteCount: count, { splice.forEachSlice(of: line, $0) }) {
      noteFullness()
    } else {
      write(splice.slices(of: line))
    }
  }

  func write(_ line: [UInt8]) {
    line.withUnsafeBytes { write(Slices($0)) }
  }

  func outputDrained() {
    if holdsProgress {
      holdsProgress = false
      for request in ledger.requests { request.releaseProgress() }
    }
    releaseNotices()
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

  func refuse(_ line: UnsafeRawBufferPointer, _ error: EnvelopeError) {
    // Answering an answer could go on for ever; a broken notification is owed nothing.
    if error.shape == .response || error.shape == .notification {
      log(.warning, "client.invalid_message", ["why": "\(error)"])
      return
    }
    let why = CallError(
      code: error.isParseError ? .parse : .invalidRequest, message: "\(error)",
      reason: error.isParseError ? "parse_error" : "invalid_request")
    // What is not JSON has no id that could be trusted (JSON-RPC 2.0 section 5); an id that is in
    // flight keeps its one answer (row C12).
    if !error.isParseError, let id = RequestID(error.id, in: line.bytes), !ledger.contains(id) {
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
