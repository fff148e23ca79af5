import MCP
import RawJSON
import Testing

@testable import Backend

/// B26: the tables of three services against an oracle that is nothing but lists, driven by a
/// million random events. Request ids are of every legal kind.
@Suite struct PendingTableModelTests {
  /// What the oracle knows of one service: a state for every request, by its number.
  private struct Oracle {
    enum State {
      case open(RequestID)
      case answered
      case abandoned(order: Int)
      case forgiven
    }

    let first: UInt64
    var requests: [State] = []
    var abandonedCount = 0
    var openCount = 0

    mutating func open(_ client: RequestID) -> UInt64 {
      requests.append(.open(client))
      openCount += 1
      return first + UInt64(requests.count - 1)
    }

    mutating func take(_ id: UInt64, abandons: Bool) -> RequestID? {
      guard let index = index(id), case .open(let client) = requests[index] else { return nil }
      requests[index] = abandons ? .abandoned(order: abandonedCount) : .answered
      if abandons { abandonedCount += 1 }
      openCount -= 1
      return client
    }

    /// Whether a reply that answers nothing is one to be expected.
    mutating func isLate(_ id: UInt64) -> Bool {
      guard let index = index(id), case .abandoned(let order) = requests[index],
        order >= abandonedCount - PendingTable<RequestID>.rememberedIDs
      else { return false }
      requests[index] = .forgiven
      return true
    }

    private func index(_ id: UInt64) -> Int? {
      guard id >= first, id - first < UInt64(requests.count) else { return nil }
      return Int(id - first)
    }
  }

  private struct Random {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
  }

  /// An id of one of the legal kinds; another number gives another id.
  private func clientID(_ number: Int) -> RequestID? {
    let text =
      switch number % 6 {
      case 0: "\(number)"
      case 1: "-\(number)"
      case 2: "\"\(number)\""
      case 3: "\(number).0"
      case 4: #""\u0061\#(number)""#
      default: #""é\#(number)""#
      }
    let bytes = Array(text.utf8)
    return RequestID(.init(start: 0, end: bytes.count), in: bytes.span.bytes)
  }

  @Test func `B22, B23, B26: every reply finds its own request, and no other does`() {
    var random = Random(state: 20_260_728)
    var wrong = 0
    var mostOpen = 0
    var incarnation: UInt32 = 1
    func fresh() -> (table: PendingTable<RequestID>, oracle: Oracle) {
      incarnation &+= 1_000_003
      return (PendingTable(firstID: incarnation), Oracle(first: UInt64(incarnation)))
    }
    var services = [fresh(), fresh(), fresh()]
    for event in 0..<1_000_000 {
      let index = random.below(3)
      let open = services[index].oracle.openCount
      let issued = services[index].oracle.requests.count
      let isGrowing = event % 200_000 < 60_000
      // An id of this service, of another, of an earlier incarnation, or of nobody.
      let reference = services[random.below(40) == 0 ? random.below(3) : index].oracle.first
      let offset = random.below(64) == 0 ? random.below(1 << 20) : random.below(max(1, issued + 2))
      let id = reference &+ UInt64(offset)
      switch random.below(100) {
      case 0..<(isGrowing ? 80 : 30) where open < 3_400:
        guard let client = clientID(event) else {
          return #expect(Bool(false), "the id is not legal")
        }
        let given = services[index].table.open(client)
        if given != services[index].oracle.open(client) { wrong += 1 }
      case ..<85:
        let found = services[index].table.take(id)
        let expected = services[index].oracle.take(id, abandons: false)
        if found != expected { wrong += 1 }
        if found == nil {
          let judged = services[index].table.judgeStray(id)
          if (judged == .late) != services[index].oracle.isLate(id) { wrong += 1 }
        }
      case ..<99:
        let found = services[index].table.abandon(id)
        if found != services[index].oracle.take(id, abandons: true) { wrong += 1 }
      default:
        guard random.below(200) == 0 else { continue }
        // The process dies: all of its requests come out, and another takes its place.
        let all = services[index].table.takeAll()
        if all.count != services[index].oracle.openCount { wrong += 1 }
        services[index] = fresh()
      }
      if services[index].table.count != services[index].oracle.openCount { wrong += 1 }
      mostOpen = max(mostOpen, services.reduce(0) { $0 + $1.table.count })
    }
    #expect(wrong == 0)
    #expect(mostOpen > 9_000, "\(mostOpen)")
  }
}
