/// A half-open range of byte offsets into a text that is known from the context.
///
/// Public, as each type here is whose members are `@inlinable`: the compiler inlines them into other
/// modules of the package for public types only.
public struct ByteRange: Hashable, Sendable, BitwiseCopyable {
  // Four bytes each: an envelope has thirty of these, and is copied. No text is longer than
  // 2 GiB; `JSON.outline` refuses it, and every other text is part of a message.
  @usableFromInline var first: Int32
  @usableFromInline var behind: Int32

  /// Offset of the first byte.
  @inlinable @inline(__always) package var start: Int {
    get { Int(first) }
    set { first = Int32(clamping: newValue) }
  }
  /// Offset behind the last byte.
  @inlinable @inline(__always) package var end: Int {
    get { Int(behind) }
    set { behind = Int32(clamping: newValue) }
  }

  /// The range that stands for "no such member"; it is empty, and no JSON value is.
  @inlinable @inline(__always) package static var absent: ByteRange { ByteRange(start: 0, end: 0) }

  /// A range from `start` up to, not including, `end`.
  @inlinable @inline(__always) package init(start: Int, end: Int) {
    first = Int32(clamping: start)
    behind = Int32(clamping: end)
  }

  /// The same for offsets into a text that is known to be no longer than 2 GiB.
  @inline(__always) init(short start: Int, _ end: Int) {
    first = Int32(truncatingIfNeeded: start)
    behind = Int32(truncatingIfNeeded: end)
  }

  /// Whether there is nothing in it.
  @inlinable @inline(__always) package var isAbsent: Bool { first == behind }

  /// Number of bytes, 0 for a range that ends before it starts.
  @inlinable @inline(__always) package var count: Int { max(0, end &- start) }

  /// Whether the range lies inside a text of `byteCount` bytes.
  @inlinable @inline(__always) package func fits(in byteCount: Int) -> Bool {
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
