extension JSON {
  /// Reads a text that must be one object and nothing else, and reports the members that
  /// `table` names while it validates all of it.
  ///
  /// One pass that stays in this module from the first byte to the last, because calls between
  /// modules cost more than the scanning does. No allocation, but for keys with escapes.
  ///
  /// - Parameters:
  ///   - table: the names that count. Level 0 is the object itself; the value of a name with an
  ///     inner level is entered if it is an object. At most eight levels are.
  ///   - found: called with the slot of a name and the range of its value, once the value has
  ///     been read; as often as the name occurs.
  /// - Returns: the object, without white space around it.
  /// - Throws: the first fault of the JSON, anywhere in it. What was found before it stands.
  package static func outline(
    _ bytes: RawSpan, _ table: NameTable, found: (_ slot: UInt8, _ value: ByteRange) -> Void
  ) throws(JSONError) -> ByteRange {
    guard bytes.byteCount <= Int(Int32.max) else { throw JSONError(.tooLong, offset: 0) }
    let start = bytes.skippingSpace(from: 0)
    guard bytes.byte(at: start) == UInt8(ascii: "{") else { throw bytes.unexpected(at: start) }
    var keys = 0
    let end = try members(
      of: start, level: 0, depth: 1, in: bytes, table, keys: &keys, found: found)
    let rest = bytes.skippingSpace(from: end)
    guard rest >= bytes.byteCount else { throw JSONError(.extraBytes, offset: rest) }
    if keys > maximumKeys { try KeyCount.check(bytes) }
    return ByteRange(start: start, end: end)
  }

  /// Reads the object whose brace is at `start` and returns the offset behind it.
  ///
  /// Recursion ends with the levels of the table.
  private static func members(
    of start: Int, level: UInt8, depth: Int, in bytes: RawSpan, _ table: NameTable,
    keys: inout Int, found: (UInt8, ByteRange) -> Void
  ) throws(JSONError) -> Int {
    let room = maximumDepth &- depth
    var position = bytes.skippingSpace(from: start &+ 1)
    if bytes.byte(at: position) == UInt8(ascii: "}") { return position &+ 1 }
    while true {
      guard bytes.byte(at: position) == UInt8(ascii: "\"") else {
        throw bytes.unexpected(at: position)
      }
      let text = position &+ 1
      var end = bytes.endOfShortString(from: text)
      let isPlain = end != 0
      if !isPlain { end = try bytes.endOfLongString(from: text) }
      keys &+= 1
      let name = table.find(from: text, to: end &- 1, isPlain: isPlain, level: level, in: bytes)
      let value = try bytes.skippingColon(from: end)
      let first = bytes.byte(at: value)
      if first == UInt8(ascii: "\"") {
        position = try bytes.endOfString(from: value &+ 1)
      } else if first == UInt8(ascii: "{"), depth < 8, let inner = name?.inner {
        position = try members(
          of: value, level: inner, depth: depth &+ 1, in: bytes, table, keys: &keys, found: found)
      } else {
        position = try bytes.endOfValue(at: value, room: room, &keys)
      }
      if let name { found(name.slot, ByteRange(short: value, position)) }
      var next = bytes.byte(at: position)
      if next <= 0x20 {
        position = bytes.skippingSpace(from: position)
        next = bytes.byte(at: position)
      }
      if next == UInt8(ascii: "}") { return position &+ 1 }
      guard next == UInt8(ascii: ",") else { throw bytes.unexpected(at: position) }
      position = bytes.skippingSpace(from: position &+ 1)
    }
  }
}
