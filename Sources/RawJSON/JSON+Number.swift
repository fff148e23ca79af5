extension JSON {
  /// The integer at `range`, or nil if no JSON integer that fits in 64 bits is there.
  ///
  /// `-0` is 0; `1.0` and `1e2` are not integers.
  package static func integer(_ range: ByteRange, in bytes: RawSpan) -> Int64? {
    guard range.fits(in: bytes.byteCount), range.count > 0, range.count <= 20 else { return nil }
    var offset = range.start
    let isNegative = bytes.byte(at: offset) == UInt8(ascii: "-")
    if isNegative { offset += 1 }
    guard offset < range.end else { return nil }
    var value: Int64 = 0
    while offset < range.end {
      let byte = bytes.byte(at: offset)
      guard byte.isDigit else { return nil }
      let (scaled, overflowed) = value.multipliedReportingOverflow(by: 10)
      // Built from below, because the least integer has no positive twin.
      let (next, carried) = scaled.subtractingReportingOverflow(Int64(byte &- 0x30))
      if overflowed || carried { return nil }
      value = next
      offset += 1
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }
}
