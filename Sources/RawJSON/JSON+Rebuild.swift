extension JSON {
  /// A copy of the object at `range` without the members for which `dropping` holds, and with
  /// `adding` behind the others.
  ///
  /// - Parameters:
  ///   - dropping: gets a key with its quotes; compare it with `JSON.equals`.
  ///   - adding: members as JSON text without a comma at either end, such as `"a":1,"b":2`.
  /// - Returns: an object whose kept members are the sender's bytes; an object of `adding` alone
  ///   if no object is at `range`.
  package static func rebuildObject(
    _ range: ByteRange, in bytes: RawSpan, dropping: (_ key: ByteRange) -> Bool,
    adding: [UInt8] = []
  ) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(range.count + adding.count + 3)
    output.append(UInt8(ascii: "{"))
    forEachMember(of: range, in: bytes) { key, value in
      guard !dropping(key) else { return }
      if output.count > 1 { output.append(UInt8(ascii: ",")) }
      append(ByteRange(start: key.start, end: value.end), of: bytes, to: &output)
    }
    if !adding.isEmpty {
      if output.count > 1 { output.append(UInt8(ascii: ",")) }
      output += adding
    }
    output.append(UInt8(ascii: "}"))
    return output
  }

  /// Appends the bytes at `range`; nothing if it does not fit.
  package static func append(_ range: ByteRange, of bytes: RawSpan, to output: inout [UInt8]) {
    guard range.fits(in: bytes.byteCount), range.count > 0 else { return }
    unsafe bytes.extracting(range.start..<range.end).withUnsafeBytes {
      unsafe output.append(contentsOf: $0)
    }
  }
}
