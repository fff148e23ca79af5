/// Pulls the UTF-8 of a string's inside one byte after another, escapes decoded.
struct Unescaper {
  private var offset: Int
  private let end: Int
  /// Bytes of a decoded escape that are still to come, the next in the lowest bits.
  private var pending: UInt32 = 0

  init(_ inside: ByteRange) {
    offset = inside.start
    end = inside.end
  }

  mutating func next(in bytes: RawSpan) -> UInt8? {
    if pending != 0 {
      defer { pending >>= 8 }
      return UInt8(truncatingIfNeeded: pending)
    }
    guard offset < end else { return nil }
    let byte = bytes.byte(at: offset)
    guard byte == UInt8(ascii: "\\") else {
      offset += 1
      return byte
    }
    let letter = bytes.byte(at: offset + 1)
    offset += 2
    switch letter {
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "u"): return encode(unicodeEscape(in: bytes))
    default: return letter
    }
  }

  /// Keeps all but the first byte of a character's UTF-8, and returns that one.
  private mutating func encode(_ scalar: UInt32) -> UInt8 {
    func tail(_ shift: UInt32) -> UInt32 { 0x80 | (scalar >> shift) & 0x3F }
    switch scalar {
    case ..<0x80: return UInt8(truncatingIfNeeded: scalar)
    case ..<0x800:
      pending = tail(0)
      return UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
    case ..<0x10000:
      pending = tail(6) | tail(0) << 8
      return UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
    default:
      pending = tail(12) | tail(6) << 8 | tail(0) << 16
      return UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
    }
  }

  /// Reads four hexadecimal digits, and a second escape if they are the first half of a pair.
  private mutating func unicodeEscape(in bytes: RawSpan) -> UInt32 {
    let unit = hexadecimal(at: offset, in: bytes)
    offset += 4
    guard unit & 0xF800 == 0xD800 else { return unit }
    guard unit < 0xDC00, offset + 6 <= end, bytes.byte(at: offset) == UInt8(ascii: "\\"),
      bytes.byte(at: offset + 1) == UInt8(ascii: "u")
    else { return 0xFFFD }
    let second = hexadecimal(at: offset + 2, in: bytes)
    guard second & 0xFC00 == 0xDC00 else { return 0xFFFD }
    offset += 6
    return 0x10000 + (unit & 0x3FF) << 10 + (second & 0x3FF)
  }

  private func hexadecimal(at start: Int, in bytes: RawSpan) -> UInt32 {
    var value: UInt32 = 0
    for index in start..<start + 4 {
      let byte = bytes.byte(at: index)
      value = value << 4 | UInt32(byte.isDigit ? byte &- 0x30 : ((byte | 0x20) &- 0x57) & 0xF)
    }
    return value
  }
}
