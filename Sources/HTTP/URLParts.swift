import Loop

/// An absolute URL taken apart, strictly: RFC 3986 without the forms nobody writes on purpose.
struct URLParts: Hashable {
  var scheme: String
  var hasCredentials = false
  /// In lower case, IPv6 without brackets.
  var host: String
  var port: Int?
  /// Everything behind the authority.
  var target: String

  init?(_ url: String) {
    let bytes = Array(url.utf8)
    guard let end = url.utf8.firstRange(of: "://"), end > 0,
      bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") })
    else { return nil }
    scheme = String(decoding: bytes[..<end].map(lowercase), as: UTF8.self)
    let rest = bytes[(end + 3)...]
    let slash =
      rest.firstIndex { [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0) }
      ?? rest.endIndex
    target = String(decoding: rest[slash...], as: UTF8.self)
    var authority = rest[..<slash]
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      hasCredentials = true
      authority = authority[(at + 1)...]
    }
    guard let (host, port) = Self.split(Array(authority)) else { return nil }
    (self.host, self.port) = (host, port)
  }

  private static func split(_ authority: [UInt8]) -> (String, Int?)? {
    var host = authority
    var port: [UInt8]?
    let isLiteral = authority.first == UInt8(ascii: "[")
    let afterHost = isLiteral ? authority.lastIndex(of: UInt8(ascii: "]")) ?? 0 : 0
    if let colon = authority[afterHost...].firstIndex(of: UInt8(ascii: ":")) {
      host = Array(authority[..<colon])
      port = Array(authority[(colon + 1)...])
    }
    if isLiteral {
      guard host.last == UInt8(ascii: "]") else { return nil }
      host = Array(host.dropFirst().dropLast())
    }
    let text = String(decoding: host.map(lowercase), as: UTF8.self)
    guard isLiteral ? IPAddress(text)?.family == .v6 : isName(host) else { return nil }
    guard let port else { return (text, nil) }
    guard port.count <= 5, let number = Int(String(decoding: port, as: UTF8.self)),
      port.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
      (1...65535).contains(number)
    else { return nil }
    return (text, number)
  }

  /// Labels of letters, digits, `-` and `_`; a name that begins like a number has to be an IPv4
  /// address in its one form (`0x7f.1` and `127.1` are other ways to write one).
  private static func isName(_ host: [UInt8]) -> Bool {
    guard !host.isEmpty, host.count <= 253 else { return false }
    let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let isFine = labels.enumerated().allSatisfy { index, label in
      // A dot at the very end makes the name absolute.
      if label.isEmpty { return index == labels.count - 1 && index > 0 }
      return label.count <= 63
        && label.allSatisfy { byte in
          let letter = lowercase(byte)
          return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
            || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }
    guard isFine, let last = labels.last(where: { !$0.isEmpty }), let first = last.first else {
      return false
    }
    // WHATWG URL section 3.5: a host whose last label is a number is meant as IPv4.
    let isNumber = first >= UInt8(ascii: "0") && first <= UInt8(ascii: "9")
    return !isNumber || IPAddress(String(decoding: host, as: UTF8.self)) != nil
  }
}
