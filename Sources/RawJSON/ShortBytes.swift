/// A few bytes, kept in place where there are at most 15 of them.
///
/// Ids and tokens are nearly always that short. An array for each of them cost an
/// allocation a message and a reference count wherever it was handed on.
package struct ShortBytes: Hashable, Sendable {
  /// The first eight bytes, the first in the lowest bits.
  private var low: UInt64 = 0
  /// Up to seven more; the highest byte is the number of all.
  private var high: UInt64 = 0
  /// All of them where there are more than 15; `low` and `high` are 0 then.
  private var long: [UInt8]?

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
    for offset in range.start..<range.end {
      set(bytes.byte(at: offset), at: offset &- range.start)
    }
    high |= UInt64(truncatingIfNeeded: range.count) &<< 56
  }

  package init(_ bytes: [UInt8]) {
    unsafe self.init(ByteRange(start: 0, end: bytes.count), in: bytes.span.bytes)
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
    let product = (low ^ Self.secret.0 ^ UInt64(truncatingIfNeeded: seed))
      .multipliedFullWidth(by: high ^ Self.secret.1)
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }

  private static let secret = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

  package var isEmpty: Bool { high == 0 && long == nil }

  /// A copy of the bytes.
  package var bytes: [UInt8] {
    if let long { return long }
    var output: [UInt8] = []
    append(to: &output)
    return output
  }

  package func append(to output: inout [UInt8]) {
    if let long {
      output += long
      return
    }
    var word = low
    for index in 0..<Int(truncatingIfNeeded: high &>> 56) {
      if index == 8 { word = high }
      output.append(UInt8(truncatingIfNeeded: word))
      word &>>= 8
    }
  }

  private mutating func set(_ byte: UInt8, at index: Int) {
    if index < 8 {
      low |= UInt64(byte) &<< UInt64(truncatingIfNeeded: index &* 8)
    } else {
      high |= UInt64(byte) &<< UInt64(truncatingIfNeeded: (index &- 8) &* 8)
    }
  }
}
