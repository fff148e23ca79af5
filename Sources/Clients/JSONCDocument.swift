// Clients knows where the programs that launch Switchyard keep their
// configuration, and edits those files without disturbing them.
//
// The files belong to somebody else: people write comments into them, other
// tools write entries. Therefore nothing here decodes and encodes a file. It is
// read into a tree of byte ranges, the few bytes that change are computed as
// edits, and every other byte stays what it was. A file that cannot be read
// completely is refused with line and column, never repaired.
//
//   bytes -> JSONCDocument -> [JSONCEdit] -> bytes      (pure: JSONC*.swift, Registration)
//   path  -> ConfigFile: read, back up, replace         (Glibc: ConfigFile.swift)
//
// Cost: one pass and one tree per edit; files are limited to `ConfigFile.limit`.

package import RawJSON

/// A JSON text with comments and trailing commas, as a tree of byte ranges.
///
/// The grammar is RFC 8259 plus `// line` and `/* block */` comments wherever
/// white space may stand, one trailing comma per object or array, and a byte
/// order mark at the start. Depth is limited to `maximumDepth`.
package struct JSONCDocument: Sendable {
  /// The text, as read.
  package let bytes: [UInt8]
  /// The value, or nil when there is nothing but white space and comments.
  package let root: JSONCNode?

  /// Containers deeper than this are refused, so that no file can exhaust the stack.
  package static let maximumDepth = 128

  /// Reads a whole text.
  /// - Throws: the first place where the text is not what the grammar allows.
  package init(parsing bytes: [UInt8]) throws(JSONCError) {
    if let offset = bytes.firstInvalidUTF8 {
      throw JSONCError(.invalidUTF8, at: offset, in: bytes)
    }
    var scanner = JSONCScanner(bytes: bytes)
    root = try scanner.scanDocument()
    self.bytes = bytes
  }

  /// The value at `range` without comments, for comparing; nil when it is not plain JSON.
  package func value(of node: JSONCNode) -> JSONValue? {
    switch node.kind {
    case .scalar:
      return try? JSONValue(parsing: Array(bytes[node.range]))
    case .array(let elements):
      var values: [JSONValue] = []
      for element in elements {
        guard let value = value(of: element) else { return nil }
        values.append(value)
      }
      return .array(values)
    case .object(let members):
      var object: [JSONObject.Member] = []
      for member in members {
        guard let value = value(of: member.value) else { return nil }
        object.append(.init(key: String(decoding: member.name, as: UTF8.self), value: value))
      }
      return .object(JSONObject(object))
    }
  }
}

/// One value of a `JSONCDocument`.
package struct JSONCNode: Sendable {
  package enum Kind: Sendable {
    case object([JSONCMember])
    case array([JSONCNode])
    /// A string, number, `true`, `false` or `null`.
    case scalar
  }

  package var kind: Kind
  /// From the first byte to past the last one, brackets and quotes included.
  package var range: Range<Int>

  /// The members when this is an object, else nil.
  package var members: [JSONCMember]? {
    if case .object(let members) = kind { return members }
    return nil
  }
}

/// One `"key": value` of an object.
package struct JSONCMember: Sendable {
  /// The key, quotes included.
  package var key: Range<Int>
  /// The key without quotes and escapes, as UTF-8.
  package var name: [UInt8]
  package var value: JSONCNode
  /// Where the comma behind the value stands, if there is one.
  package var comma: Int?
}

/// Why a text cannot be edited, and where.
package struct JSONCError: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    case invalidUTF8
    case unexpected(expected: String)
    case unterminated(String)
    case badEscape
    case badNumber
    case controlCharacter
    case tooDeep
    case trailingText
  }

  package var reason: Reason
  package var offset: Int
  /// Counted from 1, in lines and in bytes.
  package var line: Int
  package var column: Int

  init(_ reason: Reason, at offset: Int, in bytes: [UInt8]) {
    self.reason = reason
    self.offset = offset
    (line, column) = bytes.position(of: offset)
  }
}

extension JSONCError: CustomStringConvertible {
  /// `line:column: what is wrong`
  package var description: String { "\(line):\(column): \(text)" }

  private var text: String {
    switch reason {
    case .invalidUTF8: "this is not UTF-8"
    case .unexpected(let expected): "expected \(expected)"
    case .unterminated(let what): "the \(what) that starts here has no end"
    case .badEscape: "this escape is not one of JSON's"
    case .badNumber: "this number is not written as JSON allows"
    case .controlCharacter: "a string holds a control character; write it as an escape"
    case .tooDeep: "nested deeper than \(JSONCDocument.maximumDepth) levels"
    case .trailingText: "there is text behind the end of the document"
    }
  }
}

extension [UInt8] {
  /// Line and column of an offset, both counted from 1, columns in bytes.
  package func position(of offset: Int) -> (line: Int, column: Int) {
    let before = self[..<Swift.min(offset, count)]
    let line = before.count(where: { $0 == UInt8(ascii: "\n") }) + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (line, before.endIndex - start + 1)
  }

  /// Where the text stops being UTF-8, or nil.
  var firstInvalidUTF8: Int? {
    var decoder = UTF8()
    var iterator = makeIterator()
    var offset = 0
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): offset += UTF8.width(scalar)
      case .emptyInput: return nil
      case .error: return offset
      }
    }
  }
}
