import MCP
import RawJSON
import Resilience
import Testing

@testable import Gateway

/// S06: where calls and states wait for their client, in virtual time.
@Suite struct ParkingTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
  private let second = Instant.zero + .seconds(1)

  @Test func `a token is good for one return`() {
    var lot = ParkingLot<Int>(limit: 3)
    let parked = lot.park(7, under: bytes("a"), until: second)
    let seen = lot.entry(bytes("a"), at: .zero)
    let taken = lot.take(bytes("a"), at: .zero)
    let again = lot.take(bytes("a"), at: .zero)
    #expect(parked && seen == 7 && taken == 7 && again == nil)
    #expect(lot.take(bytes("b"), at: .zero) == nil)
  }

  @Test func `a token ends with its time, and what was parked comes out once`() {
    var lot = ParkingLot<Int>(limit: 3)
    _ = lot.park(1, under: bytes("a"), until: second)
    _ = lot.park(2, under: bytes("b"), until: second + .seconds(1))
    let late = lot.take(bytes("a"), at: second)
    let expired = lot.takeExpired(at: second)
    let next = lot.nextExpiry
    let none = lot.takeExpired(at: second)
    #expect(late == nil)
    #expect(expired == [1])
    #expect(next == second + .seconds(1))
    #expect(none == [])
    #expect(lot.count == 1)
  }

  @Test func `a full lot and a token in use take nothing more`() {
    var lot = ParkingLot<Int>(limit: 2)
    let first = lot.park(1, under: bytes("a"), until: second)
    let same = lot.park(2, under: bytes("a"), until: second)
    let other = lot.park(3, under: bytes("b"), until: second)
    let third = lot.park(4, under: bytes("c"), until: second)
    #expect([first, same, other, third] == [true, false, true, false])
    #expect(!lot.hasRoom)
    #expect(lot.entry(bytes("a"), at: .zero) == 1)
  }
}

/// S06: the seal around the state of a service.
@Suite struct StateSealTests {
  private let seal = StateSeal((1, 2), (3, 4))
  private let scope = Array("service\ntools/call\ntool".utf8)
  private let until = Instant.zero + .seconds(60)

  @Test(arguments: [#""""#, #""plain""#, #""a\"b\\c\u0000\ud800é""#, #""{\"x\":1}""#])
  func `a state comes back byte for byte`(state: String) {
    let sealed = seal.seal(Array(state.utf8), .forward, scope: scope, until: until)
    let opened = seal.open(sealed, scope: scope, at: .zero)
    #expect(opened?.kind == .forward)
    #expect(opened.map { String(decoding: $0.state, as: UTF8.self) } == state)
  }

  @Test func `a state that the client writes with other escapes means the same`() throws {
    let sealed = seal.seal(Array(#""a\/b""#.utf8), .anew, scope: scope, until: until)
    let decoded = JSON.string(ByteRange(start: 0, end: sealed.count), in: sealed.span.bytes)
    let text = try #require(decoded)
    var rewritten = Array(#""\u006E"#.utf8)
    for byte in text.dropFirst() { rewritten.append(byte) }
    rewritten.append(UInt8(ascii: "\""))
    let opened = seal.open(rewritten, scope: scope, at: .zero)
    #expect(opened == StateSeal.Opened(kind: .anew, state: Array(#""a/b""#.utf8)))
  }

  @Test func `no byte may change, nor the scope, nor the key, nor may the time be over`() {
    let sealed = seal.seal(Array(#""state""#.utf8), .forward, scope: scope, until: until)
    var opened = 0
    for place in 1..<sealed.count - 1 {
      for bit in 0..<7 {
        var forged = sealed
        forged[place] ^= 1 << UInt8(bit)
        guard (try? JSON.validate(forged.span.bytes)) != nil else { continue }
        if seal.open(forged, scope: scope, at: .zero) != nil { opened += 1 }
      }
    }
    #expect(opened == 0)
    #expect(seal.open(sealed, scope: scope + [0], at: .zero) == nil)
    #expect(seal.open(sealed, scope: Array(scope.dropLast()), at: .zero) == nil)
    #expect(StateSeal((1, 2), (3, 5)).open(sealed, scope: scope, at: .zero) == nil)
    #expect(seal.open(sealed, scope: scope, at: until) == nil)
    #expect(seal.open(sealed, scope: scope, at: .zero) != nil)
  }

  @Test func `the end of the scope and the start of the state are two places`() {
    let sealed = seal.seal(Array(#""bc""#.utf8), .forward, scope: Array("a".utf8), until: until)
    let moved = seal.seal(Array(#""c""#.utf8), .forward, scope: Array("ab".utf8), until: until)
    #expect(sealed.dropLast(4) != moved.dropLast(3))
  }
}
