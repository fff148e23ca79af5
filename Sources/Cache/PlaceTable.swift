/// Where keys lie, by their hashes: one word for each, half a hash and a place.
///
/// The keys themselves stay with their values, so that a look touches little memory and to take a
/// key away needs no look at it. Linear probing, at most three quarters full, no marks for what was taken
/// away. The general dictionary takes twice as long for both.
struct PlaceTable: Sendable {
  /// The upper half: half of a hash. The lower half: a place and 1; 0 is free.
  private var buckets: [UInt64] = Array(repeating: 0, count: 64)
  private(set) var count = 0

  private var mask: Int { buckets.count &- 1 }

  private static func home(_ bucket: UInt64) -> Int { Int(truncatingIfNeeded: bucket &>> 32) }

  private static func bucket(_ hash: UInt64, _ place: Int) -> UInt64 {
    hash & 0xFFFF_FFFF_0000_0000 | UInt64(UInt32(truncatingIfNeeded: place &+ 1))
  }

  private static func place(_ bucket: UInt64) -> Int {
    Int(truncatingIfNeeded: bucket & 0xFFFF_FFFF) &- 1
  }

  /// Where the search for a key with this hash begins.
  func home(of hash: UInt64) -> Int { Self.home(hash) & mask }

  /// The next place whose key may have this hash; the search then goes on behind it.
  @inline(__always)
  func candidate(_ hash: UInt64, from index: inout Int) -> Int? {
    while buckets[index] != 0 {
      let bucket = buckets[index]
      index = (index &+ 1) & mask
      if bucket &>> 32 == hash &>> 32 { return Self.place(bucket) }
    }
    return nil
  }

  /// Adds a key that is not there, at a place less than 2^32 - 1.
  mutating func insert(_ hash: UInt64, at place: Int) {
    if (count &+ 1) &* 4 > buckets.count &* 3 { grow() }
    put(Self.bucket(hash, place))
    count &+= 1
  }

  private mutating func put(_ bucket: UInt64) {
    var index = Self.home(bucket) & mask
    while buckets[index] != 0 { index = (index &+ 1) & mask }
    buckets[index] = bucket
  }

  private mutating func grow() {
    let all = buckets
    buckets = Array(repeating: 0, count: all.count * 2)
    for bucket in all where bucket != 0 { put(bucket) }
  }

  /// Takes a key away that is there.
  mutating func remove(_ hash: UInt64, at place: Int) {
    let bucket = Self.bucket(hash, place)
    var hole = Self.home(bucket) & mask
    while buckets[hole] != bucket {
      guard buckets[hole] != 0 else { return }
      hole = (hole &+ 1) & mask
    }
    count &-= 1
    // What comes behind moves up, as far as it may lie before its own place.
    var next = (hole &+ 1) & mask
    while buckets[next] != 0 {
      let distance = (next &- Self.home(buckets[next])) & mask
      if distance >= (next &- hole) & mask {
        buckets[hole] = buckets[next]
        hole = next
      }
      next = (next &+ 1) & mask
    }
    buckets[hole] = 0
  }

  /// All places.
  var places: [Int] { buckets.compactMap { $0 == 0 ? nil : Self.place($0) } }
}
