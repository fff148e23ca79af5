import Resilience
import Testing

@Suite struct BackoffTests {
  @Test func `the bound doubles up to the longest pause`() {
    let pauses = (1...8).map { Backoff().pause(after: $0, random: 1).inMilliseconds }
    #expect(pauses == [50, 100, 200, 400, 800, 1600, 2000, 2000])
  }

  @Test func `a pause lies anywhere between nothing and its bound`() {
    #expect(Backoff().pause(after: 3, random: 0) == .zero)
    #expect(Backoff().pause(after: 3, random: 0.5) == .milliseconds(100))
    #expect(Backoff(first: .zero).pause(after: 1000, random: 1) == .zero)
    #expect(
      Backoff(first: .seconds(9), longest: .seconds(1)).pause(after: 1, random: 1) == .seconds(1))
    #expect(Backoff().pause(after: Int.max, random: 1) == .seconds(2))
  }
}
