extension JSON {
  /// The text of the string at `range`, unescaped; nil if no string is there.
  ///
  /// Allocates. A lone surrogate escape becomes U+FFFD, since UTF-8 cannot hold it.
  package static func string(_ range: ByteRange, in bytes: RawSpan) -> [UInt8]? {
    guard isString(range, in: bytes) else { return nil }
    let text = range.insideQuotes
    var output: [UInt8] = []
    output.reserveCapacity(text.count)
    var unescaper = Unescaper(text)
    while let byte = unescaper.next(in: bytes) { output.append(byte) }
    return output
  }

  /// Whether a string with exactly this text is at `range`; escapes are decoded.
  ///
  /// No allocation. `text` has no quotes, backslashes or control characters.
  package static func equals(
    _ range: ByteRange, _ text: StaticString, in bytes: RawSpan
  ) -> Bool {
    guard isString(range, in: bytes) else { return false }
    let inside = range.insideQuotes
    if inside.count == text.utf8CodeUnitCount, bytes.isText(text, at: inside.start) {
      return true
    }
    guard inside.count > text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { expected in
      var unescaper = Unescaper(inside)
      var matched = 0
      while let byte = unescaper.next(in: bytes) {
        guard matched < expected.count, unsafe expected[matched] == byte else { return false }
        matched += 1
      }
      return matched == expected.count
    }
  }

  /// Whether the value at `range` is a string.
  package static func isString(_ range: ByteRange, in bytes: RawSpan) -> Bool {
    range.fits(in: bytes.byteCount) && range.count >= 2
      && bytes.byte(at: range.start) == UInt8(ascii: "\"")
  }

  /// Whether the value at `range` is an object.
  package static func isObject(_ range: ByteRange, in bytes: RawSpan) -> Bool {
    range.fits(in: bytes.byteCount) && range.count >= 2
      && bytes.byte(at: range.start) == UInt8(ascii: "{")
  }

  /// The bytes at `range`, copied; empty if the range is absent or does not fit.
  package static func copy(_ range: ByteRange, in bytes: RawSpan) -> [UInt8] {
    guard range.fits(in: bytes.byteCount), range.count > 0 else { return [] }
    // Not by `unsafeUninitializedCapacity`, which looks its own type up each time, and not by
    // appending, which looks for room.
    return unsafe bytes.extracting(range.start..<range.end).withUnsafeBytes { source in
      unsafe [UInt8](source)
    }
  }
}
