package import HTTP

/// An absolute URL that a request may go to, or that a browser is sent to.
///
/// What is read from a document of a stranger goes through `init(_:namedBy:)`.
package struct WebAddress: Hashable, Sendable {
  /// As it was written.
  package let text: String
  package let origin: HTTPOrigin
  /// Path and query in origin form.
  package let target: String

  /// - Throws: what is wrong, without quoting a query.
  package init(_ text: String) throws(Refusal) {
    let bytes = Array(text.utf8)
    guard !bytes.contains(UInt8(ascii: "#")) else {
      throw Refusal("The address '\(text.shown)' has a fragment.")
    }
    let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
    let head = String(decoding: bytes[..<mark], as: UTF8.self)
    let query = String(decoding: bytes[mark...], as: UTF8.self)
    guard query.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else {
      throw Refusal("The address '\(head.shown)' has a query that is not encoded.")
    }
    do throws(HTTPOriginError) {
      origin = try HTTPOrigin.parse(head).origin
    } catch {
      throw Refusal("The address '\(head.shown)' \(error).")
    }
    guard origin.socketPath == nil else {
      throw Refusal("The address '\(head.shown)' is no web address.")
    }
    self.text = text
    target = Self.path(of: head) + query
  }

  private static func path(of head: String) -> String {
    var slashes = 0
    let start = head.utf8.firstIndex { byte in
      if byte == UInt8(ascii: "/") { slashes += 1 }
      return slashes == 3
    }
    return start.map { String(head[$0...]) } ?? "/"
  }

  /// Reads an address that a document names.
  ///
  /// - Parameters:
  ///   - what: what the document calls it.
  ///   - service: the manifest's address, which alone is trusted. Only if it leads to this machine
  ///     or its network may others do so, and only then may they do without TLS.
  package init(_ text: String, as what: String, namedBy service: WebAddress) throws(Refusal) {
    let named: WebAddress
    do throws(Refusal) {
      named = try WebAddress(text)
    } catch {
      throw Refusal("\(what): \(error.message)")
    }
    if named.origin.allowsPrivateAddresses, !service.origin.allowsPrivateAddresses {
      throw Refusal(
        "\(what) points inward, to '\(named.origin.host)', while the service is outside.")
    }
    let isOnLoopback = named.origin.allowsPrivateAddresses && service.origin.scheme == .http
    guard named.origin.scheme == .https || isOnLoopback else {
      throw Refusal("\(what) '\(named.text.shown)' is without TLS.")
    }
    self = named
  }

  /// `https://host:port`, the port only where it is not the usual.
  package var originText: String {
    let host = origin.host.utf8.contains(UInt8(ascii: ":")) ? "[\(origin.host)]" : origin.host
    let usual = origin.scheme == .https ? 443 : 80
    return "\(origin.scheme.rawValue)://\(host)" + (origin.port == usual ? "" : ":\(origin.port)")
  }

  /// Without query and without a last `/`.
  package var path: String {
    var path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
    while path.last == UInt8(ascii: "/") { path.removeLast() }
    return String(decoding: path, as: UTF8.self)
  }

  package func isSameOrigin(as other: WebAddress) -> Bool {
    originText.isByteEqual(to: other.originText)
  }

  /// The same origin with another path; `nil` where that makes no address.
  func at(_ path: String) -> WebAddress? { try? WebAddress(originText + path) }

  /// `application/x-www-form-urlencoded`, in the order given.
  package static func form(_ fields: [(String, String)]) -> String {
    fields.map { encoded($0.0) + "=" + encoded($0.1) }.joined(separator: "&")
  }

  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Everything but the unreserved characters of RFC 3986.
  private static func encoded(_ text: String) -> String {
    var output: [UInt8] = []
    for byte in text.utf8 {
      let letter = byte | 0x20
      if letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
        || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || "-._~".utf8.contains(byte)
      {
        output.append(byte)
      } else {
        output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// The fields of a form or query; nil where the encoding is wrong or a name comes twice.
  package static func fields(of form: String) -> [String: String]? {
    var found: [String: String] = [:]
    for field in form.utf8.split(separator: UInt8(ascii: "&")) {
      let mark = field.firstIndex(of: UInt8(ascii: "=")) ?? field.endIndex
      let rest = mark == field.endIndex ? field[mark...] : field[field.index(after: mark)...]
      guard let name = decoded(field[..<mark]), let value = decoded(rest), found[name] == nil
      else { return nil }
      found[name] = value
    }
    return found
  }

  private static func decoded(_ text: Substring.UTF8View) -> String? {
    var output: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        output.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexDigit),
        let low = rest.popFirst().flatMap(hexDigit)
      else { return nil }
      output.append(high << 4 | low)
    }
    return String(validating: output, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
