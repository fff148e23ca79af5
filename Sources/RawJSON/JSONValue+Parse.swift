extension JSONValue {
  /// Reads exactly one value, as strictly as `JSON.validate`.
  package init(parsing text: [UInt8]) throws(JSONError) {
    try unsafe self.init(parsing: text.span.bytes)
  }

  /// Reads exactly one value, as strictly as `JSON.validate`.
  package init(parsing bytes: RawSpan) throws(JSONError) {
    self.init(try JSON.validate(bytes), in: bytes)
  }

  /// The value at a range of a text that is known to be JSON.
  ///
  /// Recursion is bounded by `JSON.maximumDepth`; each level reads its part again.
  package init(_ range: ByteRange, in bytes: RawSpan) {
    switch bytes.byte(at: range.start) {
    case UInt8(ascii: "n"): self = .null
    case UInt8(ascii: "t"): self = .bool(true)
    case UInt8(ascii: "f"): self = .bool(false)
    case UInt8(ascii: "\""):
      self = .string(String(decoding: JSON.string(range, in: bytes) ?? [], as: UTF8.self))
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      JSON.forEachElement(of: range, in: bytes) { elements.append(JSONValue($0, in: bytes)) }
      self = .array(elements)
    case UInt8(ascii: "{"):
      var members: [JSONObject.Member] = []
      JSON.forEachMember(of: range, in: bytes) { key, value in
        let name = String(decoding: JSON.string(key, in: bytes) ?? [], as: UTF8.self)
        members.append(.init(key: name, value: JSONValue(value, in: bytes)))
      }
      self = .object(JSONObject(members))
    default:
      self = .number(
        JSONNumber(validated: String(decoding: JSON.copy(range, in: bytes), as: UTF8.self)))
    }
  }
}
