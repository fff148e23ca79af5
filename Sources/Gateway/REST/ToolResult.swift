import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// The result of a tool that the gateway ran itself: `structuredContent`, and the same JSON as
/// text for models and for clients that know nothing else.
///
/// It is written piece by piece. An answer of many MiB exists once as the API sent it and once as
/// what the client has not read yet, and never as a whole line besides.
struct ToolResult {
  private let pieces: [RESTPiece]
  private let text: String
  private let failure: RESTFailure?
  private let client: ClientContext
  private let identity: ServerIdentity
  /// One more member of `_meta`; empty for none.
  var note: [UInt8] = []

  init(_ result: RESTResult, for client: ClientContext, from identity: ServerIdentity = .gateway) {
    self.identity = identity
    pieces = result.pieces
    text = ""
    failure = nil
    self.client = client
  }

  /// What the API refused: a text for the model, and the facts for programs in `_meta`.
  init(_ failure: RESTFailure, for client: ClientContext, from identity: ServerIdentity = .gateway)
  {
    self.identity = identity
    pieces = []
    text = failure.text
    self.failure = failure
    self.client = client
  }

  /// Hands the members of the result over in order, without its braces.
  func write(_ sink: (UnsafeRawBufferPointer) -> Void) {
    emit("{", sink)
    if client.era == .modern { emit(Array((ModernResult.complete + ",").utf8), sink) }
    emit(#""content":[{"type":"text","text":"#, sink)
    if failure != nil {
      var quoted: [UInt8] = []
      JSON.appendQuoted(text.utf8, to: &quoted)
      emit(quoted, sink)
      emit(#"}],"isError":true"#, sink)
    } else {
      emit("\"", sink)
      for piece in pieces { piece.withBytes { escape($0, sink) } }
      emit(#""}]"#, sink)
      if client.revision >= .r2025_06_18 {
        emit(#","structuredContent":"#, sink)
        for piece in pieces { piece.withBytes { sink($0) } }
      }
    }
    emit(meta, sink)
    emit("}", sink)
  }

  private var meta: [UInt8] {
    var members: [UInt8] = []
    if client.era == .modern { members += identity.metaMember }
    if let failure {
      if !members.isEmpty { members.append(UInt8(ascii: ",")) }
      members += #""switchyard/error":{"category":"\#(failure.category.rawValue)""#.utf8
      if let status = failure.status { members += #","status":\#(status)"#.utf8 }
      members += #","retryable":\#(failure.isRetryable)"#.utf8
      if let wait = failure.retryAfter {
        members += #","retryAfterMs":\#(wait.inMilliseconds)"#.utf8
      }
      members.append(UInt8(ascii: "}"))
    }
    if !note.isEmpty {
      if !members.isEmpty { members.append(UInt8(ascii: ",")) }
      members += note
    }
    guard !members.isEmpty else { return [] }
    return Array(#","_meta":{"#.utf8) + members + [UInt8(ascii: "}")]
  }

  private func emit(_ text: StaticString, _ sink: (UnsafeRawBufferPointer) -> Void) {
    text.withUTF8Buffer { sink(UnsafeRawBufferPointer($0)) }
  }

  private func emit(_ bytes: [UInt8], _ sink: (UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { sink($0) }
  }

  /// JSON text inside a JSON string: quotes and backslashes are escaped, nothing else can occur
  /// in JSON on one line.
  private func escape(_ bytes: UnsafeRawBufferPointer, _ sink: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    for place in 0..<bytes.count
    where bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: "\\") {
      sink(UnsafeRawBufferPointer(rebasing: bytes[start..<place]))
      emit(#"\"#, sink)
      start = place
    }
    sink(UnsafeRawBufferPointer(rebasing: bytes[start...]))
  }
}

extension ClientSession {
  /// Answers `id` with the result of a tool.
  func reply(to id: RequestID, _ result: ToolResult) {
    var head = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
    head += id.bytes
    head += #","result":"#.utf8
    writer.writeInPieces { sink in
      head.withUnsafeBytes { sink($0) }
      result.write(sink)
      StaticString("}").withUTF8Buffer { sink(UnsafeRawBufferPointer($0)) }
    }
    noteFullness()
  }
}
