/// A list of changes to one text, which is otherwise passed on byte for byte.
///
/// Replacements lie one after another in one buffer that survives `removeAll`,
/// so that a splice which is kept and reused allocates nothing. The edits are
/// kept in the order of their places, whatever the order they came in.
///
/// `forEachSlice` yields at most `2 * editCount + 1` slices: the gateway writes
/// them out with one system call and copies the payload nowhere.
package struct Splice: Sendable {
  private struct Entry {
    var range: ByteRange
    var text: ByteRange
  }

  /// The first `editCount` count; the others are places for more.
  private var entries: [Entry] = []
  private var texts: [UInt8] = []
  /// Number of edits.
  package private(set) var editCount = 0

  /// A splice without edits.
  package init() {
    entries.reserveCapacity(8)
    texts.reserveCapacity(256)
  }

  /// A splice with these edits, which may come in any order.
  package init(_ edits: [Edit]) {
    self.init()
    for edit in edits { replace(edit.range, orInsertAt: true) { $0 += edit.replacement } }
  }

  /// Forgets all edits and keeps the memory.
  package mutating func removeAll() {
    editCount = 0
    texts.removeAll(keepingCapacity: true)
  }

  /// Replaces `range` by what `write` appends; nothing happens if the range is absent.
  ///
  /// Of two edits that overlap the later call is ignored, because both cannot be done; ranges
  /// of different members never overlap.
  package mutating func replace(_ range: ByteRange, by write: (inout [UInt8]) -> Void) {
    replace(range, orInsertAt: false, by: write)
  }

  /// Replaces `range` by `bytes`; nothing happens if the range is absent.
  package mutating func replace(_ range: ByteRange, with bytes: [UInt8]) {
    replace(range, orInsertAt: false) { $0 += bytes }
  }

  /// Replaces `range` by a few bytes; nothing happens if the range is absent.
  package mutating func replace(_ range: ByteRange, with bytes: ShortBytes) {
    replace(range, orInsertAt: false) { bytes.append(to: &$0) }
  }

  /// Replaces `range` by a number in decimal; nothing happens if the range is absent.
  package mutating func replace(_ range: ByteRange, with number: UInt64) {
    replace(range, orInsertAt: false) { JSON.append(number, to: &$0) }
  }

  /// Inserts what `write` appends before the byte at `offset`.
  ///
  /// Two insertions at one place appear in the order of the calls.
  package mutating func insert(at offset: Int, _ write: (inout [UInt8]) -> Void) {
    replace(ByteRange(start: offset, end: offset), orInsertAt: true, by: write)
  }

  /// Inserts `bytes` before the byte at `offset`.
  package mutating func insert(_ bytes: [UInt8], at offset: Int) {
    insert(at: offset) { $0 += bytes }
  }

  /// Bytes that a text of `byteCount` bytes has after the edits.
  package func resultCount(of byteCount: Int) -> Int {
    var count = byteCount
    for index in 0..<editCount {
      count += entries[index].text.count - entries[index].range.count
    }
    return count
  }

  /// Calls `body` with the pieces of the edited text in order; none is empty.
  ///
  /// The pointers are valid during the call of `forEachSlice` only, those into the replacements
  /// until this splice is next changed. Edits beyond the end of `source` are left out.
  package func forEachSlice(
    of source: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    unsafe entries.withUnsafeBufferPointer { entries in
      unsafe texts.withUnsafeBytes { texts in
        unsafe Self.forEachSlice(
          of: source, UnsafeBufferPointer(rebasing: entries[..<editCount]), texts, body)
      }
    }
  }

  @inline(__always)
  private static func forEachSlice(
    of source: UnsafeRawBufferPointer, _ edits: UnsafeBufferPointer<Entry>,
    _ texts: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    var position = 0
    for index in 0..<edits.count {
      let entry = unsafe edits[index]
      guard entry.range.fits(in: source.count) else { continue }
      if entry.range.start > position {
        unsafe body(UnsafeRawBufferPointer(rebasing: source[position..<entry.range.start]))
      }
      if !entry.text.isAbsent {
        unsafe body(UnsafeRawBufferPointer(rebasing: texts[entry.text.start..<entry.text.end]))
      }
      position = entry.range.end
    }
    guard position < source.count else { return }
    unsafe body(UnsafeRawBufferPointer(rebasing: source[position...]))
  }

  /// Writes the edited text to the beginning of `output`, which has room for `resultCount` bytes;
  /// what does not fit is left out. One call for a line, where pieces cost one each.
  ///
  /// Mutating although nothing changes: what is read of a lent value is counted, what is written
  /// to it is not, and this runs twice a call.
  ///
  /// - Returns: the number of bytes written.
  package mutating func write(
    _ source: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer
  ) -> Int {
    let editCount = editCount
    return unsafe entries.withUnsafeMutableBufferPointer { entries in
      unsafe texts.withUnsafeMutableBytes { texts in
        var end = 0
        unsafe Self.forEachSlice(
          of: source, UnsafeBufferPointer(rebasing: entries[..<editCount]),
          UnsafeRawBufferPointer(texts)
        ) { piece in
          let count = min(piece.count, output.count &- end)
          guard count > 0, let from = piece.baseAddress, let to = output.baseAddress
          else { return }
          unsafe (to + end).copyMemory(from: from, byteCount: count)
          end &+= count
        }
        return end
      }
    }
  }

  /// The edited text, copied.
  package func applied(to source: RawSpan) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(resultCount(of: source.byteCount))
    unsafe source.withUnsafeBytes { pointer in
      unsafe forEachSlice(of: pointer) { unsafe output.append(contentsOf: $0) }
    }
    return output
  }

  /// Whether an edit lies inside `range`.
  package func touches(_ range: ByteRange) -> Bool {
    for index in 0..<editCount {
      let edit = entries[index].range
      if edit.start >= range.start, edit.end <= range.end { return true }
    }
    return false
  }

  /// What becomes of the bytes of `source` at `range`, which no edit overlaps at its ends.
  package func applied(to source: RawSpan, within range: ByteRange) -> [UInt8] {
    guard range.fits(in: source.byteCount) else { return [] }
    func isInside(_ edit: ByteRange) -> Bool { edit.start >= range.start && edit.end <= range.end }
    var first = 0
    while first < editCount, !isInside(entries[first].range) { first += 1 }
    if first == editCount { return JSON.copy(range, in: source) }
    var output: [UInt8] = []
    output.reserveCapacity(range.count)
    var position = range.start
    for index in first..<editCount {
      let entry = entries[index]
      guard isInside(entry.range) else { continue }
      JSON.append(
        ByteRange(start: position, end: entry.range.start), of: source, to: &output)
      output += texts[entry.text.start..<entry.text.end]
      position = entry.range.end
    }
    JSON.append(ByteRange(start: position, end: range.end), of: source, to: &output)
    return output
  }

  private mutating func replace(
    _ range: ByteRange, orInsertAt inserts: Bool, by write: (inout [UInt8]) -> Void
  ) {
    guard range.start <= range.end, inserts || !range.isAbsent else { return }
    var index = editCount
    while index > 0,
      entries[index - 1].range.start > range.start
        || (range.isAbsent && entries[index - 1].range.start == range.start
          && !entries[index - 1].range.isAbsent)
    {
      index -= 1
    }
    if index > 0, entries[index - 1].range.end > range.start { return }
    if index < editCount, entries[index].range.start < range.end { return }
    let start = texts.count
    write(&texts)
    let text = ByteRange(start: start, end: texts.count)
    // Edits mostly come in order.
    if editCount == entries.count { entries.append(Entry(range: range, text: text)) }
    var place = editCount
    while place > index {
      entries[place] = entries[place - 1]
      place -= 1
    }
    entries[index] = Entry(range: range, text: text)
    editCount += 1
  }
}
