/// A point in time as Asana writes it: UTC, in milliseconds.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Since 1970-01-01T00:00:00Z.
  package var milliseconds: Int

  package init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// Reads what RFC 3339 calls a date-time.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count > 19, let day = Day(String(decoding: bytes[..<10], as: UTF8.self)),
      let hour = Self.number(bytes[11..<13]), let minute = Self.number(bytes[14..<16]),
      let second = Self.number(bytes[17..<19])
    else { return nil }
    var rest = bytes[19...]
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { (48...57).contains($0) }
      fraction = Self.number((Array(digits) + [48, 48, 48])[..<3]) ?? 0
      rest = rest[digits.endIndex...]
    }
    var offset = 0
    if rest.count == 6, let hours = Self.number(rest.dropFirst().prefix(2)),
      let minutes = Self.number(rest.suffix(2))
    {
      offset = (hours * 60 + minutes) * (rest.first == UInt8(ascii: "-") ? -60 : 60)
    }
    let seconds = day.number * 86_400 + hour * 3_600 + minute * 60 + second - offset
    milliseconds = seconds * 1_000 + fraction
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  var day: Day { Day(number: (Double(milliseconds) / 86_400_000).rounded(.down)) }

  package var description: String {
    let inDay = milliseconds - day.number * 86_400_000
    let (seconds, fraction) = (inDay / 1_000, inDay % 1_000)
    let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { $0.padded(2) }
    return "\(day)T\(clock.joined(separator: ":")).\(fraction.padded(3))Z"
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    Int(String(decoding: digits, as: UTF8.self))
  }
}

/// A day of the proleptic Gregorian calendar.
struct Day: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Days since 1970-01-01.
  var number: Int

  init(number: Double) { self.number = Int(exactly: number) ?? 0 }

  /// Reads `2026-11-21`.
  init?(_ text: String) {
    let parts = text.split(separator: "-").map { Int($0) }
    guard text.utf8.count == 10, parts.count == 3, let year = parts[0], let month = parts[1],
      let day = parts[2]
    else { return nil }
    // Years are counted from March, so that the leap day is the last of its year.
    let shifted = month > 2 ? year : year - 1
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    number =
      shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }

  static func < (left: Day, right: Day) -> Bool { left.number < right.number }

  var isWeekend: Bool { (number + 3) % 7 >= 5 }

  func adding(_ days: Int) -> Day {
    var day = self
    day.number += days
    return day
  }

  var description: String {
    let days = number + 719_468
    let era = days / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    return "\(year.padded(4))-\(month.padded(2))-\(day.padded(2))"
  }
}

extension Int {
  fileprivate func padded(_ width: Int) -> String {
    let digits = "\(self)"
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}
