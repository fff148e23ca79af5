/// A half-open range of byte offsets into a text that is known from the context.
///
/// Offsets are kept in 32 bits, since many of these lie in every envelope and
/// `JSONCursor` refuses texts that are longer.
package struct ByteRange: Hashable, Sendable, BitwiseCopyable {
  private var first: UInt32
  private var limit: UInt32

  /// The range that stands for "no such member"; it is empty, and no JSON value is.
  package static let absent = ByteRange(start: 0, end: 0)

  /// A range from `start` up to, not including, `end`.
  package init(start: Int, end: Int) {
    first = UInt32(truncatingIfNeeded: start)
    limit = UInt32(truncatingIfNeeded: end)
  }

  /// Offset of the first byte.
  package var start: Int {
    get { Int(first) }
    set { first = UInt32(truncatingIfNeeded: newValue) }
  }

  /// Offset behind the last byte.
  package var end: Int {
    get { Int(limit) }
    set { limit = UInt32(truncatingIfNeeded: newValue) }
  }

  /// Whether there is nothing in it.
  package var isAbsent: Bool { first == limit }

  /// Number of bytes, 0 for a range that ends before it starts.
  package var count: Int { max(0, end - start) }

  /// Whether the range lies inside a text of `byteCount` bytes.
  package func fits(in byteCount: Int) -> Bool { start <= end && end <= byteCount }

  /// The same bytes, seen from a text in which this one begins at `offset`.
  package func moved(by offset: Int) -> ByteRange {
    ByteRange(start: start + offset, end: end + offset)
  }

  /// A string's text without its quotes; the range must be that of a JSON string.
  package var insideQuotes: ByteRange {
    count >= 2 ? ByteRange(start: start + 1, end: end - 1) : self
  }
}
