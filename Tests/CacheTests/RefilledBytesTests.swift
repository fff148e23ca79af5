import RawJSON
import Testing

@testable import Cache

@Suite struct RefilledBytesTests {
  private func bytes(_ count: Int, _ byte: UInt8 = 120) -> [UInt8] {
    [UInt8](repeating: byte, count: count)
  }

  @Test func `whatever it held before, it holds what it was filled with`() {
    var random = SystemRandomNumberGenerator()
    var refilled = RefilledBytes()
    for _ in 0..<5_000 {
      let next = bytes(.random(in: 0..<9_000, using: &random), .random(in: 0...9, using: &random))
      if Bool.random(using: &random) { refilled.clear() }
      refilled.fill(with: next.span.bytes)
      let seen = refilled.withUnsafeBytes { [UInt8]($0) }
      #expect(refilled.array == next && seen == next)
      #expect(refilled.count == next.count && refilled.isEmpty == next.isEmpty)
      #expect(refilled.capacity <= max(next.count * 2, 0))
    }
  }

  @Test func `large memory is let go when it is cleared, small memory is not`() {
    var refilled = RefilledBytes(bytes(4_096).span.bytes)
    refilled.clear()
    #expect(refilled.isEmpty && refilled.capacity == 4_096)
    refilled.fill(with: bytes(4_097).span.bytes)
    refilled.clear()
    #expect(refilled.capacity == 0)
    refilled.fill(with: bytes(10).span.bytes)
    refilled.free()
    #expect(refilled.capacity == 0 && refilled.isEmpty)
  }

  @Test func `two are equal by what they hold, not by their memory`() {
    var first = RefilledBytes(bytes(20).span.bytes)
    first.fill(with: bytes(15, 7).span.bytes)
    let second = RefilledBytes(bytes(15, 7).span.bytes)
    #expect(first == second && first.hashValue == second.hashValue)
    #expect(first.capacity != second.capacity)
    let isHeld = first.holds(bytes(15, 7).span.bytes)
    let isOther = first.holds(bytes(15, 8).span.bytes)
    #expect(isHeld && !isOther)
  }
}
