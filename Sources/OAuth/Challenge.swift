/// What a server says with 401 or 403 about the credentials that it wants: the `Bearer` challenge
/// of `WWW-Authenticate` (RFC 9110 section 11.6.1, RFC 6750, RFC 9728).
package struct Challenge: Hashable, Sendable {
  /// Where the metadata of the service is, as it was written.
  package var resourceMetadata: String?
  package var scope: String?
  package var error: String?

  package init() {}

  /// Reads the values of all such headers; nil if there is no challenge of this kind.
  ///
  /// What cannot be read is passed over: a challenge only helps to find what is checked later.
  package init?(_ values: [String]) {
    for value in values {
      var reader = Reader(Array(value.utf8))
      if let found = reader.bearer() {
        self = found
        return
      }
    }
    return nil
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Challenges follow each other with commas, as their parameters do: a token without `=` behind
    /// it is the scheme of the next.
    mutating func bearer() -> Challenge? {
      var found: Challenge?
      while position < bytes.count {
        skip(" ,\t")
        let name = token()
        if name.isEmpty {
          position += 1
          continue
        }
        let afterName = position
        skip(" \t")
        guard current == UInt8(ascii: "=") else {
          if found != nil { return found }
          position = afterName
          if Self.isSame(name, "bearer") { found = Challenge() }
          continue
        }
        position += 1
        skip(" \t")
        let value = parameter()
        if found != nil { Self.note(name, value, in: &found) }
      }
      return found
    }

    private static func note(_ name: [UInt8], _ value: String, in found: inout Challenge?) {
      if isSame(name, "resource_metadata") { found?.resourceMetadata = value }
      if isSame(name, "scope") { found?.scope = value }
      if isSame(name, "error") { found?.error = value }
    }

    private static func isSame(_ name: [UInt8], _ other: StaticString) -> Bool {
      other.withUTF8Buffer { other in name.map { $0 | 0x20 }.elementsEqual(other.map { $0 | 0x20 })
      }
    }

    private mutating func skip(_ marks: String) {
      while let byte = current, marks.utf8.contains(byte) { position += 1 }
    }

    private mutating func token() -> [UInt8] {
      let start = position
      while let byte = current, byte > 0x20, byte < 0x7F, !"()<>@,;:\\\"/[]?={}".utf8.contains(byte)
      {
        position += 1
      }
      return Array(bytes[start..<position])
    }

    /// A token, or text in quotes with `\` before what is meant literally.
    private mutating func parameter() -> String {
      guard current == UInt8(ascii: "\"") else {
        let start = position
        while let byte = current, byte > 0x20, byte != UInt8(ascii: ",") { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
      }
      position += 1
      var text: [UInt8] = []
      while let byte = current, byte != UInt8(ascii: "\"") {
        position += 1
        if byte == UInt8(ascii: "\\"), let literal = current {
          text.append(literal)
          position += 1
        } else {
          text.append(byte)
        }
      }
      position += 1
      return String(decoding: text, as: UTF8.self)
    }
  }
}
