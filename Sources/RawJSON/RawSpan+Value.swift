extension RawSpan {
  /// Offset behind the value that must be at `start`.
  ///
  /// - Parameters:
  ///   - room: levels that may be opened.
  ///   - keys: raised by the number of keys in the value.
  @inline(__always)
  func endOfValue(at start: Int, room: Int, _ keys: inout Int) throws(JSONError) -> Int {
    let first = byte(at: start)
    if first == UInt8(ascii: "\"") { return try endOfString(from: start &+ 1) }
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      return try endOfNested(at: start, room: room, &keys)
    }
    return try endOfNumberOrLiteral(first, at: start)
  }

  /// Offset behind an array or object.
  ///
  /// What is open are bits of one integer, so that a payload as deep as the limit costs neither
  /// stack nor heap. All of the state is in local variables: they stay in registers, which is
  /// what makes this loop fast.
  @inline(never)
  private func endOfNested(at start: Int, room: Int, _ keys: inout Int) throws(JSONError) -> Int {
    var position = start
    var nest: UInt128 = 0  // A set bit is an object, the lowest one the innermost.
    var level = 0
    var names = 0
    defer { keys &+= names }
    while true {
      let first = byte(at: position)
      if first == UInt8(ascii: "\"") {
        position = try endOfString(from: position &+ 1)
      } else if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
        guard level < room else { throw JSONError(.tooDeep, offset: position) }
        level &+= 1
        nest = nest << 1 | (first == UInt8(ascii: "{") ? 1 : 0)
        position = skippingSpace(from: position &+ 1)
        if byte(at: position) != first &+ 2 {  // Neither `}` nor `]`: something is inside.
          if nest & 1 == 1 {
            names &+= 1
            position = try endOfName(at: position)
          }
          continue
        }
      } else {
        position = try endOfNumberOrLiteral(first, at: position)
      }
      while true {
        var next = byte(at: position)
        if next <= 0x20 {
          position = skippingSpace(from: position)
          next = byte(at: position)
        }
        if next == UInt8(ascii: ",") {
          position = skippingSpace(from: position &+ 1)
          if nest & 1 == 1 {
            names &+= 1
            position = try endOfName(at: position)
          }
          break
        }
        guard next == (nest & 1 == 1 ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw unexpected(at: position)
        }
        position &+= 1
        level &-= 1
        nest >>= 1
        if level == 0 { return position }
      }
    }
  }

  /// Offset of the value behind the key that must be at `start`.
  @inline(__always)
  private func endOfName(at start: Int) throws(JSONError) -> Int {
    try skippingColon(from: endOfKey(at: start))
  }

  /// Offset behind the number or literal that begins with `first` at `start`.
  @inline(__always)
  private func endOfNumberOrLiteral(_ first: UInt8, at start: Int) throws(JSONError) -> Int {
    if first.isDigit || first == UInt8(ascii: "-") { return try endOfNumber(at: start) }
    return try endOfLiteral(at: start)
  }
}
