/// Finds the key, name or word that somebody probably meant.
package enum NearestKey {
  /// The first of `known` with the fewest edits from `key`; nil if none is near.
  ///
  /// Near is at most a third of the longer one's bytes, and at least one edit. Keys longer
  /// than 64 bytes have no nearest key, which bounds the work.
  package static func to(_ key: String, among known: [String]) -> String? {
    let bytes = Array(key.utf8)
    guard (1...64).contains(bytes.count) else { return nil }
    var best: (key: String, edits: Int)?
    for candidate in known {
      let other = Array(candidate.utf8)
      let edits = edits(from: normal(bytes), to: normal(other))
      guard edits <= max(1, max(bytes.count, other.count) / 3) else { continue }
      if edits < best?.edits ?? .max { best = (candidate, edits) }
    }
    return best?.key
  }

  /// Lower case, and `-` as `_`: `stalledWrite` and `stalled-write` mean `stalled_write`.
  private static func normal(_ key: [UInt8]) -> [UInt8] {
    key.map { byte in
      if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) { return byte | 0x20 }
      return byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte
    }
  }

  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  private static func edits(from left: [UInt8], to right: [UInt8]) -> Int {
    var older: [Int] = []
    var previous = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        let change = left[row] == right[column] ? 0 : 1
        var cost = min(previous[column] + change, previous[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, older[column - 1] + 1)
        }
        current.append(cost)
      }
      older = previous
      previous = current
    }
    return previous[right.count]
  }
}
