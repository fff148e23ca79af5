import RawJSON
import Resilience

/// The result of a read as it is kept, and as it is given again.
///
/// A modern result says in `ttlMs` for how long it is good, which is another time for each copy. So
/// it is kept without it, behind the instant at which the service's time ends (8 bytes, in
/// nanoseconds); a copy says what is left. Results of legacy clients say no time at all.
enum KeptCopy {
  private static let head = 8
  private static let noTime = Int64.min

  /// - Parameters:
  ///   - result: the JSON object as the client got it.
  ///   - end: when the service's time ends.
  static func bytes(of result: [UInt8], goodUntil end: Instant) -> [UInt8] {
    let bytes = result.span.bytes
    let whole = ByteRange(start: 0, end: result.count)
    let saysTime = !JSON.member("ttlMs", of: whole, in: bytes).isAbsent
    let number = UInt64(bitPattern: saysTime ? end.nanoseconds : noTime)
    var kept = (0..<head).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    kept += JSON.rebuildObject(
      whole, in: bytes, dropping: { JSON.equals($0, "ttlMs", in: bytes) })
    return kept
  }

  /// What a client gets at `now`.
  static func result(of kept: [UInt8], at now: Instant) -> [UInt8] {
    var number: UInt64 = 0
    for byte in kept.prefix(head).reversed() { number = number << 8 | UInt64(byte) }
    let end = Int64(bitPattern: number)
    let rest = kept.dropFirst(head)
    guard end != noTime else { return Array(rest) }
    let left = end > now.nanoseconds ? (end - now.nanoseconds) / 1_000_000 : 0
    var result = Array(#"{"ttlMs":\#(left)"#.utf8)
    result.reserveCapacity(result.count + rest.count)
    if rest.count > 2 { result.append(UInt8(ascii: ",")) }
    return result + rest.dropFirst()
  }
}
