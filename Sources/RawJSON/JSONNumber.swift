/// A number as it was written: `1`, `1.0` and `1e0` are three different ones.
package struct JSONNumber: Hashable, Sendable, CustomStringConvertible {
  /// The number as JSON text.
  package let text: String

  package init(_ value: Int) { text = String(value) }

  /// Nil for infinities and NaN, which JSON does not have.
  package init?(_ value: Double) {
    guard value.isFinite else { return nil }
    // Swift prints the shortest decimal that reads back as the same double, which is JSON too.
    text = value.description
  }

  /// A text that a cursor has accepted as a number.
  init(validated text: String) { self.text = text }

  /// The value, if it is written as an integer and fits.
  package var int: Int? { Int(text) }

  /// The value, rounded to the nearest double; nil beyond their range.
  package var double: Double? {
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  package var description: String { text }

  // Digits, signs, a point and an `e` are ASCII, so `String` compares bytes here.
}
