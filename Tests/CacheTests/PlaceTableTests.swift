import Testing

@testable import Cache

@Suite struct PlaceTableTests {
  @Test func `S17: whatever comes and goes, each key has its place`() {
    var random = SystemRandomNumberGenerator()
    var table = PlaceTable()
    var model: [Int: UInt64] = [:]
    for _ in 0..<50_000 {
      let place = Int.random(in: 0..<300, using: &random)
      if let hash = model.removeValue(forKey: place) {
        table.remove(hash, at: place)
      } else {
        // Few different hashes, so that keys crowd and wrap around the end.
        let hash = UInt64([0, 1, 62, 63, 127, 1 << 31].randomElement(using: &random) ?? 0) << 32
        table.insert(hash, at: place)
        model[place] = hash
      }
      #expect(table.count == model.count)
      let asked = Int.random(in: 0..<300, using: &random)
      let hash = model[asked] ?? 63 << 32
      var index = table.home(of: hash)
      var isThere = false
      while let place = table.candidate(hash, from: &index) { isThere = isThere || place == asked }
      #expect(isThere == (model[asked] != nil))
    }
    #expect(table.places.sorted() == model.keys.sorted())
  }

  @Test func `to take away what is not there changes nothing`() {
    var table = PlaceTable()
    table.insert(5 << 32, at: 0)
    table.remove(5 << 32, at: 1)
    table.remove(6 << 32, at: 0)
    #expect(table.count == 1 && table.places == [0])
  }
}
