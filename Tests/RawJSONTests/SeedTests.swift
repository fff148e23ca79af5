import FuzzProperties
import RawJSON
import TestSupport
import Testing

@Suite struct ScanSeedTests {
  @Test func `no seed of the JSON fuzz target breaks its property`() {
    let seeds = SharedCorpus.seeds("FuzzJSON")
    #expect(seeds.count >= 20)
    for (name, text) in seeds { #expect(ScanProperty.violation(of: text) == nil, "\(name)") }
  }

  @Test func `the property holds for random texts and for each with one byte changed`() {
    var random = SplitMix(seed: 99)
    for _ in 0..<300 {
      var text = RandomJSON.text(using: &random)
      #expect(ScanProperty.violation(of: text) == nil)
      for _ in 0..<10 {
        let place = Int.random(in: 0..<text.count, using: &random)
        text[place] = UInt8.random(in: 0...255, using: &random)
        #expect(ScanProperty.violation(of: text) == nil, "\(text)")
      }
    }
  }
}
