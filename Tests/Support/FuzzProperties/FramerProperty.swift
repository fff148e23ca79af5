package import MCP

/// What holds for `LineFramer` on any stream, however it is cut into pieces.
package enum FramerProperty {
  /// What a framer has found.
  package enum Found: Equatable {
    case line([UInt8])
    case tooLong(prefix: [UInt8])
  }

  /// Takes the limit and the cuts from the first two bytes and the stream from the rest, and says
  /// what does not hold; nil if all does.
  package static func violation(of bytes: [UInt8]) -> String? {
    guard bytes.count > 2 else { return nil }
    let limit = Int(bytes[0]) + 1
    let stream = Array(bytes[2...])
    var state = UInt32(bytes[1]) &+ 1
    let found = lines(of: stream, limit: limit) {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 16) % 17
    }
    let expected = expectation(stream, limit: limit)
    return found == expected ? nil : "found \(found), not \(expected)"
  }

  /// Feeds `stream` in pieces of the sizes that `pieceLength` gives; 0 and less count as 1.
  package static func lines(
    of stream: [UInt8], limit: Int, byteOrderMark: LineFramer.ByteOrderMark = .kept,
    pieceLength: () -> Int
  ) -> [Found] {
    var framer = LineFramer(limit: limit, byteOrderMark: byteOrderMark)
    var found: [Found] = []
    var rest = stream[...]
    while !rest.isEmpty {
      let piece = rest.prefix(max(1, pieceLength()))
      rest = rest.dropFirst(piece.count)
      framer.tail(atLeast: piece.count).copyBytes(from: piece)
      framer.commit(piece.count)
      while let line = framer.next() {
        switch line {
        case .line(let bytes): found.append(.line(Array(bytes)))
        case .tooLong(let prefix): found.append(.tooLong(prefix: Array(prefix)))
        }
      }
    }
    return found
  }

  /// The same by splitting the whole stream at once.
  private static func expectation(_ stream: [UInt8], limit: Int) -> [Found] {
    let parts = stream.split(separator: 0x0A, omittingEmptySubsequences: false)
    return parts.enumerated().compactMap { index, part in
      if part.count > limit { return .tooLong(prefix: Array(part.prefix(min(4096, limit)))) }
      guard index < parts.count - 1 else { return nil }  // Not ended.
      let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      let text = part.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
      return text.isEmpty ? nil : .line(Array(text))
    }
  }
}
