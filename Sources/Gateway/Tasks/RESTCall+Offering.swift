import Loop
import MCP
import RawJSON
import Resilience

/// A call of a REST service that is, or may become, a task of the gateway's own.
extension RESTCall: TaskWork {
  var isFree: Bool { true }

  func becameTask() { waitAsTask() }

  func giveUpTask() {
    guard !isDone else { return }
    _ = session.ledger.close(id)
    cancelled()
  }

  /// An API asks nobody anything.
  func takeInput(_ responses: ByteRange, in line: UnsafeRawBufferPointer) {}
}

extension OfferedTask {
  /// The answer of a REST service.
  func answered(_ result: ToolResult) {
    var line = Array(#"{"jsonrpc":"2.0","id":0,"result":"#.utf8)
    result.write { line.append(contentsOf: $0) }
    answered(line + [UInt8(ascii: "}")])
  }
}
