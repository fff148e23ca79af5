// What must hold for every input of a parser, stated once: fuzz targets search
// for a counterexample, unit tests replay the seeds and every one ever found.

/// RFC 8259 written down as plainly as possible, to be compared with the real scanner.
///
/// Recursive and slow; UTF-8 is judged by the standard library.
package struct ReferenceJSON {
  private let bytes: [UInt8]
  private var offset = 0

  /// Whether `bytes` are one JSON value of at most 128 levels.
  package static func accepts(_ bytes: [UInt8]) -> Bool {
    guard String(validating: bytes, as: UTF8.self) != nil else { return false }
    var parser = ReferenceJSON(bytes: bytes)
    parser.space()
    guard parser.value(depth: 0) else { return false }
    parser.space()
    return parser.offset == bytes.count
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func take(_ text: String) -> Bool {
    guard bytes[offset...].starts(with: text.utf8) else { return false }
    offset += text.utf8.count
    return true
  }

  private mutating func space() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
  }

  private mutating func value(depth: Int) -> Bool {
    if take("null") || take("true") || take("false") { return true }
    switch next.map(Unicode.Scalar.init) {
    case "{": return depth < 128 && list("{", "}") { $0.member(depth: depth + 1) }
    case "[": return depth < 128 && list("[", "]") { $0.value(depth: depth + 1) }
    case "\"": return string()
    default: return number()
    }
  }

  private mutating func member(depth: Int) -> Bool {
    guard string() else { return false }
    space()
    guard take(":") else { return false }
    space()
    return value(depth: depth)
  }

  private mutating func list(
    _ open: String, _ close: String, _ item: (inout ReferenceJSON) -> Bool
  ) -> Bool {
    guard take(open) else { return false }
    space()
    if take(close) { return true }
    while true {
      guard item(&self) else { return false }
      space()
      if take(close) { return true }
      guard take(",") else { return false }
      space()
    }
  }

  private mutating func string() -> Bool {
    guard take("\"") else { return false }
    while let byte = next, byte >= 0x20 {
      if take("\"") { return true }
      guard byte == UInt8(ascii: "\\") else {
        offset += 1
        continue
      }
      offset += 1
      if take("u") {
        guard bytes[offset...].prefix(4).count == 4,
          bytes[offset...].prefix(4).allSatisfy({ Character(.init($0)).isHexDigit })
        else { return false }
        offset += 4
      } else {
        guard let letter = next, "\"\\/bfnrt".utf8.contains(letter) else { return false }
        offset += 1
      }
    }
    return false
  }

  private mutating func number() -> Bool {
    _ = take("-")
    if !take("0") {
      guard digits() else { return false }
    }
    if take(".") {
      guard digits() else { return false }
    }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() else { return false }
    }
    return true
  }

  private mutating func digits() -> Bool {
    let start = offset
    while let byte = next, (0x30...0x39).contains(byte) { offset += 1 }
    return offset > start
  }
}
