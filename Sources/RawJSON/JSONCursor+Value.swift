extension JSONCursor {
  /// Consumes one value of any kind and everything in it.
  ///
  /// - Returns: the value's range, without white space around it.
  package mutating func value(in bytes: RawSpan) throws(JSONError) -> ByteRange {
    guard bytes.byteCount <= Int(Int32.max) else { throw JSONError(.tooLong, offset: 0) }
    let start = bytes.skippingSpace(from: offset)
    offset = try bytes.endOfValue(at: start, room: JSON.maximumDepth - depth, &keys)
    return ByteRange(start: start, end: offset)
  }
}
