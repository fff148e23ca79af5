extension JSONValue {
  /// Reads exactly one value, as strictly as `JSON.validate`.
  package init(parsing text: [UInt8]) throws(JSONError) {
    try unsafe self.init(parsing: text.span.bytes)
  }

  /// Reads exactly one value, as strictly as `JSON.validate`.
  package init(parsing bytes: RawSpan) throws(JSONError) {
    var cursor = JSONCursor()
    let value = try JSONValue(&cursor, in: bytes)
    try cursor.finish(in: bytes)
    self = value
  }

  /// The value at a range of a text that is known to be JSON; null if it is none after all.
  package init(_ range: ByteRange, in bytes: RawSpan) {
    guard range.count > 0 else {
      self = .null
      return
    }
    var cursor = JSONCursor(at: range.start)
    self = (try? JSONValue(&cursor, in: bytes)) ?? .null
  }

  /// Recursion is bounded by `JSON.maximumDepth`, which the cursor watches.
  private init(_ cursor: inout JSONCursor, in bytes: RawSpan) throws(JSONError) {
    switch cursor.peek(in: bytes) {
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      if try cursor.beginArray(in: bytes) {
        repeat {
          elements.append(try JSONValue(&cursor, in: bytes))
        } while try cursor.anotherElement(in: bytes)
      }
      self = .array(elements)
    case UInt8(ascii: "{"):
      var members: [JSONObject.Member] = []
      if try cursor.beginObject(in: bytes) {
        repeat {
          let key = Self.text(try cursor.key(in: bytes), in: bytes)
          members.append(.init(key: key, value: try JSONValue(&cursor, in: bytes)))
        } while try cursor.anotherMember(in: bytes)
      }
      self = .object(JSONObject(members))
    default:
      self.init(scalar: try cursor.value(in: bytes), in: bytes)
    }
  }

  private init(scalar range: ByteRange, in bytes: RawSpan) {
    switch bytes.byte(at: range.start) {
    case UInt8(ascii: "n"): self = .null
    case UInt8(ascii: "t"): self = .bool(true)
    case UInt8(ascii: "f"): self = .bool(false)
    case UInt8(ascii: "\""): self = .string(Self.text(range, in: bytes))
    default:
      let text = String(decoding: JSON.copy(range, in: bytes), as: UTF8.self)
      self = .number(JSONNumber(validated: text))
    }
  }

  private static func text(_ range: ByteRange, in bytes: RawSpan) -> String {
    String(decoding: JSON.string(range, in: bytes) ?? [], as: UTF8.self)
  }
}
