import RawJSON

/// Finds an entry by the bytes of its name, without making a `String` of them.
///
/// Names of peers are compared as bytes (reliability 2.7): Swift's `String`
/// equality is canonical equivalence, under which two different names are one.
/// Open addressing, at most half full, built once and never changed.
struct NameTable {
  /// Where a name lies in `texts`; empty where there is none.
  private struct Slot {
    var index: Int32 = -1
    var start: Int32 = 0
    var count: Int32 = 0
  }

  private let slots: [Slot]
  private let texts: [UInt8]
  private let mask: Int

  /// - Parameter names: no name twice; the index of a name is what `find` returns.
  init(_ names: [[UInt8]]) {
    var size = 8
    while size < names.count * 2 { size *= 2 }
    mask = size - 1
    var slots = Array(repeating: Slot(), count: size)
    var texts: [UInt8] = []
    for (index, name) in names.enumerated() {
      var slot = name.withUnsafeBytes { NameTable.hash($0) } & mask
      while slots[slot].index >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Slot(
        index: Int32(clamping: index), start: Int32(clamping: texts.count),
        count: Int32(clamping: name.count))
      texts += name
    }
    (self.slots, self.texts) = (slots, texts)
  }

  func find(_ name: UnsafeRawBufferPointer) -> Int? {
    var slot = NameTable.hash(name) & mask
    while slots[slot].index >= 0 {
      let entry = slots[slot]
      if Int(entry.count) == name.count, holds(name, at: Int(entry.start)) {
        return Int(entry.index)
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func holds(_ name: UnsafeRawBufferPointer, at start: Int) -> Bool {
    ByteKey.haveEqualBytes(
      texts.span.bytes.extracting(start..<(start + name.count)), name.bytes)
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    Int(truncatingIfNeeded: ByteKey.digest(of: bytes.bytes) >> 1)
  }
}
