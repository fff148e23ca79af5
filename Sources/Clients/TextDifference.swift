/// What changes between two texts, line by line, as people read it.
package struct TextDifference: Sendable {
  package enum Line: Hashable, Sendable {
    case same(String)
    case removed(String)
    case added(String)
  }

  /// The changed lines with up to `context` unchanged ones around them, in order.
  package let lines: [Line]
  /// The number of the first line shown, counted from 1.
  package let start: Int

  /// Compares two texts; invalid UTF-8 is shown as U+FFFD.
  ///
  /// Costs time and memory of the product of the lines between the first and the
  /// last change; beyond `largest` they are shown as replaced as a whole.
  package init(from old: [UInt8], to new: [UInt8], context: Int = 3) {
    let old = Self.split(old)
    let new = Self.split(new)
    var head = 0
    while head < min(old.count, new.count), old[head] == new[head] { head += 1 }
    var tail = 0
    while tail < min(old.count, new.count) - head,
      old[old.count - 1 - tail] == new[new.count - 1 - tail]
    {
      tail += 1
    }
    let before = old[max(0, head - context)..<head]
    let after = old[(old.count - tail)..<min(old.count, old.count - tail + context)]
    let middle = Self.compare(
      Array(old[head..<old.count - tail]), Array(new[head..<new.count - tail]))
    let text = { (line: [UInt8]) in String(decoding: line, as: UTF8.self) }
    start = max(0, head - context) + 1
    lines =
      middle.isEmpty ? [] : before.map { .same(text($0)) } + middle + after.map { .same(text($0)) }
  }

  private static let largest = 4_000_000

  private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      line.last == 0x0D ? Array(line.dropLast()) : Array(line)
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  private static func compare(_ old: [[UInt8]], _ new: [[UInt8]]) -> [Line] {
    let text = { (line: [UInt8]) in String(decoding: line, as: UTF8.self) }
    guard old.count * new.count <= largest else {
      return old.map { .removed(text($0)) } + new.map { .added(text($0)) }
    }
    // common[i][j]: the longest common subsequence of old[i...] and new[j...].
    let width = new.count + 1
    var common = [Int](repeating: 0, count: (old.count + 1) * width)
    for i in old.indices.reversed() {
      for j in new.indices.reversed() {
        common[i * width + j] =
          old[i] == new[j]
          ? common[(i + 1) * width + j + 1] + 1
          : max(common[(i + 1) * width + j], common[i * width + j + 1])
      }
    }
    var lines: [Line] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if i < old.count, j < new.count, old[i] == new[j] {
        lines.append(.same(text(old[i])))
        (i, j) = (i + 1, j + 1)
      } else if i < old.count,
        j == new.count || common[(i + 1) * width + j] >= common[i * width + j + 1]
      {
        lines.append(.removed(text(old[i])))
        i += 1
      } else {
        lines.append(.added(text(new[j])))
        j += 1
      }
    }
    return lines
  }
}
