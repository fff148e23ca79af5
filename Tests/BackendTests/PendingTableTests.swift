import Testing

@testable import Backend

@Suite struct PendingTableTests {
  @Test func `B23: the first reply takes the request, the second finds nothing`() {
    var table = PendingTable<String>(firstID: 1000)
    let id = table.open("call")
    let first = table.take(id)
    let second = table.take(id)
    let judged = table.judgeStray(id)
    #expect(first == "call")
    #expect(second == nil)
    #expect(judged == .foreign)
  }

  @Test func `a late reply to a cancelled request is expected once`() {
    var table = PendingTable<String>(firstID: 7)
    let id = table.open("call")
    let given = table.abandon(id)
    let late = table.judgeStray(id)
    let again = table.judgeStray(id)
    #expect(given == "call")
    #expect(late == .late)
    #expect(again == .foreign)
  }

  @Test func `B22: an id that was never issued is foreign`() {
    var table = PendingTable<String>(firstID: 7)
    _ = table.open("call")
    let unknown = table.judgeStray(6)
    let unreadable = table.judgeStray(nil)
    #expect(unknown == .foreign)
    #expect(unreadable == .foreign)
    #expect(table.count == 1)
  }

  @Test func `only so many cancelled ids are remembered, the newest ones`() {
    var table = PendingTable<Int>(firstID: 1)
    var ids: [UInt64] = []
    for number in 0..<5_000 {
      let id = table.open(number)
      ids.append(id)
      _ = table.abandon(id)
    }
    let oldest = table.judgeStray(ids[0])
    let newest = table.judgeStray(ids[4_999])
    #expect(oldest == .foreign)
    #expect(newest == .late)
  }

  @Test func `what is left comes out in the order in which it went in`() {
    var table = PendingTable<Int>(firstID: .max)
    for number in 0..<100 { _ = table.open(number) }
    let even = table.takeAll { $0.isMultiple(of: 2) }
    let odd = table.takeAll()
    #expect(even == Array(stride(from: 0, to: 100, by: 2)))
    #expect(odd == Array(stride(from: 1, to: 100, by: 2)))
    #expect(table.isEmpty)
  }

  /// A server that was stopped before its `initialize` was answered was told to answer requests that
  /// nobody had sent.
  @Test func `late replies to what was left are expected, each once`() {
    var table = PendingTable<Int>(firstID: 40)
    let ids = (0..<3).map { table.open($0) }
    _ = table.takeAll()
    let late = ids.map { table.judgeStray($0) }
    let again = ids.map { table.judgeStray($0) }
    #expect(late == [.late, .late, .late])
    #expect(again == [.foreign, .foreign, .foreign])
  }

  /// The table against a plain list, driven by a fixed pseudo-random sequence.
  @Test func `B26: ten thousand interleaved requests are paired with their own replies`() {
    var table = PendingTable<Int>(firstID: 123)
    var open: [(id: UInt64, value: Int)] = []
    var random: UInt64 = 42
    func next(_ bound: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % bound
    }
    var wrong = 0
    for step in 0..<200_000 {
      if open.isEmpty || (open.count < 10_000 && next(2) == 0) {
        open.append((table.open(step), step))
      } else {
        let (id, value) = open.remove(at: open.count - 1 - next(min(open.count, 8)))
        let entry = next(5) == 0 ? table.abandon(id) : table.take(id)
        if entry != value { wrong += 1 }
      }
    }
    #expect(wrong == 0)
    #expect(table.count == open.count)
  }
}
