/// A few bytes, kept in place where there are at most 15 of them.
///
/// Ids and tokens are nearly always that short. An array for each of them cost an
/// allocation a message and a reference count wherever it was handed on.
public struct ShortBytes: Hashable, Sendable {
  /// The first eight bytes, the first in the lowest bits.
  @usableFromInline var low: UInt64 = 0
  /// Up to seven more; the highest byte is the number of all.
  @usableFromInline var high: UInt64 = 0
  /// All of them where there are more than 15; `low` and `high` are 0 then.
  @usableFromInline var long: [UInt8]?

  private static var capacity: Int { 15 }

  /// No bytes.
  package init() {}

  /// The bytes at `range`; none if it is absent or does not fit.
  package init(_ range: ByteRange, in bytes: RawSpan) {
    guard range.fits(in: bytes.byteCount), range.count > 0 else { return }
    guard range.count <= Self.capacity else {
      long = JSON.copy(range, in: bytes)
      return
    }
    if range.start <= bytes.byteCount &- 16 {
      low = bytes.word(at: range.start) & Self.mask(range.count)
      high = bytes.word(at: range.start &+ 8) & Self.mask(range.count &- 8)
    } else {
      for offset in range.start..<range.end {
        set(bytes.byte(at: offset), at: offset &- range.start)
      }
    }
    high |= UInt64(truncatingIfNeeded: range.count) &<< 56
  }

  package init(_ bytes: [UInt8]) {
    unsafe self.init(ByteRange(start: 0, end: bytes.count), in: bytes.span.bytes)
  }

  // Asked by tables for every message; two words tell nearly always.
  @inlinable @inline(__always)
  public static func == (left: ShortBytes, right: ShortBytes) -> Bool {
    left.low == right.low && left.high == right.high
      && (left.high != 0 || left.long == right.long)
  }

  /// A hash that nobody outside of the process can foresee, for tables that are asked for every
  /// message: the general one takes ten times as long for two words.
  package func hash(seed: Int) -> Int {
    guard long == nil else {
      var hasher = Hasher()
      hasher.combine(seed)
      hasher.combine(long)
      return hasher.finalize()
    }
    let secret = Self.secret
    let product = (low ^ secret.0 ^ UInt64(truncatingIfNeeded: seed))
      .multipliedFullWidth(by: high ^ secret.1)
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }

  private static let secret = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

  @inlinable @inline(__always)
  package var isEmpty: Bool { high == 0 && long == nil }

  /// A copy of the bytes.
  package var bytes: [UInt8] {
    if let long { return long }
    var output: [UInt8] = []
    append(to: &output)
    return output
  }

  package func append(to output: inout [UInt8]) {
    unsafe withUnsafeBytes { unsafe output.append(contentsOf: $0) }
  }

  /// Calls `body` with the bytes, which are there during the call only.
  package func withUnsafeBytes<Result>(
    _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    if let long { return unsafe long.withUnsafeBytes(body) }
    let words = (low.littleEndian, high.littleEndian)
    return unsafe Swift.withUnsafeBytes(of: words) {
      unsafe body(UnsafeRawBufferPointer(rebasing: $0[..<Int(truncatingIfNeeded: high &>> 56)]))
    }
  }

  /// The lowest `count` bytes of a word; none for a negative number, all from eight on.
  @inline(__always)
  private static func mask(_ count: Int) -> UInt64 {
    count <= 0 ? 0 : count >= 8 ? .max : (1 &<< UInt64(truncatingIfNeeded: count &* 8)) &- 1
  }

  private mutating func set(_ byte: UInt8, at index: Int) {
    if index < 8 {
      low |= UInt64(byte) &<< UInt64(truncatingIfNeeded: index &* 8)
    } else {
      high |= UInt64(byte) &<< UInt64(truncatingIfNeeded: (index &- 8) &* 8)
    }
  }
}
