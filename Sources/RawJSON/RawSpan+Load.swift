extension RawSpan {
  /// The byte at `offset`, or 0 beyond either end.
  ///
  /// NUL is legal nowhere in JSON, so that scanners need no second test for the end.
  @inline(__always)
  func byte(at offset: Int) -> UInt8 {
    guard UInt(bitPattern: offset) < UInt(bitPattern: byteCount) else { return 0 }
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// Eight bytes, the first in the lowest bits.
  ///
  /// The caller has checked that `offset` is not negative and `offset + 8 <= byteCount`.
  @inline(__always)
  func word(at offset: Int) -> UInt64 {
    unsafe UInt64(
      littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
  }

  /// Four bytes, the first in the lowest bits; the caller has checked the bounds.
  @inline(__always)
  func quarter(at offset: Int) -> UInt32 {
    unsafe UInt32(
      littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
  }

  /// The first offset from `start` on whose byte is not JSON white space.
  @inline(__always)
  func skippingSpace(from start: Int) -> Int {
    var offset = start
    while true {
      let byte = byte(at: offset)
      if byte > 0x20 { return offset }
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return offset }
      offset &+= 1
    }
  }

  /// The fault of finding the byte at `offset` where the grammar wants another.
  @inline(never)
  func unexpected(at offset: Int) -> JSONError {
    if offset >= byteCount { return JSONError(.unexpectedEnd, offset: byteCount) }
    if offset == 0, byteCount >= 3, byte(at: 0) == 0xEF, byte(at: 1) == 0xBB, byte(at: 2) == 0xBF {
      return JSONError(.byteOrderMark, offset: 0)
    }
    return JSONError(.unexpectedByte(byte(at: offset)), offset: offset)
  }
}
