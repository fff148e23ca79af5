import HTTPTesting
import RawJSON
import Synchronization

/// Tools of `RemoteServer` that answer in a way of their own.
enum RemoteMischief: String, CaseIterable {
  /// Progress twice, then the answer, on one stream.
  case progress
  /// A request to the client on the stream; its answer is the result.
  case ask
  /// A stream that says nothing.
  case hang
  /// A stream of comments.
  case comments
  /// A stream of notifications without end.
  case chatter
  /// One event that does not end for 100 MB.
  case endless
  /// A stream that ends behind an event with an id, before the answer.
  case cut
  /// A stream that ends before the answer, without an id.
  case short
  /// An answer to another request, then two answers.
  case foreign
  /// What the argument `raw` says.
  case raw

  func act(_ message: JSONValue, _ script: RemoteScript, _ connection: RawConnection) -> Bool {
    if self == .raw {
      let text = message.at(pointer: "/params/arguments/raw")?.stringValue ?? ""
      connection.send(text)
      // What is whole leaves the connection as it is; what is not ends it.
      return text.hasPrefix("HTTP/")
    }
    connection.send(RemoteScript.streamHead)
    switch self {
    case .progress:
      for step in 1...2 { connection.send(Self.progress(message, step)) }
      connection.send(Self.answer(message, "done"))
    case .ask: ask(message, script, connection)
    case .hang:
      if connection.waitForClose() { script.state.withLock { $0.closed += 1 } }
    case .comments:
      while connection.send(Array(": still here\n\n".utf8)) { connection.wait(milliseconds: 20) }
      script.state.withLock { $0.closed += 1 }
    case .chatter:
      let notice = RemoteScript.event([
        "jsonrpc": "2.0", "method": "notifications/message",
        "params": ["level": "info", "data": "still here"],
      ])
      while connection.send(notice) { connection.wait(milliseconds: 2) }
      script.state.withLock { $0.closed += 1 }
    case .endless:
      connection.send("data: ")
      let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
      for _ in 0..<100 where connection.send(piece) {}
      if connection.waitForClose() { script.state.withLock { $0.closed += 1 } }
    case .cut:
      script.state.withLock { $0.owed = Self.answer(message, "resumed") }
      connection.send("id: cut-1\nretry: 60\ndata:\n\n")
    case .short: connection.send(": nothing\n\n")
    case .foreign:
      let other = JSONValue(integerLiteral: (message["id"]?.intValue ?? 0) + 1_000)
      connection.send(Self.answer(["id": other], "foreign"))
      connection.send(Self.answer(message, "first") + Self.answer(message, "second"))
    case .raw: break
    }
    return false
  }

  private func ask(_ message: JSONValue, _ script: RemoteScript, _ connection: RawConnection) {
    connection.send(
      RemoteScript.event(["jsonrpc": "2.0", "id": "r1", "method": "roots/list"]))
    for _ in 0..<1_000 {
      if let answer = script.state.withLock({ $0.answers["r1"] }) {
        connection.send(
          RemoteScript.event(
            RemoteScript.reply(
              message, ["content": [], "structuredContent": ["answer": answer]])))
        return
      }
      connection.wait(milliseconds: 20)
    }
  }

  static func answer(_ message: JSONValue, _ text: JSONValue) -> [UInt8] {
    RemoteScript.event(
      RemoteScript.reply(message, ["content": [], "structuredContent": ["text": text]]))
  }

  private static func progress(_ message: JSONValue, _ step: Int) -> [UInt8] {
    RemoteScript.event([
      "jsonrpc": "2.0", "method": "notifications/progress",
      "params": [
        "progressToken": message.at(pointer: "/params/_meta/progressToken") ?? .null,
        "progress": JSONValue(integerLiteral: step),
      ],
    ])
  }
}
