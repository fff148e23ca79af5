import TestSupport

extension SplitMix {
  /// One of these, with the probability that its weight has among all.
  mutating func pick<Choice>(_ weighted: [(Choice, weight: Int)]) -> Choice? {
    var place = Int.random(in: 0..<max(1, weighted.reduce(0) { $0 + $1.weight }), using: &self)
    for (choice, weight) in weighted {
      if place < weight { return choice }
      place -= weight
    }
    return nil
  }

  /// Between the two, each order of magnitude as likely as another.
  mutating func size(from least: Int, to most: Int) -> Int {
    let doublings = (most / max(1, least)).bitWidth - (most / max(1, least)).leadingZeroBitCount
    let size = least << Int.random(in: 0..<max(1, doublings), using: &self)
    return min(most, Int.random(in: size...(size * 2), using: &self))
  }
}
