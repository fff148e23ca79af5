import MCP
import Resilience
import Telemetry

/// Finds the id of a reply that could not be parsed: `"id":` and digits near the start.
enum ReplyID {
  /// As far as an id is looked for (row B09).
  static let searchedBytes = 4096

  static func find(in bytes: Slice<UnsafeRawBufferPointer>) -> UInt64? {
    let key = Array(#""id":"#.utf8)
    let text = Array(bytes)
    guard text.first == UInt8(ascii: "{"), text.count > key.count else { return nil }
    for start in 0..<(text.count - key.count) where text[start] == UInt8(ascii: "\"") {
      guard text[start..<(start + key.count)].elementsEqual(key) else { continue }
      var value: UInt64 = 0
      var digits = 0
      for byte in text[(start + key.count)...] {
        if byte == UInt8(ascii: " "), digits == 0 { continue }
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits < 18 else { break }
        value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        digits += 1
      }
      if digits > 0 { return value }
    }
    return nil
  }
}

/// Lines on stdout that were no messages, and replies to nothing.
struct JunkCounter {
  private(set) var total = 0
  private var firstLine = ""
  private var foreignReplyTimes: [Instant] = []

  /// - Parameter text: what may be shown of the line.
  mutating func count(_ text: String) {
    total += 1
    if total == 1 { firstLine = text }
  }

  mutating func countForeignReply(at now: Instant) {
    foreignReplyTimes.append(now)
    if foreignReplyTimes.count > 64 { foreignReplyTimes.removeFirst(32) }
  }

  func foreignReplies(inMinuteBefore now: Instant) -> Int {
    foreignReplyTimes.count { now - $0 < .seconds(60) }
  }

  /// What an error message says of the first such line.
  var excerpt: String { total == 0 ? "" : " It wrote on stdout: \(firstLine)" }
}
