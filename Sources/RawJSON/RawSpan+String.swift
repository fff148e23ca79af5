// Strings are where the bytes are: base64, source text, logs. Plain ASCII goes
// by in words; a quote, a backslash, a control character or a byte above 0x7F
// shows up as a set bit and is looked at alone.

extension RawSpan {
  /// Offset behind the closing quote of the string whose text begins at `start`.
  ///
  /// - Throws: `controlCharacter`, `badEscape`, `badUTF8` or `unexpectedEnd`.
  @inline(__always)
  func endOfString(from start: Int) throws(JSONError) -> Int {
    let end = endOfShortString(from: start)
    return end == 0 ? try endOfLongString(from: start) : end
  }

  /// The same where the string is plain text of up to 15 bytes, as keys and most values are; 0
  /// where it is not, or where that cannot be told by two words.
  @inline(__always)
  func endOfShortString(from start: Int) -> Int {
    guard start <= byteCount &- 16 else { return 0 }
    var offset = start
    var found = marks(in: word(at: offset))
    if found == 0 {
      offset &+= 8
      found = marks(in: word(at: offset))
    }
    guard found != 0 else { return 0 }
    offset &+= found.trailingZeroBitCount >> 3
    return byte(at: offset) == UInt8(ascii: "\"") ? offset &+ 1 : 0
  }

  @inline(never)
  func endOfLongString(from start: Int) throws(JSONError) -> Int {
    var offset = start
    while true {
      offset = skippingPlainText(from: offset)
      let byte = byte(at: offset)
      switch byte {
      case UInt8(ascii: "\""): return offset + 1
      case UInt8(ascii: "\\"): offset = try endOfEscape(at: offset)
      case 0x80...: offset = try endOfMultibyteRun(at: offset)
      case 0x20...: offset += 1
      default:
        if offset >= byteCount { throw JSONError(.unexpectedEnd, offset: byteCount) }
        throw JSONError(.controlCharacter, offset: offset)
      }
    }
  }

  /// The first offset from `start` on that may not be plain ASCII text; it may be less than
  /// eight bytes before the end and plain after all.
  @inline(__always)
  private func skippingPlainText(from start: Int) -> Int {
    var offset = start
    let last = byteCount - 8
    guard offset <= last else { return offset }
    let first = marks(in: word(at: offset))
    if first != 0 { return offset + first.trailingZeroBitCount >> 3 }
    offset += 8
    while offset <= last - 24 {
      let a = marks(in: word(at: offset))
      let b = marks(in: word(at: offset + 8))
      let c = marks(in: word(at: offset + 16))
      let d = marks(in: word(at: offset + 24))
      if (a | b) | (c | d) != 0 { break }
      offset += 32
    }
    while offset <= last {
      let found = marks(in: word(at: offset))
      if found != 0 { return offset + found.trailingZeroBitCount >> 3 }
      offset += 8
    }
    return offset
  }

  /// The high bit of each byte that is not plain text is set. Bits above the lowest set one may
  /// be borrows and mean nothing; the lowest is exact.
  @inline(__always)
  private func marks(in word: UInt64) -> UInt64 {
    let quotes = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
    let escapes = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
    let controls = word &- 0x2020_2020_2020_2020
    return (quotes | escapes | controls | word) & 0x8080_8080_8080_8080
  }

  /// Offset behind the escape whose backslash is at `start`.
  @inline(__always)
  private func endOfEscape(at start: Int) throws(JSONError) -> Int {
    switch byte(at: start + 1) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "n"), UInt8(ascii: "/"),
      UInt8(ascii: "t"), UInt8(ascii: "r"), UInt8(ascii: "b"), UInt8(ascii: "f"):
      return start + 2
    case UInt8(ascii: "u"):
      guard byte(at: start + 2).isHexDigit, byte(at: start + 3).isHexDigit,
        byte(at: start + 4).isHexDigit, byte(at: start + 5).isHexDigit
      else { break }
      return start + 6
    default: break
    }
    throw JSONError(start + 1 >= byteCount ? .unexpectedEnd : .badEscape, offset: start)
  }

  /// Offset behind the last of the characters above U+007F that follow one another at `start`.
  @inline(__always)
  private func endOfMultibyteRun(at start: Int) throws(JSONError) -> Int {
    var offset = start
    while true {
      let length = try characterLength(at: offset)
      guard length > 1 else { return offset }
      offset += length
    }
  }

  /// Bytes of the UTF-8 character at `offset`: 1 for ASCII and beyond the end.
  ///
  /// The table is Unicode's 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
  @inline(__always)
  func characterLength(at offset: Int) throws(JSONError) -> Int {
    let first = byte(at: offset)
    if first < 0x80 { return 1 }
    let second = byte(at: offset + 1)
    switch first {
    case 0xC2...0xDF:
      if second.isContinuation { return 2 }
    case 0xE0...0xEF:
      let low: UInt8 = first == 0xE0 ? 0xA0 : 0x80
      let high: UInt8 = first == 0xED ? 0x9F : 0xBF
      if second >= low, second <= high, byte(at: offset + 2).isContinuation { return 3 }
    case 0xF0...0xF4:
      let low: UInt8 = first == 0xF0 ? 0x90 : 0x80
      let high: UInt8 = first == 0xF4 ? 0x8F : 0xBF
      if second >= low, second <= high, byte(at: offset + 2).isContinuation,
        byte(at: offset + 3).isContinuation
      {
        return 4
      }
    default: break
    }
    throw JSONError(.badUTF8, offset: offset)
  }
}

extension UInt8 {
  @inline(__always)
  var isContinuation: Bool { self & 0xC0 == 0x80 }

  @inline(__always)
  var isDigit: Bool { self &- 0x30 < 10 }

  @inline(__always)
  var isHexDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
}
