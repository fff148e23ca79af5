import Resilience
import Routing
import Testing

@Suite struct RouteTests {
  private func order(_ candidates: Candidate...) -> [String] {
    Route(candidates).places.map(\.candidate.name)
  }

  private func open(_ milliseconds: Int64) -> Candidate.Health {
    .open(until: Instant(nanoseconds: milliseconds * 1_000_000))
  }

  @Test func `higher priority comes first, however much it has to do`() {
    let route = order(
      Candidate(service: 0, name: "a", priority: 10),
      Candidate(service: 1, name: "b", priority: 90, inFlight: 500))
    #expect(route == ["b", "a"])
  }

  @Test func `of one priority those that are up come before degraded ones`() {
    let route = order(
      Candidate(service: 0, name: "a", health: .degraded),
      Candidate(service: 1, name: "b", inFlight: 9),
      Candidate(service: 2, name: "c", priority: 60, health: .degraded))
    #expect(route == ["c", "b", "a"])
  }

  @Test func `one that is to be asked comes before the others of its priority`() {
    let route = order(
      Candidate(service: 0, name: "a"),
      Candidate(service: 1, name: "b", health: .due, inFlight: 9),
      Candidate(service: 2, name: "c", priority: 60))
    #expect(route == ["c", "b", "a"])
  }

  @Test func `of equal ones the least busy comes first, then the one that runs, then by name`() {
    let route = order(
      Candidate(service: 0, name: "d", inFlight: 2), Candidate(service: 1, name: "c"),
      Candidate(service: 2, name: "b", isRunning: false), Candidate(service: 3, name: "a"))
    #expect(route == ["a", "c", "b", "d"])
  }

  @Test func `those that are not there come last, whatever their priority`() {
    let route = order(
      Candidate(service: 0, name: "a", priority: 90, health: .down),
      Candidate(service: 1, name: "b", priority: 80, health: .recovering),
      Candidate(service: 2, name: "c", priority: 10),
      Candidate(service: 3, name: "d", priority: 99, health: open(5)))
    #expect(route == ["c", "a", "b", "d"])
  }

  @Test func `the one that had the last call keeps it while it is there`() {
    let kept = Candidate(service: 0, name: "a", priority: 10, inFlight: 7, isKept: true)
    #expect(order(kept, Candidate(service: 1, name: "b", priority: 90)) == ["a", "b"])
    var gone = kept
    gone.health = .down
    #expect(order(gone, Candidate(service: 1, name: "b", priority: 90)) == ["b", "a"])
  }

  @Test func `a call never goes to an open breaker, and says when it may`() {
    let route = Route([
      Candidate(service: 0, name: "a", health: open(700)),
      Candidate(service: 1, name: "b", health: open(300)),
    ])
    #expect(route.next() == nil)
    #expect(route.retryAt == Instant(nanoseconds: 300_000_000))
    let other = Route([
      Candidate(service: 0, name: "a", health: open(700)),
      Candidate(service: 1, name: "b", health: .down),
    ])
    #expect(other.next() == 1)
    #expect(other.retryAt == nil)
  }

  @Test func `each is tried once`() {
    let route = Route((0..<3).map { Candidate(service: $0, name: "\($0)") })
    #expect(route.next() == 0)
    #expect(route.next(without: [0]) == 1)
    #expect(route.next(without: [1, 0]) == 2)
    #expect(route.next(without: [2, 1, 0]) == nil)
  }

  @Test func `those with more priority that are gone are brought back in the background`() {
    let route = Route([
      Candidate(service: 0, name: "a", priority: 90, health: .recovering),
      Candidate(service: 1, name: "b", priority: 50),
      Candidate(service: 2, name: "c", priority: 10, health: .down),
      Candidate(service: 3, name: "d", priority: 90, health: open(1)),
    ])
    #expect(route.next() == 1)
    #expect(route.waiting == [0])
    #expect(Route([Candidate(service: 0, name: "a", health: .down)]).waiting == [])
  }

  @Test func `every place has its reason`() {
    let route = Route([
      Candidate(service: 0, name: "a", priority: 80), Candidate(service: 1, name: "b"),
      Candidate(service: 2, name: "c", inFlight: 3),
      Candidate(service: 3, name: "d", health: .degraded),
      Candidate(service: 4, name: "e", priority: 99, health: open(800)),
    ])
    let reasons = route.places.map { "\($0.candidate.name): \($0.reason(at: .zero))" }
    #expect(
      reasons == [
        "a: priority 80, up, first", "b: priority 50, up, lower priority",
        "c: priority 50, up, 3 in flight, more in flight",
        "d: priority 50, degraded, less healthy",
        "e: priority 99, open for 800 ms, behind those that are there",
      ])
    #expect(route.places.map(\.isUsable) == [true, true, true, true, false])
  }

  /// Reliability 5.3: whatever the candidates, the order is one and open ones are never next.
  @Test func `the order does not depend on the order in which candidates are given`() {
    var random = SystemRandomNumberGenerator()
    let healths: [Candidate.Health] = [.up, .degraded, .down, .recovering, open(3), open(9)]
    for _ in 0..<2000 {
      let count = Int.random(in: 1...6, using: &random)
      let candidates = (0..<count).map { index in
        Candidate(
          service: index, name: "s\(index)", priority: .random(in: 0...2, using: &random) * 50,
          health: healths[.random(in: 0..<6, using: &random)],
          inFlight: .random(in: 0...2, using: &random),
          isRunning: .random(using: &random), isKept: index == 2)
      }
      let route = Route(candidates)
      #expect(route == Route(candidates.shuffled(using: &random)), "\(candidates)")
      if let next = route.next(), case .open = candidates[next].health {
        Issue.record("\(candidates)")
      }
      #expect((route.next() == nil) == (route.retryAt != nil))
      // The first of them all is found without a route where nothing is wrong with any.
      let first = candidates.reduce(nil as Candidate?) { best, next in
        best.map { next.precedes($0) ? next : $0 } ?? next
      }
      #expect(first == route.places.first?.candidate)
      if candidates.allSatisfy(\.isPresent) {
        #expect(route.next() == first?.service && route.waiting == [])
      }
    }
  }
}
