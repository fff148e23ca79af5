extension JSON {
  /// Appends the value at `range` in one fixed form: no white space, members in the order of their
  /// names' bytes, strings escaped in one way. Two texts that say the same, but for how numbers are
  /// written, have the same form.
  ///
  /// The value must have been validated. Takes time in proportion to its size, and to the logarithm
  /// of the number of members of its largest object.
  package static func appendCanonical(
    _ range: ByteRange, in bytes: RawSpan, to output: inout [UInt8]
  ) {
    if bytes.isPlainlyCanonical(range) {
      append(range, of: bytes, to: &output)
    } else if isObject(range, in: bytes) {
      appendCanonicalObject(range, in: bytes, to: &output)
    } else if isString(range, in: bytes) {
      appendCanonicalString(range, in: bytes, to: &output)
    } else if bytes.byte(at: range.start) == UInt8(ascii: "[") {
      var isFirst = true
      output.append(UInt8(ascii: "["))
      forEachElement(of: range, in: bytes) { element in
        if !isFirst { output.append(UInt8(ascii: ",")) }
        isFirst = false
        appendCanonical(element, in: bytes, to: &output)
      }
      output.append(UInt8(ascii: "]"))
    } else {
      append(range, of: bytes, to: &output)
    }
  }

  /// Whether the validated value at `range` is found to be in that form at a glance; false says
  /// nothing.
  package static func isPlainlyCanonical(_ range: ByteRange, in bytes: RawSpan) -> Bool {
    bytes.isPlainlyCanonical(range)
  }

  private static func appendCanonicalString(
    _ range: ByteRange, in bytes: RawSpan, to output: inout [UInt8]
  ) {
    // What was written without escapes is canonical already.
    if isWithoutEscapes(range, in: bytes) { return append(range, of: bytes, to: &output) }
    let text = string(range, in: bytes) ?? []
    // U+FFFD may stand for half of a surrogate pair, of which there are many: as it was written.
    if text.contains(0xEF),
      String(decoding: text, as: UTF8.self).unicodeScalars.contains("\u{FFFD}")
    {
      append(range, of: bytes, to: &output)
    } else {
      appendQuoted(text, to: &output)
    }
  }

  /// Whether the string at `range` is its text as it stands.
  package static func isWithoutEscapes(_ range: ByteRange, in bytes: RawSpan) -> Bool {
    guard range.fits(in: bytes.byteCount) else { return false }
    var place = range.start
    while place &+ 8 <= range.end {
      // A byte that is 0 now was a backslash.
      let word = bytes.word(at: place) ^ 0x5C5C_5C5C_5C5C_5C5C
      if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { return false }
      place &+= 8
    }
    while place < range.end {
      if bytes.byte(at: place) == UInt8(ascii: "\\") { return false }
      place &+= 1
    }
    return true
  }

  /// Appends an object whose names have no escapes and stand in order; false for others, of which
  /// nothing is appended.
  private static func appendOrderedObject(
    _ range: ByteRange, in bytes: RawSpan, to output: inout [UInt8]
  ) -> Bool {
    let before = output.count
    var last = ByteRange.absent
    var isInOrder = true
    output.append(UInt8(ascii: "{"))
    walk(range, in: bytes) { key, value in
      isInOrder =
        isWithoutEscapes(key, in: bytes) && (last.isAbsent || precedes(last, key, in: bytes))
      guard isInOrder else { return false }
      if !last.isAbsent { output.append(UInt8(ascii: ",")) }
      last = key
      append(key, of: bytes, to: &output)
      output.append(UInt8(ascii: ":"))
      appendCanonical(value, in: bytes, to: &output)
      return true
    }
    output.append(UInt8(ascii: "}"))
    if !isInOrder { output.removeLast(output.count - before) }
    return isInOrder
  }

  static func precedes(_ left: ByteRange, _ right: ByteRange, in bytes: RawSpan) -> Bool {
    for offset in 0..<min(left.count, right.count) {
      let (a, b) = (bytes.byte(at: left.start + offset), bytes.byte(at: right.start + offset))
      if a != b { return a < b }
    }
    return left.count < right.count
  }

  private static func appendCanonicalObject(
    _ range: ByteRange, in bytes: RawSpan, to output: inout [UInt8]
  ) {
    if appendOrderedObject(range, in: bytes, to: &output) { return }
    var members: [(name: [UInt8], value: ByteRange)] = []
    forEachMember(of: range, in: bytes) { key, value in
      var name: [UInt8] = []
      appendCanonicalString(key, in: bytes, to: &name)
      members.append((name, value))
    }
    // Of members with one name the order counts, so it stays.
    let order = members.indices.sorted { left, right in
      if members[left].name == members[right].name { return left < right }
      return members[left].name.lexicographicallyPrecedes(members[right].name)
    }
    output.append(UInt8(ascii: "{"))
    for (place, index) in order.enumerated() {
      if place > 0 { output.append(UInt8(ascii: ",")) }
      output += members[index].name
      output.append(UInt8(ascii: ":"))
      appendCanonical(members[index].value, in: bytes, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }

  /// The canonical form of a whole text that has been validated.
  package static func canonical(_ text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.count)
    unsafe appendCanonical(ByteRange(start: 0, end: text.count), in: text.span.bytes, to: &output)
    return output
  }
}
