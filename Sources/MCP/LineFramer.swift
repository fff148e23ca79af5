#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Cuts a stream of bytes into lines without copying them.
///
/// The reader of the stream writes into `tail(atLeast:)` and says how much with
/// `commit`; `next` then hands out lines until it answers nil. Lines are views
/// into the one buffer, valid until `tail` or `next` is called again.
///
///     | consumed | line \n | line \n | begun ... | free tail |
///                ^ start                         ^ end       ^ capacity
///
/// Invariants: no byte is looked at twice; bytes are moved only when the tail
/// is used up. The buffer never holds more than the limit and one tail: of a
/// longer line the first 4 KiB are handed out, once, and the rest is thrown
/// away as it comes, up to and including the newline (row C07). Blank lines are
/// skipped; white space around a line, a carriage return included, is not part
/// of it (row C06).
@safe
package struct LineFramer: ~Copyable {
  /// What `next` finds.
  @safe
  package enum Line {
    /// A line without its newline and the white space around it; never empty.
    case line(UnsafeRawBufferPointer)
    /// A line is longer than the limit; these are its first bytes, at most 4 KiB of them and no
    /// more than the limit.
    ///
    /// Comes as soon as that is known, which may be long before its end.
    case tooLong(prefix: UnsafeRawBufferPointer)
  }

  /// What becomes of U+FEFF at the start of the stream.
  package enum ByteOrderMark: Sendable {
    /// It stays, and makes the first line invalid JSON (row C04).
    case kept
    /// It is removed, and `skippedByteOrderMark` says so (row B38).
    case skipped
  }

  /// Bytes handed out of a line that is too long; an id is usually among them.
  package static let prefixLength = 4 * 1024
  /// Bytes that a framer starts with and shrinks to.
  package static let initialCapacity = 64 * 1024
  /// A larger buffer is given back as soon as it is empty; a smaller one when asked by `trim`.
  static let keptCapacity = 2 * 1024 * 1024

  /// Bytes of the longest line that is accepted, counted before its newline.
  package var limit: Int
  /// Bytes thrown away of the line that is too long at present; 0 otherwise.
  package private(set) var discardedBytes = 0
  /// Whether a byte order mark was removed at the start of the stream.
  package private(set) var skippedByteOrderMark = false

  private let byteOrderMark: ByteOrderMark
  private var isAtStart = true
  private var isDiscarding = false
  private var base: UnsafeMutableRawPointer?
  private var capacity = 0
  /// The first byte that has not been handed out.
  private var start = 0
  /// No newline lies between `start` and here.
  private var searched = 0
  /// Behind the last byte that has been read.
  private var end = 0

  /// A framer without memory; it is allocated by the first `tail`.
  package init(limit: Int, byteOrderMark: ByteOrderMark = .kept) {
    self.limit = max(1, limit)
    self.byteOrderMark = byteOrderMark
  }

  deinit { unsafe free(base) }

  /// Bytes of a line that has begun and not ended, or of lines not taken yet.
  package var pendingBytes: Int { end - start }

  /// Bytes of memory that are held.
  package var heldBytes: Int { capacity }
}

// Reading.
extension LineFramer {
  /// Room for what is read next, behind what is there already.
  ///
  /// All lines should have been taken with `next` first: what has not been taken is kept, however
  /// much it is.
  ///
  /// - Parameter wanted: bytes of room; less is given, perhaps none, only if memory is short.
  package mutating func tail(atLeast wanted: Int) -> UnsafeMutableRawBufferPointer {
    if start == end {
      forget()
      if capacity > Self.keptCapacity { release() }
    }
    if capacity - end < wanted { makeRoom(for: wanted) }
    guard let base = unsafe base else {
      return unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
    return unsafe UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
  }

  /// Says that `count` bytes have been written into the last `tail`.
  package mutating func commit(_ count: Int) {
    end += min(max(0, count), capacity - end)
  }

  /// The next line, or nil if no line has ended yet.
  package mutating func next() -> Line? {
    while let newline = newline() {
      let line = start..<newline
      start = newline + 1
      searched = start
      if isDiscarding {
        isDiscarding = false
        discardedBytes = 0
      } else if line.count > limit {
        return unsafe .tooLong(prefix: bytes(line.prefix(prefixLength)))
      } else if let text = text(of: line) {
        return unsafe .line(bytes(text))
      }
    }
    searched = end
    guard isDiscarding || end - start > limit else { return nil }
    let begun = start..<end
    discardedBytes += begun.count
    start = end
    if isDiscarding { return nil }
    isDiscarding = true
    return unsafe .tooLong(prefix: bytes(begun.prefix(prefixLength)))
  }

  /// Whether it holds more memory than it began with.
  package var isLarge: Bool { capacity > Self.initialCapacity }
  /// How long an owner waits before it trims what a large message left behind.
  package static let quietTime = Duration.seconds(2)

  /// Gives back memory that is not needed; for owners that have been idle.
  package mutating func trim() {
    guard start == end else { return }
    forget()
    release()
  }

  /// The same however the stream was cut.
  private var prefixLength: Int { min(Self.prefixLength, limit) }

  /// Offset of the first newline that has not been seen.
  private func newline() -> Int? {
    guard let base = unsafe base, searched < end,
      let found = unsafe memchr(base + searched, 0x0A, end - searched)
    else { return nil }
    return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// The line without what surrounds it; nil if nothing is left.
  private mutating func text(of line: Range<Int>) -> Range<Int>? {
    var first = line.lowerBound
    var last = line.upperBound
    if isAtStart {
      isAtStart = false
      if byteOrderMark == .skipped, unsafe bytes(line.prefix(3)).elementsEqual([0xEF, 0xBB, 0xBF]) {
        skippedByteOrderMark = true
        first += 3
      }
    }
    while first < last, isSpace(first) { first += 1 }
    while first < last, isSpace(last - 1) { last -= 1 }
    return first < last ? first..<last : nil
  }

  private func isSpace(_ offset: Int) -> Bool {
    guard let base = unsafe base else { return false }
    let byte = unsafe base.load(fromByteOffset: offset, as: UInt8.self)
    return byte == 0x20 || byte == 0x0D || byte == 0x09
  }

  /// A view of bytes that are there.
  private func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    guard let base = unsafe base else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
    return unsafe UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
  }
}

// Memory.
extension LineFramer {
  private mutating func makeRoom(for wanted: Int) {
    if start > 0, let base = unsafe base {
      unsafe memmove(base, base + start, end - start)
      searched -= start
      end -= start
      start = 0
    }
    guard capacity - end < wanted else { return }
    // Doubling, but not beyond what the longest legal line and one tail need.
    let doubled = min(capacity * 2, limit &+ wanted)
    let needed = max(Self.initialCapacity, doubled, end + wanted)
    guard let grown = unsafe realloc(base, needed) else { return }
    unsafe base = grown
    capacity = needed
  }

  private mutating func forget() {
    start = 0
    searched = 0
    end = 0
  }

  private mutating func release() {
    unsafe free(base)
    unsafe base = nil
    capacity = 0
  }
}
