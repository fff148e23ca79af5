/// A place in one of our lists, as a text that means nothing to the client.
///
///     base64url( generation 8 | list 1 | page 4 | checksum 8 )     28 characters
///
/// The checksum covers the rest under a key, so that a text which we have not
/// made is refused and no client can make one up (row C31). Whether the list
/// is still the one it was made for is the caller's to compare.
package struct Cursor: Hashable, Sendable {
  /// What the checksum is computed with; a cursor made under another key is refused.
  package struct Key: Sendable {
    fileprivate var words: (UInt64, UInt64)

    /// A key of 16 bytes, best taken at random when the process starts.
    package init(_ first: UInt64, _ second: UInt64) { words = (first, second) }

    /// The key of those who only guard against mistakes, not against forgery.
    package static let fixed = Key(0, 0)
  }

  private static let length = 28

  /// The state of the list for which the cursor was made.
  package var generation: UInt64
  /// Which list.
  package var list: UInt8
  /// Which page of it, up to 2^32 - 1.
  package var page: Int

  package init(generation: UInt64, list: UInt8, page: Int) {
    self.generation = generation
    self.list = list
    self.page = page
  }

  /// The cursor as text: letters, digits, `-` and `_`.
  package func encoded(key: Key = .fixed) -> [UInt8] {
    let payload = payload
    let sum = SipHash.hash(payload, key: key.words)
    return Base64URL.encode(payload + Self.bytes(sum, count: 8))
  }

  /// The cursor that `text` stands for; nil for whatever `encoded` has not made with this key.
  package static func decode(_ text: [UInt8], key: Key = .fixed) -> Cursor? {
    guard text.count == length, let bytes = Base64URL.decode(text) else { return nil }
    let cursor = Cursor(
      generation: number(bytes[0..<8]), list: bytes[8], page: Int(number(bytes[9..<13])))
    return number(bytes[13...]) == SipHash.hash(cursor.payload, key: key.words) ? cursor : nil
  }

  private var payload: [UInt8] {
    Self.bytes(generation, count: 8) + [list]
      + Self.bytes(UInt64(UInt32(clamping: page)), count: 4)
  }

  private static func bytes(_ number: UInt64, count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
