/// Notices for a client that is slow: each once, so many at most.
///
/// A notice says that something has changed, not what; a second one that says the
/// same adds nothing while the first has not been read.
struct HeldNotices {
  static let limit = 1_000

  private var lines: [[UInt8]] = []
  private var known: Set<[UInt8]> = []
  /// Notices that did not fit.
  private(set) var dropped = 0

  var isEmpty: Bool { lines.isEmpty }

  mutating func add(_ line: [UInt8]) {
    guard !known.contains(line) else { return }
    guard lines.count < Self.limit else {
      dropped += 1
      return
    }
    known.insert(line)
    lines.append(line)
  }

  /// What was held, in the order in which it came.
  mutating func takeAll() -> [[UInt8]] {
    defer {
      lines.removeAll()
      known.removeAll()
    }
    return lines
  }
}
