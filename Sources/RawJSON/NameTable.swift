/// A fixed set of names, found by the bytes of a text in a few instructions.
///
/// A name is recognised by its first and its last eight bytes and its length,
/// which is all there is of a name up to 16 bytes; longer ones are compared in
/// full. The same name may mean different things on different levels.
///
///     buckets  | - | first last count level slot inner | - | - | ...   open addressing
package struct NameTable: Sendable {
  /// One name and what it stands for.
  package struct Name: Sendable {
    let text: StaticString
    let level: UInt8
    let slot: UInt8
    let inner: UInt8?

    /// - Parameters:
    ///   - text: the name, without quotes, backslashes and control characters.
    ///   - level: where the name counts.
    ///   - slot: what the finder is told.
    ///   - inner: the level of the names inside the member's value, if they matter.
    package init(_ text: StaticString, level: UInt8 = 0, slot: UInt8, inner: UInt8? = nil) {
      self.text = text
      self.level = level
      self.slot = slot
      self.inner = inner
    }
  }

  /// A name in the form in which it is compared.
  struct Entry: BitwiseCopyable {
    var first: UInt64 = 0
    var last: UInt64 = 0
    /// Bytes of the name; -1 marks a bucket without one.
    var count: Int32 = -1
    var level: UInt8 = 0
    var slot: UInt8 = 0
    var inner: UInt8?
  }

  private var buckets = Array(repeating: Entry(), count: 256)
  /// The whole names, for the long ones.
  private var texts: [StaticString] = Array(repeating: "", count: 256)

  /// A table of these names, at most 128 of them; more are left out.
  package init(_ names: [Name]) {
    for name in names.prefix(128) {
      let entry = name.text.withUTF8Buffer { buffer in
        let bytes = unsafe buffer.span.bytes
        let words = bytes.ends(from: 0, to: bytes.byteCount)
        return Entry(
          first: words.first, last: words.last, count: Int32(clamping: bytes.byteCount),
          level: name.level, slot: name.slot, inner: name.inner)
      }
      var bucket = Self.bucket(entry.first, entry.last, entry.level)
      while buckets[bucket].count >= 0 { bucket = (bucket + 1) & 255 }
      buckets[bucket] = entry
      texts[bucket] = name.text
    }
  }

  /// The slot of the name that is the string at `range` (quotes included), escapes decoded; nil
  /// if it is none of the level's.
  ///
  /// Allocates only if the string has an escape and is not found.
  package func slot(of range: ByteRange, level: UInt8 = 0, in bytes: RawSpan) -> UInt8? {
    guard JSON.isString(range, in: bytes) else { return nil }
    return find(
      from: range.start &+ 1, to: range.end &- 1, isPlain: false, level: level, in: bytes)?.slot
  }

  /// What is said about the text of a string in `bytes` between its quotes.
  ///
  /// - Parameter isPlain: it is known to have no escapes.
  @inline(__always)
  func find(
    from start: Int, to end: Int, isPlain: Bool, level: UInt8, in bytes: RawSpan
  ) -> Entry? {
    if let entry = findPlain(from: start, to: end, level: level, in: bytes) { return entry }
    return isPlain ? nil : findEscaped(from: start, to: end, level: level, in: bytes)
  }

  @inline(never)
  private func findEscaped(
    from start: Int, to end: Int, level: UInt8, in bytes: RawSpan
  ) -> Entry? {
    let range = ByteRange(start: start &- 1, end: end &+ 1)
    guard bytes.containsBackslash(in: range), let decoded = JSON.string(range, in: bytes) else {
      return nil
    }
    return unsafe findPlain(from: 0, to: decoded.count, level: level, in: decoded.span.bytes)
  }

  @inline(__always)
  private func findPlain(
    from start: Int, to end: Int, level: UInt8, in bytes: RawSpan
  ) -> Entry? {
    let words = bytes.ends(from: start, to: end)
    let count = end &- start
    var bucket = Self.bucket(words.first, words.last, level)
    while true {
      let entry = buckets[bucket]
      if entry.first == words.first, entry.last == words.last, entry.level == level,
        Int(entry.count) == count, count <= 16 || isLongText(at: start, bucket, in: bytes)
      {
        return entry
      }
      if entry.count < 0 { return nil }
      bucket = (bucket &+ 1) & 255
    }
  }

  @inline(never)
  private func isLongText(at start: Int, _ bucket: Int, in bytes: RawSpan) -> Bool {
    bytes.isText(texts[bucket], at: start)
  }

  @inline(__always)
  private static func bucket(_ first: UInt64, _ last: UInt64, _ level: UInt8) -> Int {
    let mixed = (first &+ UInt64(level)) &* 0x9E37_79B9_7F4A_7C15 ^ last &* 0xC2B2_AE3D_27D4_EB4F
    return Int(truncatingIfNeeded: mixed &>> 56)
  }
}

extension RawSpan {
  /// The first and the last eight bytes of a text; of a shorter one its bytes and 0.
  @inline(__always)
  fileprivate func ends(from start: Int, to end: Int) -> (first: UInt64, last: UInt64) {
    let count = end &- start
    if count >= 8 { return (word(at: start), word(at: end &- 8)) }
    if start <= byteCount &- 8 {
      let mask: UInt64 = (1 &<< UInt64(truncatingIfNeeded: count &* 8)) &- 1
      return (word(at: start) & mask, 0)
    }
    return (shortWord(at: start, count: count), 0)
  }

  /// Up to seven bytes at the end of the span, the first in the lowest bits.
  @inline(never)
  private func shortWord(at start: Int, count: Int) -> UInt64 {
    var word: UInt64 = 0
    for offset in 0..<max(0, count) {
      word |= UInt64(byte(at: start &+ offset)) &<< UInt64(offset &* 8)
    }
    return word
  }

  @inline(never)
  fileprivate func containsBackslash(in text: ByteRange) -> Bool {
    var offset = text.start
    while offset < text.end {
      if byte(at: offset) == UInt8(ascii: "\\") { return true }
      offset &+= 1
    }
    return false
  }
}
