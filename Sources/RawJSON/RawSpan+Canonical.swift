// Most objects that clients write are in canonical form already: flat, without white space, with
// members in order. To find that out takes one look at each byte, and then nothing is rebuilt.

extension RawSpan {
  /// Whether the validated object at `range` is in canonical form as it stands. False says nothing:
  /// of what holds arrays or other objects, or escapes, it is not found out.
  func isPlainlyCanonical(_ range: ByteRange) -> Bool {
    guard byte(at: range.start) == UInt8(ascii: "{") else { return false }
    if range.count == 2 { return true }
    var last = ByteRange.absent
    var place = range.start &+ 1
    while byte(at: place) == UInt8(ascii: "\"") {
      guard let end = endOfUnescapedString(at: place) else { return false }
      let name = ByteRange(start: place, end: end)
      guard last.isAbsent || JSON.precedes(last, name, in: self), byte(at: end) == 0x3A,
        let next = endOfPlainValue(at: end &+ 1)
      else { return false }
      if byte(at: next) == UInt8(ascii: "}") { return next &+ 1 == range.end }
      guard byte(at: next) == UInt8(ascii: ",") else { return false }
      last = name
      place = next &+ 1
    }
    return false
  }

  /// Offset behind a string without escapes, a number or a literal; nil for everything else.
  private func endOfPlainValue(at start: Int) -> Int? {
    switch byte(at: start) {
    case UInt8(ascii: "\""): return endOfUnescapedString(at: start)
    case UInt8(ascii: "{"), UInt8(ascii: "["): return nil
    default:
      var end = start
      while byte(at: end) > 0x20, byte(at: end) != UInt8(ascii: ","),
        byte(at: end) != UInt8(ascii: "}")
      {
        end &+= 1
      }
      return end
    }
  }

  /// Offset behind the closing quote of the string that begins at `start`; nil if it has escapes.
  private func endOfUnescapedString(at start: Int) -> Int? {
    var offset = start &+ 1
    while offset <= byteCount &- 8 {
      let word = word(at: offset)
      let found =
        Self.zeros(in: word ^ 0x2222_2222_2222_2222)
        | Self.zeros(in: word ^ 0x5C5C_5C5C_5C5C_5C5C)
      if found != 0 {
        offset &+= found.trailingZeroBitCount >> 3
        break
      }
      offset &+= 8
    }
    while true {
      let byte = byte(at: offset)
      if byte == UInt8(ascii: "\"") { return offset &+ 1 }
      if byte == UInt8(ascii: "\\") || offset >= byteCount { return nil }
      offset &+= 1
    }
  }

  /// The high bit of each byte that is 0 is set; only the lowest that is set is exact.
  @inline(__always)
  private static func zeros(in word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }
}
