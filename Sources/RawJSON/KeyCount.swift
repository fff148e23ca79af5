/// Counts the members of each object of a text that is already known to be JSON.
///
/// Run only when all objects together have more keys than one may have, so
/// that the usual text pays for one counter instead of one a level.
enum KeyCount {
  /// - Throws: `tooManyKeys`, at the key that is one too many.
  static func check(_ bytes: RawSpan) throws(JSONError) {
    var counts = InlineArray<129, Int>(repeating: 0)
    var depth = 0
    var offset = 0
    while offset < bytes.byteCount {
      switch bytes.byte(at: offset) {
      case UInt8(ascii: "\""):
        offset = try bytes.endOfString(from: offset + 1)
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth = min(depth + 1, JSON.maximumDepth)
        counts[depth] = 0
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth = max(depth - 1, 0)
      case UInt8(ascii: ":"):
        counts[depth] += 1
        guard counts[depth] <= JSON.maximumKeys else {
          throw JSONError(.tooManyKeys, offset: offset)
        }
      default: break
      }
      offset += 1
    }
  }
}
