extension JSONCursor {
  /// Consumes one value of any kind and everything in it.
  ///
  /// Open arrays and objects are bits of one integer, so that a payload as deep as the limit
  /// costs neither stack nor heap.
  ///
  /// - Returns: the value's range, without white space around it.
  package mutating func value(in bytes: RawSpan) throws(JSONError) -> ByteRange {
    guard bytes.byteCount <= Int(Int32.max) else { throw JSONError(.tooLong, offset: 0) }
    let start = bytes.skippingSpace(from: offset)
    var nest = Nest(room: JSON.maximumDepth - depth)
    var position = start
    repeat {
      position = try nest.endOfScalarOrOpening(in: bytes, at: position)
      if nest.isEntering { continue }
      position = try nest.closing(in: bytes, from: position)
    } while !nest.isEmpty
    offset = position
    keys += nest.keys
    return ByteRange(start: start, end: position)
  }
}

/// The arrays and objects that are open inside one value: a set bit is an object.
private struct Nest {
  private var bits: UInt128 = 0
  private var depth = 0
  private let room: Int
  /// Keys seen in all objects.
  var keys = 0
  /// Whether an array or object was just opened, so that a value must follow.
  var isEntering = false

  @inline(__always)
  init(room: Int) { self.room = room }

  @inline(__always)
  var isEmpty: Bool { depth == 0 }

  /// Consumes a scalar, an empty array or object, or an opening bracket with the key behind it.
  @inline(__always)
  mutating func endOfScalarOrOpening(in bytes: RawSpan, at start: Int) throws(JSONError) -> Int {
    isEntering = false
    switch bytes.byte(at: start) {
    case UInt8(ascii: "\""): return try bytes.endOfString(from: start + 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return try bytes.endOfNumber(at: start)
    case UInt8(ascii: "{"): return try open(in: bytes, at: start, isObject: true)
    case UInt8(ascii: "["): return try open(in: bytes, at: start, isObject: false)
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
      return try bytes.endOfLiteral(at: start)
    default: throw bytes.unexpected(at: start)
    }
  }

  @inline(__always)
  private mutating func open(
    in bytes: RawSpan, at start: Int, isObject: Bool
  ) throws(JSONError) -> Int {
    guard depth < room else { throw JSONError(.tooDeep, offset: start) }
    let inside = bytes.skippingSpace(from: start + 1)
    // `]` and `}` lie two above their opening brackets in ASCII.
    if bytes.byte(at: inside) == bytes.byte(at: start) &+ 2 { return inside + 1 }
    depth += 1
    bits = bits << 1 | (isObject ? 1 : 0)
    isEntering = true
    return isObject ? try key(in: bytes, at: inside) : inside
  }

  /// Consumes brackets that close, up to a comma and what leads to the next value, or until
  /// nothing is open.
  @inline(__always)
  mutating func closing(in bytes: RawSpan, from start: Int) throws(JSONError) -> Int {
    var position = start
    while depth > 0 {
      position = bytes.skippingSpace(from: position)
      let isObject = bits & 1 == 1
      let byte = bytes.byte(at: position)
      if byte == UInt8(ascii: ",") {
        let next = bytes.skippingSpace(from: position + 1)
        return isObject ? try key(in: bytes, at: next) : next
      }
      guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
        throw bytes.unexpected(at: position)
      }
      position += 1
      depth -= 1
      bits >>= 1
    }
    return position
  }

  /// Consumes a key and its colon.
  @inline(__always)
  private mutating func key(in bytes: RawSpan, at start: Int) throws(JSONError) -> Int {
    keys += 1
    return try bytes.skippingColon(from: bytes.endOfKey(at: start))
  }
}
