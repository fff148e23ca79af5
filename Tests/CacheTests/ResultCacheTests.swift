import Cache
import RawJSON
import Resilience
import Testing

@Suite struct ResultCacheTests {
  private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

  private func key(_ text: String) -> ResultCache.Key { ResultCache.Key(Array(text.utf8)) }

  private func value(
    _ text: String, until seconds: Int64 = 100, usable: Int64 = 0, owner: Int = 1,
    label: String = "find"
  ) -> Value {
    let terms = ResultCache.Terms(
      owner: owner, label: Array(label.utf8), expires: at(seconds), usableUntil: at(usable))
    return Value(bytes: Array(text.utf8), terms: terms)
  }

  private func text(_ bytes: RefilledBytes?) -> String? {
    bytes.map { String(decoding: $0.array, as: UTF8.self) }
  }

  private func found(_ text: String) -> ResultCache.Finding {
    .value(RefilledBytes(Array(text.utf8).span.bytes))
  }

  @Test func `a value is good until its time is over`() {
    var cache = ResultCache()
    cache.store(value("one", until: 10), under: key("k"))
    let before = cache.value(key("k"), at: at(9))
    let after = cache.value(key("k"), at: at(10))
    #expect(text(before) == "one")
    #expect(after == nil && cache.count == 0 && cache.byteCount == 0)
  }

  @Test func `the memory of one value serves the next, and what was given is not touched`() {
    var cache = ResultCache(.init(entries: 1))
    cache.store(value("first"), under: key("a"))
    let given = cache.value(key("a"), at: at(0))
    for (name, words) in [("b", "2nd"), ("c", "the third"), ("d", ""), ("e", "fifth")] {
      cache.store(value(words), under: key(name))
      let kept = cache.value(key(name), at: at(0))
      #expect(text(kept) == words && cache.count == 1)
    }
    #expect(text(given) == "first")
  }

  @Test func `bytes count with the memory that is spare, and go when nothing is kept`() {
    var cache = ResultCache(.init(entries: 2, bytes: 1 << 20))
    cache.store(value(String(repeating: "x", count: 1_000)), under: key("a"))
    let first = cache.byteCount
    cache.removeAll()
    #expect(cache.byteCount == 0)
    cache.store(value(String(repeating: "x", count: 600)), under: key("b"))
    #expect(cache.byteCount == first)
    cache.removeAll()
    // Less than half of it: the memory is let go.
    cache.store(value(String(repeating: "x", count: 400)), under: key("c"))
    #expect(cache.byteCount == first - 600)
  }

  @Test func `a value that may stand in stays for that, and is no hit`() {
    var cache = ResultCache()
    cache.store(value("one", until: 10, usable: 30), under: key("k"))
    let late = cache.value(key("k"), at: at(20))
    #expect(late == nil)
    #expect(text(cache.staleValue(key("k"), at: at(20))) == "one")
    #expect(cache.staleValue(key("k"), at: at(30)) == nil)
    _ = cache.value(key("k"), at: at(31))
    #expect(cache.count == 0)
  }

  @Test func `the least recently used goes first`() {
    var cache = ResultCache(.init(entries: 3))
    for name in ["a", "b", "c"] { cache.store(value(name), under: key(name)) }
    _ = cache.value(key("a"), at: at(0))
    cache.store(value("d"), under: key("d"))
    let left = ["a", "b", "c", "d"].filter { cache.staleOrGood(key($0), at(0)) }
    #expect(left == ["a", "c", "d"])
  }

  @Test func `bytes are bounded, and what is too large is not kept`() {
    var cache = ResultCache(.init(entries: 1000, bytes: 10_000, entryBytes: 3_000))
    for number in 0..<100 {
      cache.store(value(String(repeating: "x", count: 1_000)), under: key("\(number)"))
      #expect(cache.byteCount <= 10_000)
    }
    #expect(cache.count == 8)
    cache.store(value(String(repeating: "x", count: 3_000)), under: key("large"))
    #expect(!cache.staleOrGood(key("large"), at(0)) && cache.count == 8)
  }

  @Test func `a cache without room keeps nothing`() {
    var cache = ResultCache(.init(entries: 0))
    cache.store(value("one"), under: key("k"))
    #expect(cache.count == 0)
  }

  @Test func `a write takes away what it names, of its own service`() {
    var cache = ResultCache()
    cache.store(value("1", owner: 1, label: "find"), under: key("1"))
    cache.store(value("2", owner: 1, label: "count"), under: key("2"))
    cache.store(value("3", owner: 2, label: "find"), under: key("3"))
    cache.removeAll(of: 1) { $0 == Array("find".utf8) }
    let left = ["1", "2", "3"].filter { cache.staleOrGood(key($0), at(0)) }
    #expect(left == ["2", "3"])
  }

  @Test func `a later value takes the place of the earlier one`() {
    var cache = ResultCache()
    cache.store(value("old"), under: key("k"))
    cache.store(value("new"), under: key("k"))
    let found = cache.value(key("k"), at: at(0))
    #expect(text(found) == "new" && cache.count == 1)
  }

  // MARK: Flights

  private func place(_ finding: ResultCache.Finding) throws -> ResultCache.Place {
    guard case .begun(let place) = finding else { throw NoFlight() }
    return place
  }

  private struct NoFlight: Error {}

  @Test func `S17: the first who looks for what is missing begins, others are told`() throws {
    var cache = ResultCache()
    let flight = try place(cache.look(for: key("k"), at: at(0)))
    let second = cache.look(for: key("k"), at: at(0))
    let other = cache.look(for: key("l"), at: at(0))
    #expect(second == .underWay(flight))
    #expect(try place(other) != flight)
    #expect(cache.count == 0)
    cache.land(value("one", until: 10), at: flight)
    let found = cache.look(for: key("k"), at: at(0))
    #expect(found == self.found("one") && cache.count == 1)
  }

  @Test func `a flight that brings nothing leaves nothing`() throws {
    var cache = ResultCache()
    let flight = try place(cache.look(for: key("k"), at: at(0)))
    cache.giveUp(flight)
    #expect(cache.count == 0)
    // Ended once, it has no say any more, even where its place is another's.
    let next = try place(cache.look(for: key("l"), at: at(0)))
    #expect(next == flight)
    cache.giveUp(next)
    cache.giveUp(next)
    cache.land(value("late"), at: next)
    #expect(cache.count == 0 && cache.byteCount == 0)
    _ = try place(cache.look(for: key("l"), at: at(0)))
  }

  @Test func `a value that may stand in does so while it is asked for anew`() throws {
    var cache = ResultCache()
    cache.store(value("old", until: 10, usable: 30), under: key("k"))
    let flight = try place(cache.look(for: key("k"), at: at(20)))
    #expect(text(cache.staleValue(key("k"), at: at(20))) == "old")
    let second = cache.look(for: key("k"), at: at(20))
    #expect(second == .underWay(flight))
    cache.giveUp(flight)
    #expect(text(cache.staleValue(key("k"), at: at(20))) == "old" && cache.count == 1)
    let again = try place(cache.look(for: key("k"), at: at(21)))
    cache.land(value("new", until: 40), at: again)
    let found = cache.look(for: key("k"), at: at(21))
    #expect(found == self.found("new") && cache.count == 1)
  }

  @Test func `a write takes away what is kept and no flight`() throws {
    var cache = ResultCache()
    cache.store(value("old", until: 10, usable: 30), under: key("k"))
    let flight = try place(cache.look(for: key("k"), at: at(20)))
    cache.removeAll(of: 1) { _ in true }
    #expect(cache.count == 0 && cache.staleValue(key("k"), at: at(20)) == nil)
    let second = cache.look(for: key("k"), at: at(20))
    #expect(second == .underWay(flight))
    cache.land(value("new", until: 40), at: flight)
    #expect(cache.count == 1)
  }

  @Test func `what lands and is too large is not kept`() throws {
    var cache = ResultCache(.init(entries: 10, bytes: 10_000, entryBytes: 500))
    let flight = try place(cache.look(for: key("k"), at: at(0)))
    cache.land(value(String(repeating: "x", count: 500)), at: flight)
    #expect(cache.count == 0 && cache.byteCount == 0)
    _ = try place(cache.look(for: key("k"), at: at(0)))
  }

  /// Against a list that does the same in the plainest way.
  @Test func `S17: whatever is done, it holds what the model holds, within its bounds`() throws {
    var random = SystemRandomNumberGenerator()
    var cache = ResultCache(.init(entries: 8, bytes: 1 << 20))
    var model: [(key: String, value: String)] = []
    var flights: [String: ResultCache.Place] = [:]
    func keep(_ name: String, _ text: String) {
      model.removeAll { $0.key == name }
      if model.count == 8 { model.removeFirst() }
      model.append((name, text))
    }
    for step in 0..<20_000 {
      let name = String(Int.random(in: 0..<20, using: &random))
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        let found = text(cache.value(key(name), at: at(0)))
        let index = model.firstIndex { $0.key == name }
        #expect(found == index.map { model[$0].value })
        if let index { model.append(model.remove(at: index)) }
      case 5..<6:
        cache.store(value("\(step)"), under: key(name))
        keep(name, "\(step)")
      case 6..<8:
        let finding = cache.look(for: key(name), at: at(0))
        let index = model.firstIndex { $0.key == name }
        if let index {
          #expect(finding == self.found(model[index].value))
          model.append(model.remove(at: index))
        } else if let flight = flights[name] {
          #expect(finding == .underWay(flight))
        } else {
          flights[name] = try place(finding)
        }
      case 8..<9:
        guard let flight = flights.removeValue(forKey: name) else { break }
        if Bool.random(using: &random) {
          cache.giveUp(flight)
        } else {
          cache.land(value("\(step)"), at: flight)
          keep(name, "\(step)")
        }
      default:
        if step % 50 == 0 {
          cache.removeAll()
          model = []
        }
      }
      #expect(cache.count == model.count)
    }
  }
}

private struct Value {
  var bytes: [UInt8]
  var terms: ResultCache.Terms
}

extension ResultCache {
  /// Whether anything is kept that is good, without counting as use.
  fileprivate func staleOrGood(_ key: Key, _ now: Instant) -> Bool {
    var copy = self
    return copy.value(key, at: now) != nil
  }

  fileprivate mutating func store(_ value: Value, under key: Key) {
    store(value.bytes.span.bytes, value.terms, under: key)
  }

  fileprivate mutating func land(_ value: Value, at place: Place) {
    land(value.bytes.span.bytes, value.terms, at: place)
  }

  fileprivate mutating func look(for key: Key, at now: Instant) -> Finding {
    look(for: key.bytes.span.bytes, key.digest, at: now)
  }
}
