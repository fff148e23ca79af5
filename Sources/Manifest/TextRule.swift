/// What a text in the configuration may be.
///
/// The same rule checks the value and becomes the pattern of the JSON Schema.
struct TextRule: Sendable {
  /// Characters that the text consists of; nil is any but NUL.
  enum Alphabet: Sendable {
    /// `[A-Za-z0-9_-]`
    case name
    /// `[A-Za-z_][A-Za-z0-9_]*`
    case variable
  }

  var alphabet: Alphabet?
  /// Bytes.
  var length: ClosedRange<Int>

  /// A name of a service or plugin.
  static let service = TextRule(alphabet: .name, length: 1...32)
  /// A name of a tool as clients see it.
  static let tool = TextRule(alphabet: .name, length: 1...64)
  /// Room for the longest service name and `_`.
  static let prefix = TextRule(alphabet: .name, length: 0...33)
  static let variable = TextRule(alphabet: .variable, length: 1...256)
  /// A name that a service chose, or a pattern for such names.
  static let foreignName = TextRule(alphabet: nil, length: 1...256)
  /// A description; the bound is that of reliability section 2.4.
  static let prose = TextRule(alphabet: nil, length: 1...16_384)
  /// A path; the bound is PATH_MAX.
  static let path = TextRule(alphabet: nil, length: 1...4_095)
  /// One argument or variable; the bound is below MAX_ARG_STRLEN.
  static let word = TextRule(alphabet: nil, length: 0...131_000)

  /// What is wrong with `text`, as the end of a sentence; nil if nothing is.
  func problem(with text: String) -> String? {
    let bytes = text.utf8
    if bytes.isEmpty, !length.contains(0) { return "must not be empty" }
    guard bytes.count <= length.upperBound else {
      return "must not be longer than \(length.upperBound) bytes"
    }
    switch alphabet {
    case nil: return bytes.contains(0) ? "must not contain a NUL character" : nil
    case .name:
      return bytes.allSatisfy(Self.isNameByte) ? nil : "may only contain A-Z, a-z, 0-9, _ and -"
    case .variable:
      let starts = bytes.first.map { Self.isNameByte($0) && !Self.isDigit($0) } ?? false
      let isFine = starts && bytes.allSatisfy { Self.isNameByte($0) && $0 != UInt8(ascii: "-") }
      return isFine ? nil : "may only contain letters, digits and _, and not begin with a digit"
    }
  }

  /// The rule as a regular expression of JSON Schema; nil if length alone says it.
  var pattern: String? {
    switch alphabet {
    case nil: nil
    case .name: "^[A-Za-z0-9_-]*$"
    case .variable: "^[A-Za-z_][A-Za-z0-9_]*$"
    }
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: isDigit(byte)
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
