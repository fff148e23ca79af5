import Backend
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
    writer.write(line, edited: &splice)
    noteFullness()
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
    result.withUnsafeBytes { reply(to: id, result: $0) }
  }

  func reply(to id: RequestID, result: UnsafeRawBufferPointer) {
    id.withUnsafeBytes { id in
      let count = Self.aroundResult + id.count + result.count
      let isWritten = writer.writeShort(byteCount: count) { room in
        var rest = room
        rest.fill(Self.bytes(of: Self.beforeID))
        rest.fill(id)
        rest.fill(Self.bytes(of: Self.beforeResult))
        rest.fill(result)
        rest.fill(Self.bytes(of: Self.afterResult))
        return count
      }
      if !isWritten {
        var line = Slices(Self.bytes(of: Self.beforeID))
        line.append(id)
        line.append(Self.bytes(of: Self.beforeResult))
        line.append(result)
        line.append(Self.bytes(of: Self.afterResult))
        writer.write(line)
      }
    }
    noteFullness()
  }

  private static var beforeID: StaticString { #"{"jsonrpc":"2.0","id":"# }
  private static var beforeResult: StaticString { #","result":"# }
  private static var afterResult: StaticString { "}" }
  private static var aroundResult: Int {
    beforeID.utf8CodeUnitCount + beforeResult.utf8CodeUnitCount + afterResult.utf8CodeUnitCount
  }

  @inline(__always)
  private static func bytes(of text: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
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

extension UnsafeMutableRawBufferPointer {
  /// Copies `piece` to the beginning; what is left is the room behind it.
  @inline(__always)
  fileprivate mutating func fill(_ piece: UnsafeRawBufferPointer) {
    copyMemory(from: piece)
    self = UnsafeMutableRawBufferPointer(rebasing: self[piece.count...])
  }
}
