import Glibc

extension REST.Address {
  /// What is wrong with a URL, as the end of a sentence; never quotes it, since it may hold a secret.
  package struct Malformed: Error, Hashable { package var message: String }

  /// Reads `http` and `https` URLs with a host, a port and a path; refuses everything else
  /// that RFC 3986 allows, and every second spelling of an address (row M11).
  package init(_ text: String) throws(Malformed) {
    let bytes = text.utf8
    var rest: Substring.UTF8View
    if bytes.starts(with: "https://".utf8) {
      rest = bytes.dropFirst(8)
      (scheme, port) = (.https, 443)
    } else if bytes.starts(with: "http://".utf8) {
      rest = bytes.dropFirst(7)
      (scheme, port) = (.http, 80)
    } else {
      throw Malformed(message: "must begin with https:// or http://")
    }
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) })
    else {
      throw Malformed(message: "must only hold characters of a URL; encode others as %XX")
    }
    guard !rest.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else {
      throw Malformed(message: "must not have a query or fragment")
    }
    let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
    let authority = rest[..<slash]
    rest = rest[slash...]
    guard !authority.contains(UInt8(ascii: "@")) else {
      throw Malformed(message: "must not have a user or password; use 'auth'")
    }
    try readAuthority(Substring(authority))
    path = try Self.path(Substring(rest))
  }

  private mutating func readAuthority(_ authority: Substring) throws(Malformed) {
    var name = authority
    if authority.utf8.first == UInt8(ascii: "[") {
      guard let end = authority.utf8.firstIndex(of: UInt8(ascii: "]")) else {
        throw Malformed(message: "has '[' without ']'")
      }
      name = authority[..<end].dropFirst()
      try readPort(authority[authority.utf8.index(after: end)...])
      guard Self.isAddress(String(name), AF_INET6) else {
        throw Malformed(message: "has brackets around something that is no IPv6 address")
      }
      host = String(name).lowercased()
      isStatic = true
      return
    }
    if let colon = authority.utf8.firstIndex(of: UInt8(ascii: ":")) {
      name = authority[..<colon]
      try readPort(authority[colon...])
    }
    host = name.lowercased()
    if host.utf8.last == UInt8(ascii: ".") { host.removeLast() }
    let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let isName = labels.allSatisfy { label in
      !label.isEmpty && label.count <= 63 && label.allSatisfy(TextRule.isNameByte)
    }
    guard isName, host.utf8.count <= 253 else { throw Malformed(message: "has no valid host") }
    // A last label of digits makes an address; other spellings of one are refused, not guessed.
    if let last = labels.last, let first = last.first, TextRule.isDigit(first) {
      guard Self.isAddress(host, AF_INET) else {
        throw Malformed(message: "has a host that is neither a name nor an address like 192.0.2.1")
      }
      isStatic = true
    }
    if host == "localhost" { isStatic = true }
  }

  private mutating func readPort(_ text: Substring) throws(Malformed) {
    if text.isEmpty { return }
    let digits = text.utf8.dropFirst()
    guard text.utf8.first == UInt8(ascii: ":"), !digits.isEmpty, digits.count <= 5,
      digits.allSatisfy(TextRule.isDigit), let number = Int(Substring(digits)),
      (1...65_535).contains(number)
    else { throw Malformed(message: "has a port that is not from 1 to 65535") }
    port = number
  }

  private static func path(_ text: Substring) throws(Malformed) -> String {
    var path = text
    while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    guard !path.isEmpty else { return "" }
    let segments = path.utf8.dropFirst()
      .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    for segment in segments where PathSegment.isUnsafe(String(Substring(segment))) {
      throw Malformed(message: "has a path with an empty segment, '.', '..' or a wrong '%'")
    }
    return String(path)
  }

  private static func isAddress(_ text: String, _ family: Int32) -> Bool {
    var space = in6_addr()
    return unsafe inet_pton(family, text, &space) == 1
  }
}

/// Segments of paths.
package enum PathSegment {
  /// Whether an encoded segment is empty, could climb, or holds a '%' without two digits.
  package static func isUnsafe(_ segment: String) -> Bool {
    if isPlain(segment) { return false }
    var decoded: [UInt8] = []
    var rest = segment.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexValue),
        let low = rest.popFirst().flatMap(hexValue)
      else { return true }
      decoded.append(high << 4 | low)
    }
    return decoded.isEmpty || decoded.elementsEqual(".".utf8) || decoded.elementsEqual("..".utf8)
      || decoded.contains { $0 < 0x20 || $0 == 0x7F }
  }

  /// Whether it is safe at a glance, as most are.
  private static func isPlain(_ segment: String) -> Bool {
    var hasMore = false
    for byte in segment.utf8 {
      if byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "%") { return false }
      if byte != UInt8(ascii: ".") { hasMore = true }
    }
    return hasMore
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte & 0x0F
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
      (byte & 0x0F) + 9
    default: nil
    }
  }
}
