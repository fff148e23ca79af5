extension RawSpan {
  /// Offset behind the number that begins at `start` (RFC 8259 section 6).
  ///
  /// A zero before another digit ends the number; the digit is then the caller's fault to find.
  @inline(__always)
  func endOfNumber(at start: Int) throws(JSONError) -> Int {
    var offset = start
    if byte(at: offset) == UInt8(ascii: "-") { offset += 1 }
    if byte(at: offset) == UInt8(ascii: "0") {
      offset += 1
    } else {
      offset = try endOfDigits(at: offset, of: start)
    }
    if byte(at: offset) == UInt8(ascii: ".") {
      offset = try endOfDigits(at: offset + 1, of: start)
    }
    if byte(at: offset) | 0x20 == UInt8(ascii: "e") {
      offset += 1
      let sign = byte(at: offset)
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset += 1 }
      offset = try endOfDigits(at: offset, of: start)
    }
    return offset
  }

  /// Offset behind one or more digits.
  @inline(__always)
  private func endOfDigits(at start: Int, of number: Int) throws(JSONError) -> Int {
    var offset = start
    while byte(at: offset).isDigit { offset += 1 }
    guard offset > start else {
      throw JSONError(offset >= byteCount ? .unexpectedEnd : .badNumber, offset: number)
    }
    return offset
  }

  /// Offset behind `true`, `false` or `null`, the first letter of which is at `start`.
  @inline(__always)
  func endOfLiteral(at start: Int) throws(JSONError) -> Int {
    switch byte(at: start) {
    case UInt8(ascii: "t") where isText("true", at: start): return start + 4
    case UInt8(ascii: "n") where isText("null", at: start): return start + 4
    case UInt8(ascii: "f") where isText("false", at: start): return start + 5
    default: throw JSONError(.badLiteral, offset: start)
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
