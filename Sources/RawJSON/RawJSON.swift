// RawJSON models a JSON text as the bytes somebody sent and ranges into them.
//
// One pass over a `RawSpan` proves that the bytes are one JSON value (RFC 8259,
// nothing more lenient) and says where its members lie; whoever wants to change
// a member replaces its range and leaves every other byte as it was. Nothing is
// decoded and encoded again, because that would change `1.0`, key order and
// escapes of payloads that are not ours.
//
// Invariants: no input traps, recurses or reads outside its span; the scanning
// functions allocate nothing. Costs: one pass, 8 bytes a step inside strings.
// It refuses: invalid UTF-8, byte order marks, more than `JSON.maximumDepth`
// levels, more than `JSON.maximumKeys` keys in one object, texts of 2 GiB and
// more. `JSONValue` is the one tree in here, for slow paths and tests.

/// Functions over JSON text that stays where it is.
package enum JSON {
  /// Levels of arrays and objects that may be open at once; level 129 is refused (row C08).
  package static let maximumDepth = 128

  /// Members that one object may have.
  package static let maximumKeys = 100_000

  /// Checks that `bytes` are exactly one JSON value with optional white space around it.
  ///
  /// - Returns: the range of the value, without the white space.
  /// - Throws: the first fault, in reading order (RFC 8259; limits of this type).
  package static func validate(_ bytes: RawSpan) throws(JSONError) -> ByteRange {
    var cursor = JSONCursor()
    let range = try cursor.value(in: bytes)
    try cursor.finish(in: bytes)
    return range
  }
}
