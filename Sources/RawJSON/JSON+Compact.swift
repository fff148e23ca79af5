extension JSON {
  /// Takes the white space between the tokens of a JSON text away, in place.
  ///
  /// A text that goes into a message has to lie on one line. `text` must be JSON; of anything else
  /// bytes may be lost, but nothing traps.
  package static func compact(_ text: inout [UInt8]) {
    guard text.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) else { return }
    var end = 0
    var isInString = false
    var isEscaped = false
    for index in text.indices {
      let byte = text[index]
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else {
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { continue }
        isInString = byte == UInt8(ascii: "\"")
      }
      text[end] = byte
      end += 1
    }
    text.removeLast(text.count - end)
  }

  /// The value of the first member called `key`; absent if there is none or `object` is no object.
  ///
  /// For keys that are known only at run time; otherwise as `member(_:of:in:)`.
  package static func member(
    named key: String.UTF8View, of object: ByteRange, in bytes: RawSpan
  ) -> ByteRange {
    var found = ByteRange.absent
    walk(object, in: bytes) { name, value in
      guard equals(name, key, in: bytes) else { return true }
      found = value
      return false
    }
    return found
  }

  /// Whether a string with exactly this text is at `range`; escapes are decoded. No allocation.
  private static func equals(
    _ range: ByteRange, _ text: String.UTF8View, in bytes: RawSpan
  ) -> Bool {
    guard isString(range, in: bytes) else { return false }
    var unescaper = Unescaper(range.insideQuotes)
    var expected = text.makeIterator()
    while let byte = unescaper.next(in: bytes) {
      guard byte == expected.next() else { return false }
    }
    return expected.next() == nil
  }
}
