/// Bytes as the key of a table: hashed once, and compared by words.
///
/// The general hasher takes ten times as long for a hundred bytes, and is asked for each look-up.
/// Nobody outside of the process can foresee a hash, because the secrets differ in each.
public struct ByteKey: Hashable, Sendable {
  public let bytes: [UInt8]
  /// The hash, good for tables that keep their keys themselves.
  @usableFromInline package let digest: UInt64

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    digest = unsafe Self.digest(of: bytes.span.bytes)
  }

  @inlinable
  public static func == (left: ByteKey, right: ByteKey) -> Bool {
    left.digest == right.digest
      && (unsafe haveEqualBytes(left.bytes.span.bytes, right.bytes.span.bytes))
  }

  @inlinable
  public func hash(into hasher: inout Hasher) { hasher.combine(digest) }

  /// What `Dictionary` asks for before `hash(into:)`.
  @inlinable
  public func _rawHashValue(seed: Int) -> Int { Int(truncatingIfNeeded: digest) ^ seed }

  private static let secrets = (
    UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)
  )

  /// The hash of `bytes`, for tables that keep their keys themselves.
  package static func digest(of bytes: RawSpan) -> UInt64 {
    let (first, second) = secrets
    let count = bytes.byteCount
    var state = first
    var offset = 0
    while offset &+ 16 < count {
      state = mix(bytes.word(at: offset) ^ second, bytes.word(at: offset &+ 8) ^ state)
      offset &+= 16
    }
    // The last sixteen bytes, some of them once more; of a shorter text its ends, which overlap.
    let last =
      count >= 8
      ? (bytes.word(at: max(0, count &- 16)), bytes.word(at: count &- 8))
      : (shortWord(of: bytes), 0)
    state = mix(last.0 ^ second, last.1 ^ state)
    return mix(state ^ first, UInt64(truncatingIfNeeded: count) ^ second)
  }

  /// The two halves of the product, folded.
  @inline(__always)
  private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  /// All of less than eight bytes, the first in the lowest bits.
  private static func shortWord(of bytes: RawSpan) -> UInt64 {
    var word: UInt64 = 0
    var offset = bytes.byteCount
    while offset > 0 {
      offset &-= 1
      word = word &<< 8 | UInt64(bytes.byte(at: offset))
    }
    return word
  }

  @usableFromInline
  package static func haveEqualBytes(_ left: RawSpan, _ right: RawSpan) -> Bool {
    let count = left.byteCount
    guard count == right.byteCount else { return false }
    guard count >= 8 else { return shortWord(of: left) == shortWord(of: right) }
    var offset = 0
    while offset &+ 8 < count {
      if left.word(at: offset) != right.word(at: offset) { return false }
      offset &+= 8
    }
    return left.word(at: count &- 8) == right.word(at: count &- 8)
  }
}
