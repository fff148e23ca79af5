package import RawJSON

/// A conversation as a file: a header, then one JSON object per line of the wire.
///
///     {"recording":1,"command":["mcp-server-time"]}
///     {"ms":3,"from":"client","message":{"jsonrpc":"2.0",...}}
///     {"ms":9,"from":"server","text":"not JSON at all"}
///
/// Messages are kept byte for byte (but for a carriage return at the end); lines
/// that are not JSON are kept as text.
package struct Recording: Sendable {
  package enum Side: String, Sendable { case client, server }

  package struct Line: Sendable {
    package var side: Side
    /// Milliseconds since the server was started.
    package var milliseconds: UInt64
    package var content: Content
  }

  package enum Content: Sendable {
    /// JSON, byte for byte.
    case message([UInt8])
    case text(String)

    init(_ bytes: [UInt8]) {
      if (try? JSONValue(parsing: bytes)) != nil {
        self = .message(bytes.filter { $0 != 13 })
      } else {
        self = .text(String(decoding: bytes, as: UTF8.self))
      }
    }
  }

  package var command: [String]
  package var lines: [Line] = []

  package init(command: [String]) { self.command = command }
}

/// A recording that cannot be read: the line and why.
package struct RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
  package var line: Int
  package var message: String

  package var description: String { "line \(line): \(message)" }
}

extension Recording {
  package var header: String {
    let words = JSONValue.array(command.map { .string($0) })
    return #"{"recording":1,"command":\#(words.text)}"# + "\n"
  }

  package static func text(of line: Line) -> String {
    let content =
      switch line.content {
      case .message(let bytes): #""message":\#(String(decoding: bytes, as: UTF8.self))"#
      case .text(let text): #""text":\#(WireText.quoted(text))"#
      }
    return #"{"ms":\#(line.milliseconds),"from":"\#(line.side.rawValue)",\#(content)}"# + "\n"
  }

  package var bytes: [UInt8] { Array((header + lines.map(Self.text).joined()).utf8) }

  package init(parsing bytes: [UInt8]) throws(RecordingError) {
    let parts = bytes.split(separator: 10)
    guard let first = parts.first, let header = try? JSONValue(parsing: Array(first)),
      header.member("recording")?.intValue == 1
    else { throw RecordingError(line: 1, message: "this is no recording of version 1") }
    command = header.member("command")?.arrayValue?.compactMap(\.stringValue) ?? []
    for (index, part) in parts.enumerated().dropFirst() {
      guard let line = Line(parsing: Array(part)) else {
        throw RecordingError(line: index + 1, message: "no line of a conversation")
      }
      lines.append(line)
    }
  }
}

extension Recording.Line {
  init?(parsing bytes: [UInt8]) {
    guard let value = try? JSONValue(parsing: bytes),
      let side = value.member("from")?.stringValue.flatMap({ Recording.Side(rawValue: $0) })
    else { return nil }
    self.side = side
    milliseconds = UInt64(clamping: value.member("ms")?.intValue ?? 0)
    if value.member("message") != nil {
      content = .message(
        bytes.withUnsafeBytes { buffer in
          let start = buffer.firstIndex(of: UInt8(ascii: "{")) ?? 0
          let whole = ByteRange(start: start, end: buffer.count)
          let range = JSON.member("message", of: whole, in: buffer.bytes)
          return Array(buffer[range.start..<range.end])
        })
    } else if let text = value.member("text")?.stringValue {
      content = .text(text)
    } else {
      return nil
    }
  }

  /// The message as a tree; nil for text.
  package var message: JSONValue? {
    guard case .message(let bytes) = content else { return nil }
    return try? JSONValue(parsing: bytes)
  }

  /// The line as it goes over the wire, with its newline.
  package var wireBytes: [UInt8] {
    switch content {
    case .message(let bytes): bytes + [10]
    case .text(let text): Array(text.utf8) + [10]
    }
  }
}
