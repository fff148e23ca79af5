import RawJSON
import Testing

@Suite struct ByteKeyTests {
  private func key(_ bytes: [UInt8]) -> ByteKey { ByteKey(bytes) }

  @Test(arguments: 0...70) func `keys are equal where every byte is`(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    #expect(key(bytes) == key(bytes))
    #expect(key(bytes).hashValue == key(Array(bytes)).hashValue)
    for place in 0..<count {
      var other = bytes
      other[place] ^= 0x01
      #expect(key(other) != key(bytes))
      #expect(key(other).hashValue != key(bytes).hashValue, "byte \(place) is not hashed")
      let areEqual = ByteKey.haveEqualBytes(other.span.bytes, bytes.span.bytes)
      #expect(!areEqual)
    }
  }

  @Test func `zeros count`() {
    let keys = (0...40).map { key([UInt8](repeating: 0, count: $0)) }
    #expect(Set(keys).count == keys.count)
    #expect(Set(keys.map(\.hashValue)).count == keys.count)
  }

  @Test func `a table finds each of ten thousand keys, and no other`() {
    var table: [ByteKey: Int] = [:]
    for number in 0..<10_000 { table[key(Array("key \(number)".utf8))] = number }
    #expect(table.count == 10_000)
    for number in 0..<10_000 { #expect(table[key(Array("key \(number)".utf8))] == number) }
    #expect(table[key(Array("key 10000".utf8))] == nil)
  }
}

@Suite struct ShortBytesTests {
  @Test func `bytes are kept wherever in a text they lie, and however many they are`() {
    let text = (0..<40).map { UInt8(0x80 + $0) }
    for start in 0...40 {
      for end in start...40 {
        let short = ShortBytes(ByteRange(start: start, end: end), in: text.span.bytes)
        #expect(short.bytes == Array(text[start..<end]))
        let same = ShortBytes(Array(text[start..<end]))
        #expect(short == same && short.hash(seed: 1) == same.hash(seed: 1))
        var output: [UInt8] = [1]
        short.append(to: &output)
        #expect(output == [1] + text[start..<end])
        #expect(short.isEmpty == (start == end))
      }
    }
  }
}
