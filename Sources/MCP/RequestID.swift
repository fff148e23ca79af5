public import RawJSON

/// A request's id exactly as its sender wrote it, quotes and all.
///
/// `1`, `"1"` and `1.0` are three ids. Ids are echoed, never interpreted.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
  /// Bytes between the quotes of a string, or of a whole number.
  package static let maximumLength = 256

  /// The text as it was written.
  @usableFromInline let text: ShortBytes

  /// The id at `range`; nil if no legal id is there.
  package init?(_ range: ByteRange, in bytes: RawSpan) {
    guard Self.isLegal(range, in: bytes) else { return nil }
    text = ShortBytes(range, in: bytes)
  }

  /// The id of an envelope, which its scan has found to be legal.
  package init(scanned range: ByteRange, in bytes: RawSpan) {
    text = ShortBytes(range, in: bytes)
  }

  /// An id of our own.
  package init(_ number: UInt64) {
    var bytes: [UInt8] = []
    JSON.append(number, to: &bytes)
    text = ShortBytes(bytes)
  }

  @inlinable @inline(__always)
  public static func == (left: RequestID, right: RequestID) -> Bool { left.text == right.text }

  /// What `Dictionary` asks for before `hash(into:)`: ids are looked up three times a call.
  public func _rawHashValue(seed: Int) -> Int { text.hash(seed: seed) }

  /// The id as JSON text; a copy.
  package var bytes: [UInt8] { text.bytes }

  /// Calls `body` with the id as JSON text, which is there during the call only.
  package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    unsafe text.withUnsafeBytes(body)
  }

  /// Appends the id as JSON text.
  package func append(to output: inout [UInt8]) { text.append(to: &output) }

  public var description: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether the JSON value at `range` may be an id: a string, or a number that is an integer by
  /// its form (`7`, `-0`, `1.0`; not `1.5`, `1e3`). Progress tokens follow the same rule.
  package static func isLegal(_ range: ByteRange, in bytes: RawSpan) -> Bool {
    guard range.count > 0, range.fits(in: bytes.byteCount) else { return false }
    switch bytes.byte(at: range.start) {
    case UInt8(ascii: "\""): return range.count - 2 <= maximumLength
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return range.count <= maximumLength && isIntegral(range, in: bytes)
    default: return false
    }
  }

  private static func isIntegral(_ number: ByteRange, in bytes: RawSpan) -> Bool {
    var digits = number.start
    while bytes.byte(at: digits) &- UInt8(ascii: "0") <= 9 { digits &+= 1 }
    if digits >= number.end { return true }
    var isBehindPoint = false
    for offset in digits..<number.end {
      let byte = bytes.byte(at: offset)
      if byte &- UInt8(ascii: "0") <= 9 {
        if isBehindPoint, byte != UInt8(ascii: "0") { return false }
      } else if byte == UInt8(ascii: ".") {
        isBehindPoint = true
      } else if byte | 0x20 == UInt8(ascii: "e") {
        return false
      }
    }
    return true
  }
}
