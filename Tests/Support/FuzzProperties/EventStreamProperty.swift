package import HTTP

/// What holds for `EventStreamParser` on any stream, however it is cut into pieces: it finds what
/// a plain reading of the whole stream finds, line by line, as the standard words it.
package enum EventStreamProperty {
  /// What a stream says in all.
  package struct Reading: Equatable {
    package var found: [EventStreamParser.Found] = []
    package var lastEventID: [UInt8] = []
    package var retry: Duration?

    package init() {}
  }

  /// Takes the limit and the cuts from the first two bytes and the stream from the rest, and says
  /// what does not hold; nil if all does.
  package static func violation(of bytes: [UInt8]) -> String? {
    guard bytes.count > 2 else { return nil }
    let limit = Int(bytes[0]) + 1
    let stream = Array(bytes[2...])
    var state = UInt32(bytes[1]) &+ 1
    let read = reading(of: stream, limit: limit) {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 16) % 17
    }
    let expected = plainReading(of: stream, limit: limit)
    return read == expected ? nil : "found \(read), not \(expected)"
  }

  /// Feeds `stream` in pieces of the sizes that `pieceLength` gives; 0 and less count as 1.
  package static func reading(
    of stream: [UInt8], limit: Int, pieceLength: () -> Int
  ) -> Reading {
    var parser = EventStreamParser(limit: limit)
    var reading = Reading()
    var rest = stream[...]
    while !rest.isEmpty {
      let piece = rest.prefix(max(1, pieceLength()))
      rest = rest.dropFirst(piece.count)
      piece.withUnsafeBytes { parser.feed($0) { reading.found.append($0) } }
    }
    reading.lastEventID = parser.lastEventID
    reading.retry = parser.retry
    return reading
  }

  /// The whole stream at once, with its lines as a list.
  package static func plainReading(of stream: [UInt8], limit: Int) -> Reading {
    var reading = Reading()
    var data: [[UInt8]] = []
    var type: [UInt8] = []
    var id: [UInt8] = []
    for line in lines(of: stream) {
      guard !line.isEmpty else {
        reading.lastEventID = id
        let text = Array(data.joined(separator: [0x0A]))
        if text.count > limit {
          reading.found.append(.tooLong(prefix: Array(text.prefix(min(4096, limit)))))
        } else if !data.isEmpty {
          reading.found.append(.event(ServerSentEvent(type: type, data: text)))
        }
        (data, type) = ([], [])
        continue
      }
      let (name, value) = parts(of: line)
      switch name {
      case "data": data.append(value)
      case "event": type = value
      case "id" where !value.contains(0): id = value
      case "retry" where !value.isEmpty && value.allSatisfy { (0x30...0x39).contains($0) }:
        let number = Int(String(decoding: value, as: UTF8.self)) ?? .max
        reading.retry = .milliseconds(min(number, EventStreamParser.longestRetry))
      default: break
      }
    }
    // An event that is too long is known as such before it ends.
    let text = Array(data.joined(separator: [0x0A]))
    if text.count > limit {
      reading.found.append(.tooLong(prefix: Array(text.prefix(min(4096, limit)))))
    }
    return reading
  }

  /// Lines that have ended, and what of the last one is data already.
  private static func lines(of stream: [UInt8]) -> [[UInt8]] {
    let text = stream.starts(with: [0xEF, 0xBB, 0xBF]) ? stream.dropFirst(3) : stream[...]
    var lines: [[UInt8]] = []
    var line: [UInt8] = []
    var previous: UInt8 = 0
    for byte in text {
      switch byte {
      case 0x0A where previous == 0x0D: break
      case 0x0A, 0x0D:
        lines.append(line)
        line = []
      default: line.append(byte)
      }
      previous = byte
    }
    // The end of the stream ends no line; of data that is too long it is known all the same, from
    // the first byte behind the colon on.
    if line.starts(with: "data:".utf8), line.count > 5 { lines.append(line) }
    return lines
  }

  private static func parts(of line: [UInt8]) -> (name: String, value: [UInt8]) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
      return (String(decoding: line, as: UTF8.self), [])
    }
    let value = line[(colon + 1)...]
    return (
      String(decoding: line[..<colon], as: UTF8.self),
      Array(value.first == 0x20 ? value.dropFirst() : value)
    )
  }
}
