/// Makes compressed data without a library: RFC 1951 and 1952, for a run of zeros.
package enum Gzip {
  /// `count` zero bytes, compressed to about one 159th.
  package static func zeros(_ count: Int) -> [UInt8] {
    var bits = Bits()
    // The last block, with the fixed codes.
    bits.add(1, 1)
    bits.add(1, 2)
    var left = count
    if left > 0 {
      bits.addCode(0x30, 8)
      left -= 1
    }
    while left >= 258 {
      // Length 258 is code 285, distance 1 is code 0.
      bits.addCode(0b1100_0101, 8)
      bits.addCode(0, 5)
      left -= 258
    }
    for _ in 0..<left { bits.addCode(0x30, 8) }
    bits.addCode(0, 7)
    let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    return header + bits.bytes + little(checksum(zeros: count)) + little(UInt32(count))
  }

  private struct Bits {
    var bytes: [UInt8] = []
    private var used = 8

    /// Least significant bit first, as numbers are.
    mutating func add(_ value: Int, _ count: Int) {
      for index in 0..<count {
        if used == 8 {
          bytes.append(0)
          used = 0
        }
        bytes[bytes.count - 1] |= UInt8((value >> index) & 1) << used
        used += 1
      }
    }

    /// Most significant bit first, as Huffman codes are.
    mutating func addCode(_ code: Int, _ count: Int) {
      for index in (0..<count).reversed() { add((code >> index) & 1, 1) }
    }
  }

  private static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private static func checksum(zeros count: Int) -> UInt32 {
    var table: [UInt32] = []
    for index in 0..<UInt32(256) {
      var value = index
      for _ in 0..<8 {
        let isOdd = value & 1 == 1
        value >>= 1
        if isOdd { value ^= 0xedb8_8320 }
      }
      table.append(value)
    }
    var crc: UInt32 = 0xffff_ffff
    for _ in 0..<count { crc = table[Int(crc & 0xff)] ^ (crc >> 8) }
    return ~crc
  }
}
