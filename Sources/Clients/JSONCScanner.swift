import RawJSON

/// Reads JSON with comments from left to right, recursing once per level of nesting.
struct JSONCScanner {
  let bytes: [UInt8]
  private var at = 0
  private var depth = 0

  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func scanDocument() throws(JSONCError) -> JSONCNode? {
    if bytes.starts(with: Self.byteOrderMark) { at = Self.byteOrderMark.count }
    try skipTrivia()
    guard at < bytes.count else { return nil }
    let node = try scanValue()
    try skipTrivia()
    guard at == bytes.count else { throw error(.trailingText) }
    return node
  }

  private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

  private func error(_ reason: JSONCError.Reason, at offset: Int? = nil) -> JSONCError {
    JSONCError(reason, at: offset ?? at, in: bytes)
  }

  /// White space and comments.
  private mutating func skipTrivia() throws(JSONCError) {
    while let byte = current {
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      case UInt8(ascii: "/"): at = try endOfComment()
      default: return
      }
    }
  }

  private func endOfComment() throws(JSONCError) -> Int {
    switch at + 1 < bytes.count ? bytes[at + 1] : nil {
    case UInt8(ascii: "/"):
      return bytes[at...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
    case UInt8(ascii: "*"):
      var end = at + 2
      while end + 1 < bytes.count {
        if bytes[end] == UInt8(ascii: "*"), bytes[end + 1] == UInt8(ascii: "/") { return end + 2 }
        end += 1
      }
      throw error(.unterminated("comment"))
    default:
      throw error(.unexpected(expected: "a value or a comment"))
    }
  }

  private mutating func scanValue() throws(JSONCError) -> JSONCNode {
    switch current {
    case UInt8(ascii: "{"): return try nested { scanner throws(JSONCError) in try scanner.object() }
    case UInt8(ascii: "["): return try nested { scanner throws(JSONCError) in try scanner.array() }
    case UInt8(ascii: "\""): return JSONCNode(kind: .scalar, range: try scanString())
    case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
      return JSONCNode(kind: .scalar, range: try scanNumber())
    default: return JSONCNode(kind: .scalar, range: try scanWord())
    }
  }

  private mutating func nested(
    _ body: (inout JSONCScanner) throws(JSONCError) -> JSONCNode
  ) throws(JSONCError) -> JSONCNode {
    guard depth < JSONCDocument.maximumDepth else { throw error(.tooDeep) }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func object() throws(JSONCError) -> JSONCNode {
    let start = at
    var members: [JSONCMember] = []
    at += 1
    while true {
      try skipTrivia()
      guard let byte = current else { throw error(.unterminated("object"), at: start) }
      if byte == UInt8(ascii: "}") { break }
      if let last = members.last, last.comma == nil {
        throw error(.unexpected(expected: "',' or '}'"))
      }
      guard byte == UInt8(ascii: "\"") else {
        throw error(.unexpected(expected: members.isEmpty ? "a key or '}'" : "a key"))
      }
      members.append(try member())
    }
    at += 1
    return JSONCNode(kind: .object(members), range: start..<at)
  }

  private mutating func member() throws(JSONCError) -> JSONCMember {
    let key = try scanString()
    try skipTrivia()
    guard current == UInt8(ascii: ":") else { throw error(.unexpected(expected: "':'")) }
    at += 1
    try skipTrivia()
    let value = try scanValue()
    let name = JSON.string(
      ByteRange(start: 0, end: key.count), in: Array(bytes[key]).span.bytes)
    return JSONCMember(key: key, name: name ?? [], value: value, comma: try comma())
  }

  private mutating func array() throws(JSONCError) -> JSONCNode {
    let start = at
    var elements: [JSONCNode] = []
    var mayGoOn = true
    at += 1
    while true {
      try skipTrivia()
      guard let byte = current else { throw error(.unterminated("array"), at: start) }
      if byte == UInt8(ascii: "]") { break }
      guard mayGoOn else { throw error(.unexpected(expected: "',' or ']'")) }
      elements.append(try scanValue())
      mayGoOn = try comma() != nil
    }
    at += 1
    return JSONCNode(kind: .array(elements), range: start..<at)
  }

  /// Takes the comma that follows a value, if one does.
  private mutating func comma() throws(JSONCError) -> Int? {
    try skipTrivia()
    guard current == UInt8(ascii: ",") else { return nil }
    at += 1
    return at - 1
  }
}

extension JSONCScanner {
  private mutating func scanString() throws(JSONCError) -> Range<Int> {
    let start = at
    at += 1
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return start..<at
      case UInt8(ascii: "\\"): try skipEscape()
      case 0..<0x20: throw error(.controlCharacter)
      default: at += 1
      }
    }
    throw error(.unterminated("string"), at: start)
  }

  private mutating func skipEscape() throws(JSONCError) {
    guard at + 1 < bytes.count else { throw error(.badEscape) }
    switch bytes[at + 1] {
    case UInt8(ascii: "u"):
      let digits = bytes[(at + 2)...].prefix(4)
      guard digits.count == 4, digits.allSatisfy({ Self.isHexadecimal($0) }) else {
        throw error(.badEscape)
      }
      at += 6
    case let byte where "\"\\/bfnrt".utf8.contains(byte): at += 2
    default: throw error(.badEscape)
    }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }

  private mutating func scanNumber() throws(JSONCError) -> Range<Int> {
    let start = at
    while let byte = current, !Self.endsWord(byte) { at += 1 }
    // The strict parser owns the grammar of numbers.
    guard (try? JSONValue(parsing: Array(bytes[start..<at]))) != nil else {
      throw error(.badNumber, at: start)
    }
    return start..<at
  }

  private mutating func scanWord() throws(JSONCError) -> Range<Int> {
    for word in ["true", "false", "null"] where bytes[at...].starts(with: word.utf8) {
      let end = at + word.utf8.count
      guard end == bytes.count || Self.endsWord(bytes[end]) else { break }
      defer { at = end }
      return at..<end
    }
    throw error(.unexpected(expected: "a value"))
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"),
      UInt8(ascii: "/"), UInt8(ascii: ":"):
      true
    default: false
    }
  }
}
