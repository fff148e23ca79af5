/// A half-open range of byte offsets into a text that is known from the context.
package struct ByteRange: Hashable, Sendable, BitwiseCopyable {
  // Stored and not computed, since that is what other modules reach without a call.

  /// Offset of the first byte.
  package var start: Int
  /// Offset behind the last byte.
  package var end: Int

  /// The range that stands for "no such member"; it is empty, and no JSON value is.
  package static var absent: ByteRange { ByteRange(start: 0, end: 0) }

  /// A range from `start` up to, not including, `end`.
  package init(start: Int, end: Int) {
    self.start = start
    self.end = end
  }

  /// Whether there is nothing in it.
  package var isAbsent: Bool { start == end }

  /// Number of bytes, 0 for a range that ends before it starts.
  package var count: Int { max(0, end &- start) }

  /// Whether the range lies inside a text of `byteCount` bytes.
  package func fits(in byteCount: Int) -> Bool {
    start >= 0 && start <= end && end <= byteCount
  }

  /// The same bytes, seen from a text in which this one begins at `offset`.
  package func moved(by offset: Int) -> ByteRange {
    ByteRange(start: start &+ offset, end: end &+ offset)
  }

  /// A string's text without its quotes; the range must be that of a JSON string.
  package var insideQuotes: ByteRange {
    count >= 2 ? ByteRange(start: start &+ 1, end: end &- 1) : self
  }
}
