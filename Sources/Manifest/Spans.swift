/// Spans of time as people write them in the configuration: `250ms`, `5s`, `5m`, `1h`.
///
/// One whole number and one unit, nothing between; no sign, no fraction, no
/// leading zero, nothing that overflows (reliability row M19).
enum SpanText {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  /// nil unless `text` is exactly such a span.
  static func parse(_ text: String) -> Duration? {
    guard let (number, unit) = Quantity.parse(text),
      let factor = units.first(where: { $0.name == unit })?.milliseconds
    else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : .milliseconds(product)
  }

  /// `span` in the largest unit that shows it exactly; whole milliseconds only.
  static func show(_ span: Duration) -> String {
    let (seconds, attoseconds) = span.components
    let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    if milliseconds == 0 { return "0s" }
    let unit = units.first {
      milliseconds >= $0.milliseconds && milliseconds % $0.milliseconds == 0
    }
    guard let unit else { return "\(milliseconds)ms" }
    return "\(milliseconds / unit.milliseconds)\(unit.name)"
  }
}

/// Sizes in bytes as people write them in the configuration: `64KiB`, `512MiB`, `2GiB`, `100B`.
///
/// Binary units only, since `MB` means two things; otherwise as strict as spans.
enum SizeText {
  private static let units: [(name: String, bytes: Int64)] = [
    ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
  ]

  /// nil unless `text` is exactly such a size.
  static func parse(_ text: String) -> UInt64? {
    guard let (number, unit) = Quantity.parse(text),
      let factor = units.first(where: { $0.name == unit })?.bytes
    else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : UInt64(product)
  }

  /// `size` in the largest unit that shows it exactly.
  static func show(_ size: UInt64) -> String {
    let unit = units.first { size >= UInt64($0.bytes) && size % UInt64($0.bytes) == 0 }
    guard let unit else { return "\(size)B" }
    return "\(size / UInt64(unit.bytes))\(unit.name)"
  }
}

/// A whole number and what follows it.
enum Quantity {
  /// nil without digits, with a leading zero before another digit, or beyond 64 bits.
  static func parse(_ text: String) -> (number: Int64, unit: String)? {
    let bytes = text.utf8
    let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let first = digits.first, digits.count == 1 || first != UInt8(ascii: "0"),
      let number = Int64(String(decoding: digits, as: UTF8.self))
    else { return nil }
    return (number, String(decoding: bytes.dropFirst(digits.count), as: UTF8.self))
  }
}
