/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers for the same seed.
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

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
