import MCP
import Testing

@testable import Gateway

@Suite struct ResourceSubscriptionsTests {
  private func resource(_ uri: String, _ service: Int = 0) -> ResourceSubscriptions.Resource {
    .init(service: service, uri: Array(uri.utf8))
  }

  private func listen(_ number: UInt64) -> ResourceSubscriptions.Subscriber {
    .listen(RequestID(number))
  }

  @Test func `the first asks the service and the last lets it go`() {
    var table = ResourceSubscriptions()
    #expect(table.add(.session, to: resource("a:b"), as: [1]) == true)
    #expect(table.add(listen(1), to: resource("a:b"), as: [2]) == false)
    #expect(table.count == 2)
    #expect(table.remove(.session, from: resource("a:b")) == false)
    #expect(table.remove(.session, from: resource("a:b")) == false)
    #expect(table.remove(listen(1), from: resource("a:b")) == true)
    #expect(table.count == 0)
    #expect(!table.isWanted(resource("a:b")))
  }

  @Test func `a subscriber that leaves lets go only what nobody else wants`() {
    var table = ResourceSubscriptions()
    table.add(listen(1), to: resource("a:1"), as: [])
    table.add(listen(1), to: resource("a:2"), as: [])
    table.add(.session, to: resource("a:2"), as: [])
    #expect(table.removeAll(of: listen(1)) == [resource("a:1")])
    #expect(table.isWanted(resource("a:2")))
  }

  @Test func `an update reaches those who asked for it or for what it is a part of`() {
    var table = ResourceSubscriptions()
    table.add(.session, to: resource("file:///a"), as: Array("mine".utf8))
    table.add(listen(2), to: resource("file:///a/"), as: [])
    table.add(listen(3), to: resource("file:///ab"), as: [])
    table.add(listen(4), to: resource("file:///a", 1), as: [])
    let part = table.recipients(of: Array("file:///a/b/c".utf8), from: 0)
    #expect(Set(part.map(\.subscriber)) == [.session, listen(2)])
    #expect(part.allSatisfy { $0.askedURI == nil })
    let whole = table.recipients(of: Array("file:///a".utf8), from: 0)
    #expect(whole == [.init(subscriber: .session, askedURI: Array("mine".utf8))])
    #expect(table.recipients(of: Array("file:///".utf8), from: 0).isEmpty)
  }

  @Test func `held notices are each kept once, so many at most`() {
    var held = HeldNotices()
    for number in 0..<5_000 { held.add(Array("\(number % 1_500)".utf8)) }
    #expect(held.takeAll().count == HeldNotices.limit)
    #expect(held.dropped > 0)
    #expect(held.isEmpty)
    held.add([1])
    held.add([1])
    #expect(held.takeAll() == [[1]])
  }

  @Test func `the lowest level of the requests in flight counts, and the lowest ever`() {
    var wishes = LogWishes()
    #expect(!wishes.want(.emergency))
    wishes.add(.warning)
    wishes.add(.info)
    #expect(wishes.want(.info) && !wishes.want(.debug))
    wishes.remove(.info)
    #expect(!wishes.want(.notice) && wishes.want(.error))
    wishes.remove(.warning)
    wishes.remove(.warning)
    #expect(wishes.lowest == nil && wishes.lowestEver == .info)
  }
}
