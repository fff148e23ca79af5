/// What a request may hold (rows S10, H25). Whoever builds requests checks with more context; this
/// is the last gate before the wire.
enum RequestRules {
  /// Nil when the request may be sent, or what is wrong, without quoting a value.
  static func complaint(about request: HTTPRequest) -> String? {
    guard isToken(request.method) else { return "the method is not a token" }
    guard accepts(target: request.target) else {
      return "the target is not an encoded path and query without dot segments"
    }
    for header in request.headers {
      guard isToken(header.name) else { return "the name of a header is not a token" }
      guard isValue(header.value) else { return "a header holds a control character" }
      if isReserved(header.name) {
        return "the header '\(header.name)' is set by the connection"
      }
    }
    return nil
  }

  /// Origin form of RFC 9112 section 3.2.1. A segment that means "here" or "up" to a server, in
  /// plain or encoded dots, is refused, so that a path keeps its depth.
  static func accepts(target: String) -> Bool {
    if isPlain(target) { return true }
    let bytes = Array(target.utf8)
    guard bytes.first == UInt8(ascii: "/") else { return false }
    let isPlain = bytes.allSatisfy {
      $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\")
    }
    guard isPlain else { return false }
    let path = bytes.prefix { $0 != UInt8(ascii: "?") }
    return !path.split(separator: UInt8(ascii: "/")).contains { isDots(Array($0)) }
  }

  /// What is right at a glance, as most are: no dot, nothing encoded, no other mark to look at.
  private static func isPlain(_ target: String) -> Bool {
    var position = 0
    for byte in target.utf8 {
      let letter = byte | 0x20
      let isKnown =
        letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
        || byte >= UInt8(ascii: "/") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "=")
        || byte == UInt8(ascii: "&")
      guard isKnown, position > 0 || byte == UInt8(ascii: "/") else { return false }
      position += 1
    }
    return position > 0
  }

  private static func isDots(_ segment: [UInt8]) -> Bool {
    var dots = 0
    var index = 0
    while index < segment.count {
      if segment[index] == UInt8(ascii: ".") {
        index += 1
      } else if segment[index...].prefix(3).map(lowercase).elementsEqual("%2e".utf8) {
        index += 3
      } else {
        return false
      }
      dots += 1
    }
    return dots == 1 || dots == 2
  }

  /// `tchar` of RFC 9110 section 5.6.2.
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        let letter = byte | 0x20
        return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
          || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
          || byte == UInt8(ascii: "-") || tokenMarks.contains(byte)
      }
  }

  /// No control characters but the tab (RFC 9110 section 5.5), decided on bytes.
  static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7f }
  }

  private static let tokenMarks = Array("!#$%&'*+-.^_`|~".utf8)

  /// Most names differ in their length from those that have their first letter.
  private static func isReserved(_ name: String) -> Bool {
    guard let first = name.utf8.first.map({ $0 | 0x20 }) else { return false }
    for other in reserved where other.utf8CodeUnitCount == name.utf8.count {
      if other.utf8Start.pointee | 0x20 == first, name.isSameIgnoringCase(other) { return true }
    }
    return false
  }

  /// They frame the message or choose where it goes.
  private static let reserved: [StaticString] = [
    "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer",
    "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Accept-Encoding", "Expect",
    "HTTP2-Settings",
  ]
}
