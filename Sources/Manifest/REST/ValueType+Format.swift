extension ValueType.Format {
  /// Whether `text` is written so. Takes one pass and never looks at the clock or a network.
  func accepts(_ text: String) -> Bool {
    // A file of many megabytes is not copied to be looked at.
    if self == .base64 { return Self.isBase64(text.utf8) }
    let bytes = Array(text.utf8)
    switch self {
    case .base64: return false
    case .date: return Self.isDate(bytes[...])
    case .time: return Self.isTime(bytes[...])
    case .dateTime:
      guard bytes.count > 11, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t")
      else { return false }
      return Self.isDate(bytes[..<10]) && Self.isTime(bytes[11...])
    case .uri: return Self.isURI(bytes)
    case .email: return Self.isEmail(bytes)
    case .uuid: return Self.isUUID(bytes)
    }
  }

  /// The end of a sentence that begins with "must be".
  var text: String {
    switch self {
    case .date: "a date such as 2026-12-01"
    case .dateTime: "a time with date and zone such as 2026-12-01T09:30:00Z"
    case .time: "a time of day with zone such as 09:30:00Z"
    case .uri: "a URI such as https://example.com/a"
    case .email: "an e-mail address"
    case .uuid: "a UUID"
    case .base64: "base64 (RFC 4648, with padding)"
    }
  }

  /// `count` digits at `start` as a number; nil if they are not digits.
  private static func number(_ bytes: ArraySlice<UInt8>, _ start: Int, _ count: Int) -> Int? {
    let range = bytes.startIndex + start..<bytes.startIndex + start + count
    guard range.upperBound <= bytes.endIndex, bytes[range].allSatisfy(TextRule.isDigit) else {
      return nil
    }
    return bytes[range].reduce(0) { $0 * 10 + Int($1 & 0x0F) }
  }

  private static func byte(_ bytes: ArraySlice<UInt8>, _ place: Int) -> UInt8 {
    let index = bytes.startIndex + place
    return index < bytes.endIndex ? bytes[index] : 0
  }

  /// full-date of RFC 3339; days of months as they are, leap years included.
  private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count == 10, byte(bytes, 4) == UInt8(ascii: "-"),
      byte(bytes, 7) == UInt8(ascii: "-"), let year = number(bytes, 0, 4),
      let month = number(bytes, 5, 2), let day = number(bytes, 8, 2), (1...12).contains(month)
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
  }

  /// full-time of RFC 3339; a leap second is accepted.
  private static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard byte(bytes, 2) == UInt8(ascii: ":"), byte(bytes, 5) == UInt8(ascii: ":"),
      let hour = number(bytes, 0, 2), let minute = number(bytes, 3, 2),
      let second = number(bytes, 6, 2), hour < 24, minute < 60, second <= 60
    else { return false }
    var rest = bytes.dropFirst(8)
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: TextRule.isDigit)
      guard !fraction.isEmpty else { return false }
      rest = rest.dropFirst(1 + fraction.count)
    }
    if rest.count == 1 { return rest.first == UInt8(ascii: "Z") || rest.first == UInt8(ascii: "z") }
    guard rest.count == 6, rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-"),
      byte(rest, 3) == UInt8(ascii: ":"), let hours = number(rest, 1, 2),
      let minutes = number(rest, 4, 2)
    else { return false }
    return hours < 24 && minutes < 60
  }

  /// A scheme and something after it, of the characters of RFC 3986.
  private static func isURI(_ bytes: [UInt8]) -> Bool {
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      colon < bytes.count - 1, let first = bytes.first, isLetter(first)
    else { return false }
    let scheme = bytes[..<colon].allSatisfy {
      isLetter($0) || TextRule.isDigit($0) || "+-.".utf8.contains($0)
    }
    return scheme
      && bytes.allSatisfy { (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
  }

  private static func isEmail(_ bytes: [UInt8]) -> Bool {
    guard let at = bytes.lastIndex(of: UInt8(ascii: "@")), at > 0, at < bytes.count - 1 else {
      return false
    }
    return bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ",") }
  }

  private static func isUUID(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == 36 else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
      [8, 13, 18, 23].contains(index)
        ? byte == UInt8(ascii: "-")
        : TextRule.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
  }

  private static func isBase64(_ bytes: String.UTF8View) -> Bool {
    guard bytes.count % 4 == 0 else { return false }
    let padding = bytes.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
    if padding == 1, bytes.last != UInt8(ascii: "=") { return false }
    return bytes.dropLast(padding).allSatisfy {
      isLetter($0) || TextRule.isDigit($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
