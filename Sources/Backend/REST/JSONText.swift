package import Manifest
package import RawJSON

/// One JSON value as a range of a text that it keeps alive.
///
/// Answers of APIs are looked into and passed on in this form, never as a tree: a
/// tree of small objects takes six times the memory of its text. Values that were
/// cut out of one answer share its bytes. The text is JSON and lies on one line.
package struct JSONText: Sendable {
  package let bytes: [UInt8]
  package let range: ByteRange

  /// Checks `bytes` and takes the white space between tokens away.
  ///
  /// - Throws: the first fault of the JSON.
  package init(parsing bytes: consuming [UInt8]) throws(JSONError) {
    JSON.compact(&bytes)
    range = try JSON.validate(bytes.span.bytes)
    self.bytes = bytes
  }

  private init(_ bytes: [UInt8], _ range: ByteRange) {
    self.bytes = bytes
    self.range = range
  }

  /// A value written by ourselves.
  package init(_ value: JSONValue) {
    let text = value.serialized()
    self.init(text, ByteRange(start: 0, end: text.count))
  }

  /// Bytes that are JSON on one line because we wrote them.
  package init(written bytes: [UInt8]) {
    self.init(bytes, ByteRange(start: 0, end: bytes.count))
  }

  /// A value at a range of bytes that are known to be JSON.
  package init(written bytes: [UInt8], range: ByteRange) { self.init(bytes, range) }

  package static let null = JSONText(Array("null".utf8), ByteRange(start: 0, end: 4))
  package static let emptyObject = JSONText(Array("{}".utf8), ByteRange(start: 0, end: 2))

  package var byteCount: Int { range.count }
  private var first: UInt8 {
    range.fits(in: bytes.count) && range.count > 0 ? bytes[range.start] : 0
  }
  package var isObject: Bool { first == UInt8(ascii: "{") }
  package var isArray: Bool { first == UInt8(ascii: "[") }
  package var isNull: Bool { first == UInt8(ascii: "n") }
  package var isString: Bool { first == UInt8(ascii: "\"") }
  package var isTrue: Bool { first == UInt8(ascii: "t") }

  /// The member called `key`; nil if there is none or this is no object.
  package subscript(key: String) -> JSONText? {
    let found = JSON.member(named: key.utf8, of: range, in: bytes.span.bytes)
    return found.isAbsent ? nil : JSONText(bytes, found)
  }

  /// The value at the end of a path of keys; nil where a key is missing.
  package subscript(path: [String]) -> JSONText? {
    var value = self
    for key in path {
      guard let next = value[key] else { return nil }
      value = next
    }
    return value
  }

  /// The elements of an array; empty if this is none.
  package var elements: [JSONText] {
    var elements: [JSONText] = []
    JSON.forEachElement(of: range, in: bytes.span.bytes) { elements.append(JSONText(bytes, $0)) }
    return elements
  }

  /// The text of a string, unescaped.
  package var string: String? {
    JSON.string(range, in: bytes.span.bytes).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The number, if it is written as an integer and fits.
  package var integer: Int64? { JSON.integer(range, in: bytes.span.bytes) }

  /// The value as text for a path, a query or a message: a string without its quotes, a number or
  /// a boolean as it is written; nil for everything else.
  package var scalarText: String? {
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "n"), 0: nil
    case UInt8(ascii: "\""): string
    default: String(decoding: bytes[range.start..<range.end], as: UTF8.self)
    }
  }

  /// The value as a tree, for what is small.
  package var value: JSONValue { JSONValue(range, in: bytes.span.bytes) }

  /// Appends the bytes of the value.
  package func append(to output: inout [UInt8]) {
    JSON.append(range, of: bytes.span.bytes, to: &output)
  }

  /// The object with `members` behind its own; the value itself if it is no object.
  ///
  /// - Parameter members: JSON text such as `"a":1,"b":2`. Members of the same keys give way.
  package func adding(_ keys: [String], _ members: [UInt8]) -> JSONText {
    guard isObject else { return self }
    let span = bytes.span.bytes
    let text = JSON.rebuildObject(
      range, in: span,
      dropping: { key in
        guard let name = JSON.string(key, in: span) else { return false }
        return keys.contains { $0.utf8.elementsEqual(name) }
      }, adding: members)
    return JSONText(text, ByteRange(start: 0, end: text.count))
  }
}

extension JSONText {
  /// The values at the end of a path; `[]` in it takes each item of an array, and lists in lists
  /// are one list. What is missing is left out.
  package func values(at path: ValuePath) -> [JSONText] {
    var values = [self]
    for step in path.steps {
      switch step {
      case .member(let key): values = values.compactMap { $0[key] }
      case .items: values = values.flatMap(\.elements)
      }
    }
    return values
  }

  /// The first value at the end of a path.
  package func value(at path: ValuePath) -> JSONText? { values(at: path).first }
}
