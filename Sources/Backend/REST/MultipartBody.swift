import HTTP
import Loop
import RawJSON

/// A form with a file in it (RFC 7578), made while it is sent.
///
/// The file is the base64 text of the call, decoded in the pieces in which the connection takes
/// it. Names and values cannot leave their part: what could end a header is percent-encoded, and
/// the boundary holds 128 random bits.
@EventLoop
final class MultipartBody: HTTPBodySource {
  struct Part {
    enum Content {
      case text([UInt8])
      /// The base64 of the content, as a JSON string.
      case file(JSONText, name: String, type: String)
    }

    var name: String
    var content: Content
  }

  let contentType: String
  /// Bytes of the whole body; nil if a file is no base64.
  let length: Int?

  private enum Piece {
    case bytes([UInt8])
    case file(JSONText)
  }

  private var pieces: ArraySlice<Piece>
  /// How far the first piece has been read: bytes, or for a file bytes of its text.
  private var position = 0

  init(_ parts: [Part]) {
    let boundary = Self.boundary()
    contentType = "multipart/form-data; boundary=\(boundary)"
    var pieces: [Piece] = []
    var length: Int? = 0
    var text: [UInt8] = []
    for part in parts {
      text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"".utf8
      text += Self.escaped(part.name)
      text += "\"".utf8
      switch part.content {
      case .text(let value): text += "\r\n\r\n".utf8 + value
      case .file(let content, let name, let type):
        text += "; filename=\"".utf8 + Self.escaped(name)
        text += "\"\r\nContent-Type: ".utf8 + Self.mediaType(type) + "\r\n\r\n".utf8
        pieces.append(.bytes(text))
        pieces.append(.file(content))
        length = length.flatMap { sum in
          Base64Text.decodedCount(content).map { sum + $0 + text.count }
        }
        text = []
      }
      text += "\r\n".utf8
    }
    text += "--\(boundary)--\r\n".utf8
    pieces.append(.bytes(text))
    self.length = length.map { $0 + text.count }
    self.pieces = pieces[...]
  }

  func read(into memory: UnsafeMutableRawBufferPointer) -> HTTPBodyPiece {
    var filled = 0
    while filled < memory.count, let piece = pieces.first {
      let room = UnsafeMutableRawBufferPointer(rebasing: memory[filled...])
      let count: Int
      switch piece {
      case .bytes(let bytes): count = copy(bytes, into: room)
      case .file(let text):
        count = decode(text, into: room)
        // Less than three bytes of room are too little for the next group.
        if count == 0, pieces.first.map({ if case .file = $0 { true } else { false } }) == true {
          return filled > 0 ? .bytes(filled) : .failed
        }
      }
      filled += count
    }
    return filled > 0 ? .bytes(filled) : .end
  }

  private func copy(_ bytes: [UInt8], into room: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(room.count, bytes.count - position)
    room.copyBytes(from: bytes[position..<(position + count)])
    position += count
    if position == bytes.count { finishPiece() }
    return count
  }

  /// Decodes whole groups of four; the text is known to be base64.
  private func decode(_ text: JSONText, into room: UnsafeMutableRawBufferPointer) -> Int {
    let end = text.range.end - 1
    var index = position == 0 ? text.range.start + 1 : position
    var filled = 0
    text.bytes.withUnsafeBufferPointer { bytes in
      Base64Text.values.withUnsafeBufferPointer { values in
        while filled + 3 <= room.count, index < end {
          var bits: UInt32 = 0
          var digits = 0
          var bytesOut = 3
          while digits < 4, index < end {
            let value = values[Int(bytes[index])]
            index += 1
            if value == 255 { continue }
            if value == 64 { bytesOut -= 1 }
            bits = bits << 6 | UInt32(value & 63)
            digits += 1
          }
          guard digits == 4 else { break }
          for byte in 0..<max(bytesOut, 0) {
            room[filled] = UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * byte))
            filled += 1
          }
        }
      }
    }
    position = index
    if index >= end { finishPiece() }
    return filled
  }

  private func finishPiece() {
    pieces = pieces.dropFirst()
    position = 0
  }

  // MARK: Headers of a part

  /// As browsers do (WHATWG, multipart/form-data encoding): quotes and line ends percent-encoded,
  /// other bytes as they are.
  private static func escaped(_ text: String) -> [UInt8] {
    text.utf8.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "\""): Array("%22".utf8)
      case UInt8(ascii: "\\"): Array("%5C".utf8)
      case 0..<0x20, 0x7F: Array("%".utf8) + hexadecimal(byte)
      default: [byte]
      }
    }
  }

  /// A media type, or the one for bytes if it holds what a header must not.
  private static func mediaType(_ type: String) -> [UInt8] {
    let isLegal = !type.isEmpty && type.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    return Array((isLegal ? type : "application/octet-stream").utf8)
  }

  private static func boundary() -> String {
    var generator = SystemRandomNumberGenerator()
    let numbers: [UInt64] = [generator.next(), generator.next()]
    return "switchyard-" + numbers.map { String($0, radix: 36) }.joined()
  }

  private static func hexadecimal(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
