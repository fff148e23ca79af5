import Resilience
import Testing

/// Item 6 and the acceptance of rate lanes, in virtual time: 10,000 calls, 50 at a time, against
/// servers that count in the two ways servers count.
struct RateLaneSimulationTests {
  enum Window: Sendable, CaseIterable { case sliding, fixed }

  /// Counts as servers do: all requests, those it rejects too.
  private struct Server {
    let rate: Int
    let window: Window
    var hits: [Instant] = []
    /// Hits before it are older than a minute.
    var first = 0
    var count = 0
    var opened = Instant.zero
    private let minute = Duration.seconds(60)

    init(rate: Int, window: Window) { (self.rate, self.window) = (rate, window) }

    /// Nil accepts, or the Retry-After.
    mutating func receive(at now: Instant) -> Duration? {
      switch window {
      case .fixed:
        // Windows begin at 17 s past the minute of the client's clock.
        while now - opened >= minute { (opened, count) = (opened + minute, 0) }
        count += 1
        return count > rate ? opened + minute - now + .seconds(1) : nil
      case .sliding:
        hits.append(now)
        while hits[first] + minute <= now { first += 1 }
        guard hits.count - first > rate else { return nil }
        return .seconds(max(1, (hits[first] + .seconds(61) - now).components.seconds))
      }
    }
  }

  private struct Result {
    var answered = 0
    var rejected = 0
    var refused = 0
    var earliestAfterPause = true
    var end = Instant.zero
  }

  /// Latencies are drawn anew for each request, so that requests arrive in another order than sent.
  private func run(
    calls: Int, declared: Int, server: Server, deadline: Duration, seed: UInt64
  ) -> Result {
    var (lane, server, random) = (
      RateLane([RateLimit("requests", rate: .init(declared, each: .seconds(60)), inFlight: 50)]),
      server, Random(seed: seed)
    )
    server.opened = .zero + .seconds(-17)
    var result = Result()
    var agenda = Agenda()
    var begun = 0
    var pauseEnd = Instant.zero
    var now = Instant.zero

    func send(_ ticket: RateLane.Ticket) {
      if now < pauseEnd { result.earliestAfterPause = false }
      agenda.add(now + .milliseconds(1 + random.next(200)), .arrives(ticket))
    }
    func begin() {
      while begun < calls && begun - result.answered - result.refused < 50 {
        begun += 1
        ask(nil)
      }
    }
    func ask(_ retryOf: RateLane.Ticket?) {
      let demand = RateLane.Demand(limits: [0], deadline: .zero + deadline, retryOf: retryOf)
      switch lane.request(demand, at: now) {
      case .admitted(let ticket): send(ticket)
      case .waits: break
      case .refused: result.refused += 1
      }
    }
    begin()
    while result.answered + result.refused < calls {
      guard let next = agenda.next(with: lane.nextEvent(after: now)) else { break }
      now = next.time
      switch next.event {
      case .arrives(let ticket):
        let rejection = server.receive(at: now)
        agenda.add(now + .milliseconds(1 + random.next(200)), .returns(ticket, rejection))
      case .returns(let ticket, nil):
        lane.answered(ticket, at: now)
        lane.accepted()
        result.answered += 1
      case .returns(let ticket, let pause?):
        lane.answered(ticket, at: now)
        result.rejected += 1
        pauseEnd = max(pauseEnd, now + pause)
        result.refused += lane.rejected(retryAfter: pause, at: now).count
        ask(ticket)
      case nil: break
      }
      begin()
      for ticket in lane.advance(at: now) { send(ticket) }
    }
    result.end = now
    return result
  }

  @Test(arguments: zip(Window.allCases, [1, 2] as [UInt64]))
  func `10,000 calls at the declared rate meet no 429 and are all answered in time`(
    window: Window, seed: UInt64
  ) {
    let result = run(
      calls: 10_000, declared: 6000, server: Server(rate: 6000, window: window),
      deadline: .seconds(300), seed: seed)
    #expect(result.rejected == 0)
    #expect(result.answered == 10_000)
    // The second window is used from its beginning on.
    #expect(result.end < .zero + .seconds(130))
  }

  @Test(arguments: zip(Window.allCases, [1, 2] as [UInt64]))
  func `with half the declared rate nothing is sent before Retry-After is over, and none is lost`(
    window: Window, seed: UInt64
  ) {
    let result = run(
      calls: 10_000, declared: 6000, server: Server(rate: 3000, window: window),
      deadline: .seconds(300), seed: seed)
    #expect(result.rejected > 0)
    #expect(result.earliestAfterPause)
    #expect(result.answered == 10_000)
    #expect(result.refused == 0)
  }

  @Test
  func `calls that cannot be sent by their deadline are refused at once`() {
    let result = run(
      calls: 1000, declared: 150, server: Server(rate: 150, window: .sliding),
      deadline: .seconds(100), seed: 4)
    #expect(result.rejected == 0)
    #expect(result.answered == 300)
    #expect(result.refused == 700)
    #expect(result.end < .zero + .seconds(100))
  }
}

/// What is to come, in order of time.
private struct Agenda {
  enum Event {
    case arrives(RateLane.Ticket)
    case returns(RateLane.Ticket, Duration?)
  }

  private var entries: [(time: Instant, event: Event)] = []

  mutating func add(_ time: Instant, _ event: Event) {
    let index = entries.firstIndex { $0.time <= time } ?? entries.count
    entries.insert((time, event), at: index)
  }

  /// The next entry, or the time at which the lane has something to do if that is earlier.
  mutating func next(with other: Instant?) -> (time: Instant, event: Event?)? {
    guard let last = entries.last else { return other.map { ($0, nil) } }
    if let other, other < last.time { return (other, nil) }
    entries.removeLast()
    return (last.time, last.event)
  }
}

/// xorshift64*, so that a failure can be repeated by its seed.
private struct Random {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  mutating func next(_ bound: Int) -> Int {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return Int((state &* 0x2545_f491_4f6c_dd1d) >> 33) % max(1, bound)
  }
}
