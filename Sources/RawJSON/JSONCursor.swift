/// A place in a JSON text, moved forward by pulling one thing after another.
///
/// The text is passed with every call and must be the same each time. A cursor
/// that has thrown is of no further use. Objects are read like this:
///
///     if try cursor.beginObject(in: bytes) {
///       repeat {
///         let key = try cursor.key(in: bytes)
///         let value = try cursor.value(in: bytes)
///       } while try cursor.anotherMember(in: bytes)
///     }
package struct JSONCursor: Sendable, BitwiseCopyable {
  /// Offset of the next byte to be read.
  package internal(set) var offset: Int
  /// Arrays and objects that are open here.
  var depth = 0
  /// Keys seen so far, in all objects together.
  var keys = 0

  /// A cursor that stands at `offset`, in front of a value or white space.
  package init(at offset: Int = 0) { self.offset = offset }

  /// The first byte of the next value, which is not consumed; 0 at the end of the text.
  package mutating func peek(in bytes: RawSpan) -> UInt8 {
    offset = bytes.skippingSpace(from: offset)
    return bytes.byte(at: offset)
  }

  /// Consumes `{`, and `}` too if the object is empty.
  ///
  /// - Returns: whether there is a member to read.
  package mutating func beginObject(in bytes: RawSpan) throws(JSONError) -> Bool {
    try begin(UInt8(ascii: "{"), closing: UInt8(ascii: "}"), in: bytes)
  }

  /// Consumes `[`, and `]` too if the array is empty.
  ///
  /// - Returns: whether there is an element to read.
  package mutating func beginArray(in bytes: RawSpan) throws(JSONError) -> Bool {
    try begin(UInt8(ascii: "["), closing: UInt8(ascii: "]"), in: bytes)
  }

  /// Consumes a key and the colon behind it.
  ///
  /// - Returns: the key with its quotes.
  package mutating func key(in bytes: RawSpan) throws(JSONError) -> ByteRange {
    let start = bytes.skippingSpace(from: offset)
    let end = try bytes.endOfKey(at: start)
    offset = try bytes.skippingColon(from: end)
    keys += 1
    return ByteRange(start: start, end: end)
  }

  /// Consumes `,` or `}` behind a member.
  ///
  /// - Returns: whether another member follows.
  package mutating func anotherMember(in bytes: RawSpan) throws(JSONError) -> Bool {
    try another(closing: UInt8(ascii: "}"), in: bytes)
  }

  /// Consumes `,` or `]` behind an element.
  ///
  /// - Returns: whether another element follows.
  package mutating func anotherElement(in bytes: RawSpan) throws(JSONError) -> Bool {
    try another(closing: UInt8(ascii: "]"), in: bytes)
  }

  /// Consumes the white space at the end of the text and checks that nothing else is left, and
  /// that no object has too many keys.
  package mutating func finish(in bytes: RawSpan) throws(JSONError) {
    offset = bytes.skippingSpace(from: offset)
    guard offset >= bytes.byteCount else { throw JSONError(.extraBytes, offset: offset) }
    if keys > JSON.maximumKeys { try KeyCount.check(bytes) }
  }

  private mutating func begin(
    _ opening: UInt8, closing: UInt8, in bytes: RawSpan
  ) throws(JSONError) -> Bool {
    guard bytes.byteCount <= Int(Int32.max) else { throw JSONError(.tooLong, offset: 0) }
    let start = bytes.skippingSpace(from: offset)
    guard bytes.byte(at: start) == opening else { throw bytes.unexpected(at: start) }
    guard depth < JSON.maximumDepth else { throw JSONError(.tooDeep, offset: start) }
    offset = bytes.skippingSpace(from: start + 1)
    if bytes.byte(at: offset) == closing {
      offset += 1
      return false
    }
    depth += 1
    return true
  }

  private mutating func another(closing: UInt8, in bytes: RawSpan) throws(JSONError) -> Bool {
    offset = bytes.skippingSpace(from: offset)
    switch bytes.byte(at: offset) {
    case UInt8(ascii: ","):
      offset += 1
      return true
    case closing:
      offset += 1
      depth -= 1
      return false
    default:
      throw bytes.unexpected(at: offset)
    }
  }
}

extension RawSpan {
  /// Offset behind the key whose opening quote must be at `start`.
  @inline(__always)
  func endOfKey(at start: Int) throws(JSONError) -> Int {
    guard byte(at: start) == UInt8(ascii: "\"") else { throw unexpected(at: start) }
    return try endOfString(from: start + 1)
  }

  /// Offset behind a colon and the white space around it.
  @inline(__always)
  func skippingColon(from start: Int) throws(JSONError) -> Int {
    let colon = byte(at: start) == UInt8(ascii: ":") ? start : skippingSpace(from: start)
    guard byte(at: colon) == UInt8(ascii: ":") else { throw unexpected(at: colon) }
    return skippingSpace(from: colon + 1)
  }
}
