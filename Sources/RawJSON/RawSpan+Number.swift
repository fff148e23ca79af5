extension RawSpan {
  /// Offset behind the number that begins at `start` (RFC 8259 section 6).
  ///
  /// A zero before another digit ends the number; the digit is then the caller's fault to find.
  @inline(__always)
  func endOfNumber(at start: Int) throws(JSONError) -> Int {
    var offset = start
    if byte(at: offset) == UInt8(ascii: "-") { offset &+= 1 }
    if byte(at: offset) == UInt8(ascii: "0") {
      offset &+= 1
    } else {
      offset = try endOfDigits(at: offset, of: start)
    }
    let next = byte(at: offset)
    if next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") {
      return try endOfFraction(at: offset, of: start)
    }
    return offset
  }

  /// Offset behind the fraction, the exponent or both, the first byte of which is at `start`.
  @inline(never)
  private func endOfFraction(at start: Int, of number: Int) throws(JSONError) -> Int {
    var offset = start
    if byte(at: offset) == UInt8(ascii: ".") {
      offset = try endOfDigits(at: offset + 1, of: number)
    }
    if byte(at: offset) | 0x20 == UInt8(ascii: "e") {
      offset += 1
      let sign = byte(at: offset)
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset += 1 }
      offset = try endOfDigits(at: offset, of: number)
    }
    return offset
  }

  /// Offset behind one or more digits.
  @inline(__always)
  private func endOfDigits(at start: Int, of number: Int) throws(JSONError) -> Int {
    var offset = start
    while byte(at: offset).isDigit { offset &+= 1 }
    guard offset > start else {
      throw JSONError(offset >= byteCount ? .unexpectedEnd : .badNumber, offset: number)
    }
    return offset
  }

  /// Offset behind `true`, `false` or `null`, which must be at `start`.
  @inline(__always)
  func endOfLiteral(at start: Int) throws(JSONError) -> Int {
    if start <= byteCount &- 4 {
      let word = quarter(at: start)
      if word == 0x6575_7274 || word == 0x6C6C_756E { return start &+ 4 }  // "true", "null"
      if word == 0x736C_6166, byte(at: start &+ 4) == UInt8(ascii: "e") { return start &+ 5 }
    }
    switch byte(at: start) {
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
      throw JSONError(.badLiteral, offset: start)
    default: throw unexpected(at: start)
    }
  }

  /// Whether the bytes at `start` are `text`.
  @inline(__always)
  func isText(_ text: StaticString, at start: Int) -> Bool {
    text.withUTF8Buffer { expected in
      for index in 0..<expected.count where unsafe byte(at: start + index) != expected[index] {
        return false
      }
      return true
    }
  }
}
