/// The formats of strings that are checked, by their names in JSON Schema.
enum Format: String {
  /// `2026-11-21` (RFC 3339, full-date)
  case date
  /// `2026-11-21T10:30:00Z` (RFC 3339, date-time)
  case dateTime = "date-time"
  /// A scheme, a colon and no spaces (RFC 3986, as far as telling it from a path needs)
  case uri

  var expectation: String {
    switch self {
    case .date: "a day such as 2026-11-21"
    case .dateTime: "a time such as 2026-11-21T10:30:00Z"
    case .uri: "an address such as https://example.org/page"
    }
  }

  func accepts(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    switch self {
    case .date: return bytes.count == 10 && Self.isDate(bytes[...])
    case .dateTime:
      guard bytes.count > 19, Self.isDate(bytes[..<10]), bytes[10] | 0x20 == UInt8(ascii: "t")
      else { return false }
      return Self.isTime(bytes[11..<19]) && Self.isZone(bytes[19...])
    case .uri:
      guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0,
        Self.isLetter(bytes[0])
      else { return false }
      return bytes[..<colon].allSatisfy {
        Self.isLetter($0) || Self.isDigit($0) || "+-.".utf8.contains($0)
      }
        && bytes[colon...].allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }
  }

  private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let parts = numbers(bytes, "dddd-dd-dd"), parts.count == 3 else { return false }
    let (year, month, day) = (parts[0], parts[1], parts[2])
    guard (1...12).contains(month), day >= 1 else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return day <= lengths[month - 1]
  }

  private static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let parts = numbers(bytes, "dd:dd:dd"), parts.count == 3 else { return false }
    return parts[0] < 24 && parts[1] < 60 && parts[2] <= 60
  }

  /// A fraction of the second if there is one, and `Z` or the distance from it.
  private static func isZone(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix(while: isDigit)
      if digits.isEmpty { return false }
      rest = rest[digits.endIndex...]
    }
    guard let first = rest.first else { return false }
    if first | 0x20 == UInt8(ascii: "z") { return rest.count == 1 }
    guard first == UInt8(ascii: "+") || first == UInt8(ascii: "-"),
      let parts = numbers(rest.dropFirst(), "dd:dd"), parts.count == 2
    else { return false }
    return parts[0] < 24 && parts[1] < 60
  }

  /// The numbers in a text of exactly this shape, where each `d` is a digit.
  private static func numbers(_ bytes: ArraySlice<UInt8>, _ shape: StaticString) -> [Int]? {
    let shape = Array("\(shape)".utf8)
    guard bytes.count == shape.count else { return nil }
    var numbers = [0]
    for (byte, expected) in zip(bytes, shape) {
      if expected == UInt8(ascii: "d") {
        guard isDigit(byte) else { return nil }
        numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int(byte - UInt8(ascii: "0"))
      } else {
        guard byte == expected else { return nil }
        numbers.append(0)
      }
    }
    return numbers
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
