import RawJSON

extension RawSpan {
  /// The byte at `offset`, or 0 beyond either end.
  @inline(__always)
  func byte(at offset: Int) -> UInt8 {
    guard UInt(bitPattern: offset) < UInt(bitPattern: byteCount) else { return 0 }
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// Whether the bytes at `range` are `text`.
  @inline(__always)
  func holds(_ text: StaticString, at range: ByteRange) -> Bool {
    guard range.end &- range.start == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { expected in
      for index in 0..<expected.count
      where unsafe byte(at: range.start &+ index) != expected[index] {
        return false
      }
      return true
    }
  }

  /// Whether the value at `range` is an object.
  @inline(__always)
  func isObject(at range: ByteRange) -> Bool { byte(at: range.start) == UInt8(ascii: "{") }
}
