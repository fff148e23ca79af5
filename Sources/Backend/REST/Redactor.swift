import Glibc

/// Takes the credentials of a service out of whatever its API says (row S13).
///
/// An API that echoes a request must not bring its credentials into a result, an error or the
/// log. Every spelling is looked for that text of an API is likely to have: plain, escaped for
/// JSON, percent-encoded, in base64. What is found gives way to as many asterisks, so that the
/// text stays JSON and its length.
package struct Redactor: Sendable {
  /// A shorter secret would be found in text that is none.
  static let shortest = 6

  private let needles: [[UInt8]]

  package init(_ secrets: [String]) {
    var needles: [[UInt8]] = []
    for secret in secrets {
      let plain = Array(secret.utf8)
      guard plain.count >= Self.shortest else { continue }
      for form in [plain, Self.escaped(plain), Self.percent(plain), Self.base64(plain)]
      where !needles.contains(form) {
        needles.append(form)
      }
    }
    self.needles = needles
  }

  package var isEmpty: Bool { needles.isEmpty }

  /// Overwrites each secret in `text`; says whether there was one.
  @discardableResult
  package func redact(_ text: inout [UInt8]) -> Bool {
    var hasFound = false
    for needle in needles {
      var start = 0
      while let found = Self.firstIndex(of: needle, in: text, from: start) {
        hasFound = true
        for index in found..<(found + needle.count) { text[index] = UInt8(ascii: "*") }
        start = found + needle.count
      }
    }
    return hasFound
  }

  package func redacted(_ text: String) -> String {
    var bytes = Array(text.utf8)
    return redact(&bytes) ? String(decoding: bytes, as: UTF8.self) : text
  }

  private static func firstIndex(of needle: [UInt8], in text: [UInt8], from start: Int) -> Int? {
    guard let first = needle.first, text.count >= needle.count else { return nil }
    return text.withUnsafeBytes { text -> Int? in
      guard let base = text.baseAddress else { return nil }
      let last = text.count - needle.count
      var position = start
      while position <= last,
        let found = memchr(base + position, Int32(first), last - position + 1)
      {
        let offset = UnsafeRawPointer(found) - base
        if memcmp(found, needle, needle.count) == 0 { return offset }
        position = offset + 1
      }
      return nil
    }
  }

  private static func escaped(_ plain: [UInt8]) -> [UInt8] {
    plain.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), byte]
      default: [byte]
      }
    }
  }

  private static func percent(_ plain: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return plain.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        [byte]
      default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
  }

  static func base64(_ plain: [UInt8]) -> [UInt8] {
    let alphabet = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var output: [UInt8] = []
    var index = 0
    while index < plain.count {
      let group = plain[index..<min(index + 3, plain.count)]
      var bits: UInt32 = 0
      for byte in group { bits = bits << 8 | UInt32(byte) }
      bits <<= UInt32(8 * (3 - group.count))
      for position in 0..<4 {
        if position > group.count {
          output.append(UInt8(ascii: "="))
        } else {
          output.append(alphabet[Int(bits >> UInt32(18 - 6 * position) & 63)])
        }
      }
      index += 3
    }
    return output
  }
}
