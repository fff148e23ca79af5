/// The `Retry-After` field: RFC 9110 section 10.2.3 (row H05).
package enum RetryAfter {
  /// How long to wait, never negative; nil for anything the RFC does not allow.
  ///
  /// - field: the value as received.
  /// - date: the response's `Date` field. A moment is counted from there, so that a wrong clock on
  ///   either side does not matter; without a usable one from `wallClock`.
  /// - wallClock: seconds since 1970-01-01 UTC.
  package static func delay(_ field: String, date: String?, wallClock: Int64) -> Duration? {
    let bytes = trimmed(Array(field.utf8))
    if let seconds = seconds(bytes) { return .seconds(seconds) }
    guard let moment = HTTPDate.seconds(bytes, wallClock: wallClock) else { return nil }
    let sent = date.flatMap { HTTPDate.seconds(trimmed(Array($0.utf8)), wallClock: wallClock) }
    return .seconds(max(0, moment - (sent ?? wallClock)))
  }

  /// Digits only; what exceeds a hundred years is that.
  private static func seconds(_ bytes: [UInt8]) -> Int64? {
    guard !bytes.isEmpty, bytes.count <= 64 else { return nil }
    var value: Int64 = 0
    for byte in bytes {
      guard let digit = HTTPDate.digit(byte) else { return nil }
      value = min(value * 10 + digit, 3_155_760_000)
    }
    return value
  }

  private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    let isSpace: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }),
      let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return Array(bytes[first...last])
  }
}

/// The three forms of a date in HTTP: RFC 9110 section 5.6.7.
enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ].map { Array($0.utf8) }
  private static let shortDays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
  private static let longDays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]

  /// Seconds since 1970-01-01 UTC. The day of the week must be one, but is not checked against
  /// the date. `wallClock` decides the century of a year with two digits.
  static func seconds(_ bytes: [UInt8], wallClock: Int64) -> Int64? {
    guard bytes.count <= 64 else { return nil }
    let parts = bytes.split(
      separator: UInt8(ascii: " "), maxSplits: 8, omittingEmptySubsequences: true
    ).map { Array($0) }
    switch parts.count {
    case 6: return preferred(parts)
    case 4: return obsolete(parts, wallClock)
    case 5: return unix(parts)
    default: return nil
    }
  }

  static func digit(_ byte: UInt8) -> Int64? {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int64(byte - UInt8(ascii: "0")) : nil
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`
  private static func preferred(_ parts: [[UInt8]]) -> Int64? {
    guard isDay(parts[0], shortDays, ","), isGMT(parts[5]),
      let day = number(parts[1], 2...2), let month = month(parts[2]),
      let year = number(parts[3], 4...4), let time = time(parts[4])
    else { return nil }
    return moment(year, month, day, time)
  }

  /// `Sunday, 06-Nov-94 08:49:37 GMT`
  private static func obsolete(_ parts: [[UInt8]], _ wallClock: Int64) -> Int64? {
    let date = parts[1].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
      .map { Array($0) }
    guard isDay(parts[0], longDays, ","), isGMT(parts[3]), date.count == 3,
      let day = number(date[0], 2...2), let month = month(date[1]),
      let short = number(date[2], 2...2), let time = time(parts[2])
    else { return nil }
    // More than 50 years ahead is the past century.
    let now = 1970 + wallClock / 31_556_952
    var year = now - now % 100 + short
    if year > now + 50 { year -= 100 }
    return moment(year, month, day, time)
  }

  /// `Sun Nov  6 08:49:37 1994`
  private static func unix(_ parts: [[UInt8]]) -> Int64? {
    guard isDay(parts[0], shortDays, ""), let month = month(parts[1]),
      let day = number(parts[2], 1...2), let time = time(parts[3]),
      let year = number(parts[4], 4...4)
    else { return nil }
    return moment(year, month, day, time)
  }

  private static func isDay(_ part: [UInt8], _ names: [String], _ end: String) -> Bool {
    names.contains { part.elementsEqual(($0 + end).utf8) }
  }

  private static func isGMT(_ part: [UInt8]) -> Bool { part.elementsEqual("GMT".utf8) }

  private static func month(_ part: [UInt8]) -> Int64? {
    months.firstIndex { $0 == part }.map { Int64($0 + 1) }
  }

  private static func number(_ part: [UInt8], _ length: ClosedRange<Int>) -> Int64? {
    guard length.contains(part.count) else { return nil }
    var value: Int64 = 0
    for byte in part {
      guard let digit = digit(byte) else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// Seconds since midnight; a leap second counts as the next minute's first.
  private static func time(_ part: [UInt8]) -> Int64? {
    let fields = part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard fields.count == 3, let hour = number(Array(fields[0]), 2...2), hour < 24,
      let minute = number(Array(fields[1]), 2...2), minute < 60,
      let second = number(Array(fields[2]), 2...2), second <= 60
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  private static func moment(_ year: Int64, _ month: Int64, _ day: Int64, _ time: Int64) -> Int64? {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day >= 1, day <= lengths[Int(month - 1)] else { return nil }
    // Days since 1970-01-01, with years that begin in March.
    let years = month <= 2 ? year - 1 : year
    let era = years / 400
    let ofEra = years - era * 400
    let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    return days * 86_400 + time
  }
}
