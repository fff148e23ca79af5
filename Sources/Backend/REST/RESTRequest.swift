package import Manifest

/// One request of an API as a value: every part encoded for its place, nothing sent yet.
///
/// It names no host. The path has the depth that the manifest declares, whatever the arguments
/// are, and no value can end the part that it stands in.
package struct RESTRequest: Sendable {
  package var method: REST.Method
  /// Below the service's address; begins with `/`, percent-encoded, no segment `.` or `..`.
  package var path: String
  /// Percent-encoded, without `?`; empty is none.
  package var query: String
  /// Of the operation and its arguments; names are tokens, values without control characters.
  package var headers: [Header]
  package var body: Body

  package struct Header: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package enum Body: Sendable {
    case none
    case json([UInt8])
    /// `application/x-www-form-urlencoded`
    case form([UInt8])
    case multipart([Part])
  }

  /// A part of a multipart form (RFC 7578); names and texts are not escaped yet.
  package struct Part: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
      case text(String)
      /// The base64 text that the argument of this name holds.
      case file(argument: String, name: String, type: String?)
    }

    package var name: String
    package var content: Content

    package init(name: String, content: Content) {
      self.name = name
      self.content = content
    }
  }

  /// Path and query as a request line has them, behind what the address begins with.
  package func target(under address: REST.Address) -> String {
    var target = address.path
    target.reserveCapacity(target.utf8.count + path.utf8.count + query.utf8.count + 1)
    target += path
    if !query.isEmpty {
      target += "?"
      target += query
    }
    return target
  }
}

/// Percent-encoding (RFC 3986, 2.1): every byte but letters, digits, `-`, `.`, `_` and `~`.
package enum PercentEncoding {
  package static func encoded(_ text: String) -> String {
    if text.utf8.allSatisfy(isUnreserved) { return text }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    append(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  package static func append(_ text: String, to output: inout [UInt8]) {
    for byte in text.utf8 {
      if isUnreserved(byte) {
        output.append(byte)
      } else {
        output += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 0x0F)]
      }
    }
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }
}
