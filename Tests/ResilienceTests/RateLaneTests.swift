import Resilience
import Testing

struct RateLaneTests {
  private typealias Ticket = RateLane.Ticket

  private func at(_ seconds: Double) -> Instant { .zero + .seconds(seconds) }

  private func demand(
    _ priority: RateLane.Priority = .medium, _ limits: [Int] = [0], cost: Int = 1,
    by deadline: Double = 1000, retryOf: RateLane.Ticket? = nil
  ) -> RateLane.Demand {
    RateLane.Demand(
      priority, limits: limits, cost: cost, deadline: at(deadline), retryOf: retryOf)
  }

  private func lane(rate: Int? = nil, inFlight: Int? = nil) -> RateLane {
    RateLane([
      RateLimit(
        "requests", rate: rate.map { RateLimit.Rate($0, each: .seconds(60)) }, inFlight: inFlight)
    ])
  }

  private func ticket(_ admission: RateLane.Admission) throws -> Ticket {
    switch admission {
    case .admitted(let ticket), .waits(let ticket, _, _): ticket
    case .refused: throw Refused()
    }
  }

  private struct Refused: Error {}

  @Test
  func `a lane without limits admits everything`() {
    var lane = RateLane([])
    for _ in 0..<100 {
      guard case .admitted = lane.request(demand(.low, [0, 7, -1]), at: .zero) else {
        Issue.record("held back")
        return
      }
    }
  }

  @Test
  func `what exceeds the rate waits until the first place comes free`() throws {
    var lane = lane(rate: 2)
    for second in [0.0, 1] {
      let ticket = try ticket(lane.request(demand(), at: at(second)))
      lane.answered(ticket, at: at(second + 0.5))
    }
    let third = lane.request(demand(), at: at(2))
    let waiting = try ticket(third)
    #expect(third == .waits(waiting, until: at(60.5), .rate("requests")))
    #expect(lane.nextEvent(after: at(2)) == at(60.5))
    #expect(lane.advance(at: at(60)) == [])
    #expect(lane.advance(at: at(60.5)) == [waiting])
    #expect(lane.nextEvent(after: at(60.5)) == nil)
  }

  @Test
  func `a wait beyond the deadline fails at once and says how long it would be`() throws {
    var lane = lane(rate: 1)
    lane.answered(try ticket(lane.request(demand(), at: .zero)), at: at(1))
    let refused = lane.request(demand(by: 30), at: at(2))
    #expect(
      refused == .refused(.init(retryAfter: .seconds(59), reason: .rate("requests"))))
    #expect(lane.waiting == 0)
    // The second in the queue is told of its own turn, a window later.
    _ = lane.request(demand(by: 61), at: at(2))
    guard case .refused = lane.request(demand(by: 62), at: at(2)) else {
      Issue.record("it cannot be sent by then")
      return
    }
  }

  @Test
  func `the number at a time is kept, and the end of one lets the next go`() throws {
    var lane = lane(inFlight: 2)
    let first = try ticket(lane.request(demand(), at: .zero))
    _ = lane.request(demand(), at: .zero)
    let third = lane.request(demand(), at: .zero)
    let waiting = try ticket(third)
    #expect(third == .waits(waiting, until: nil, .inFlight("requests")))
    #expect(lane.advance(at: at(500)) == [])
    lane.answered(first, at: at(501))
    #expect(lane.advance(at: at(501)) == [waiting])
    lane.notSent(waiting)
    guard case .admitted = lane.request(demand(), at: at(502)) else {
      Issue.record("the place was not returned")
      return
    }
  }

  @Test
  func `what was never sent does not count for the rate`() throws {
    var lane = lane(rate: 1)
    lane.notSent(try ticket(lane.request(demand(), at: .zero)))
    guard case .admitted = lane.request(demand(), at: at(1)) else {
      Issue.record("counted")
      return
    }
  }

  @Test
  func `H05: Retry-After holds for all, and an earlier end is not taken over`() throws {
    var lane = lane(inFlight: 10)
    let first = try ticket(lane.request(demand(), at: .zero))
    let second = try ticket(lane.request(demand(), at: .zero))
    lane.answered(first, at: at(1))
    #expect(lane.rejected(retryAfter: .seconds(30), at: at(1)).isEmpty)
    lane.answered(second, at: at(2))
    #expect(lane.rejected(retryAfter: .seconds(5), at: at(2)).isEmpty)
    let next = lane.request(demand(), at: at(3))
    let waiting = try ticket(next)
    #expect(next == .waits(waiting, until: at(31), .paused))
    #expect(lane.nextEvent(after: at(3)) == at(31))
    #expect(lane.advance(at: at(30.999)) == [])
    #expect(lane.advance(at: at(31)) == [waiting])
  }

  @Test
  func `H05: who cannot wait as long is refused when the pause begins`() throws {
    var lane = lane(inFlight: 1)
    let first = try ticket(lane.request(demand(), at: .zero))
    let patient = try ticket(lane.request(demand(by: 100), at: .zero))
    let hasty = try ticket(lane.request(demand(by: 10), at: .zero))
    lane.answered(first, at: at(1))
    let refused = lane.rejected(retryAfter: .seconds(60), at: at(1))
    #expect(refused.map(\.ticket) == [hasty])
    #expect(refused.map(\.refusal) == [.init(retryAfter: .seconds(60), reason: .paused)])
    #expect(
      lane.request(demand(by: 20), at: at(2))
        == .refused(.init(retryAfter: .seconds(59), reason: .paused)))
    #expect(lane.advance(at: at(61)) == [patient])
  }

  @Test
  func `H05: a pause of a thousand million seconds is an hour`() {
    var lane = lane()
    _ = lane.rejected(retryAfter: .seconds(1_000_000_000), at: .zero)
    #expect(lane.isPaused(at: at(3599)))
    #expect(!lane.isPaused(at: at(3600)))
  }

  @Test
  func `H05: without a time the pauses double up to a minute, and begin anew`() {
    var lane = lane()
    var now = Instant.zero
    var pauses: [Duration] = []
    for _ in 0..<8 {
      _ = lane.rejected(retryAfter: nil, at: now)
      // Others that were under way are rejected too; that is the same news.
      _ = lane.rejected(retryAfter: nil, at: now + .milliseconds(1))
      let until = lane.pauseEnd ?? now
      pauses.append(until - now)
      now = until
    }
    #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
    lane.accepted()
    _ = lane.rejected(retryAfter: .zero, at: now)
    #expect(lane.pauseEnd == now + .seconds(1))
  }

  @Test
  func `a rejected request keeps its place in the queue`() throws {
    var lane = lane(inFlight: 1)
    let first = try ticket(lane.request(demand(), at: .zero))
    let others = try (0..<3).map { _ in try ticket(lane.request(demand(), at: .zero)) }
    lane.answered(first, at: at(1))
    _ = lane.rejected(retryAfter: .seconds(1), at: at(1))
    _ = lane.request(demand(retryOf: first), at: at(1))
    var order: [Ticket] = []
    for second in 2..<6 {
      order += lane.advance(at: at(Double(second)))
      lane.answered(try #require(order.last), at: at(Double(second)))
    }
    #expect(order == [first] + others)
  }

  @Test
  func `one who gave up leaves the queue`() throws {
    var lane = lane(inFlight: 1)
    let first = try ticket(lane.request(demand(), at: .zero))
    let gone = try ticket(lane.request(demand(), at: .zero))
    let last = try ticket(lane.request(demand(), at: .zero))
    lane.withdraw(gone)
    #expect(lane.waiting == 1)
    lane.answered(first, at: at(1))
    #expect(lane.advance(at: at(1)) == [last])
  }

  @Test
  func `a full class holds up only those who need it`() throws {
    // All count for requests; reads, writes and jobs have numbers of their own.
    var lane = RateLane([
      RateLimit("requests", rate: .init(100, each: .seconds(60))),
      RateLimit("writes", inFlight: 1), RateLimit("jobs", inFlight: 1),
    ])
    _ = lane.request(demand(.high, [0, 1, 2]), at: .zero)
    let second = lane.request(demand(.high, [0, 1, 2]), at: .zero)
    guard case .waits(_, nil, .inFlight("writes")) = second else {
      Issue.record("\(second)")
      return
    }
    guard case .admitted = lane.request(demand(.low, [0]), at: .zero) else {
      Issue.record("a read waits for writes")
      return
    }
  }

  @Test
  func `one that costs much is not passed for ever by those that cost little`() throws {
    var lane = lane(rate: 10)
    for _ in 0..<10 { lane.answered(try ticket(lane.request(demand(), at: .zero)), at: .zero) }
    let batch = try ticket(lane.request(demand(cost: 10), at: at(1)))
    let small = try ticket(lane.request(demand(), at: at(2)))
    #expect(lane.advance(at: at(59)) == [])
    #expect(lane.advance(at: at(60)) == [batch])
    lane.answered(batch, at: at(61))
    #expect(lane.advance(at: at(120)) == [])
    #expect(lane.advance(at: at(121)) == [small])
  }

  @Test
  func `one that costs more than the limit goes alone`() throws {
    var lane = lane(rate: 5, inFlight: 5)
    guard case .admitted(let batch) = lane.request(demand(cost: 10), at: .zero) else {
      Issue.record("it would wait for ever")
      return
    }
    lane.answered(batch, at: at(1))
    let next = lane.request(demand(), at: at(2))
    #expect(next == .waits(try ticket(next), until: at(61), .rate("requests")))
  }

  @Test
  func `priorities share four to two to one while all of them wait, and none starves`() throws {
    var lane = lane(inFlight: 1)
    var running = try ticket(lane.request(demand(), at: .zero))
    var priorities: [Ticket: RateLane.Priority] = [:]
    for priority in RateLane.Priority.allCases.reversed() {
      for _ in 0..<100 {
        priorities[try ticket(lane.request(demand(priority), at: .zero))] = priority
      }
    }
    var counts: [RateLane.Priority: Int] = [:]
    for _ in 0..<70 {
      lane.answered(running, at: .zero)
      running = try #require(lane.advance(at: .zero).first)
      counts[try #require(priorities[running]), default: 0] += 1
    }
    #expect(counts == [.high: 40, .medium: 20, .low: 10])
    // A priority that had nothing to send has saved nothing up.
    for _ in 0..<230 {
      lane.answered(running, at: .zero)
      running = try #require(lane.advance(at: .zero).first)
    }
    #expect(lane.waiting == 0)
  }
}
