import Health
import Testing

@Suite struct ScoreTests {
  private func figures(
    _ name: String = "a", calls: Int = 100, failures: Int = 0, median: Int = 10, p95: Int = 20
  ) -> ServiceFigures {
    var figures = ServiceFigures(name: name)
    figures.calls = calls
    figures.failures = failures
    figures.median = .milliseconds(median)
    figures.p95 = .milliseconds(p95)
    figures.uptimePercent = 100
    figures.observed = .seconds(7_200)
    return figures
  }

  @Test func `too few calls give no note`() {
    #expect(Score(figures(calls: 4)).value == nil)
    #expect(Score(figures(calls: 5)).value == 100)
  }

  @Test func `failures, absence and slowness lower it`() {
    #expect(Score(figures(failures: 10)).value == 90)
    #expect(Score(figures(failures: 50)).value == 50)
    var absent = figures()
    absent.uptimePercent = 50
    #expect(Score(absent).value == 85)
    #expect(Score(figures(p95: 2_500)).value == 90)
    #expect(Score(figures(failures: 100, p95: 60_000)).value == 30)
  }

  @Test func `advice names its evidence`() {
    var bad = figures("git", calls: 40, failures: 12)
    bad.restarts = 4
    bad.slowestTool = ("git_log", .milliseconds(9_120), 30)
    let texts = Score(bad).advice.map(\.text)
    #expect(Score(bad).advice.map(\.kind) == [.flaky, .restarts, .slow])
    #expect(texts[0].hasPrefix("12 of 40 calls failed (30 %)"))
    #expect(texts[1].contains("4 times in 2 h"))
    #expect(texts[2].hasPrefix("95 % of 30 calls of 'git_log' took up to 9.12 s"))
  }

  @Test func `nothing is advised of a service that does well`() {
    #expect(Score(figures()).advice == [])
  }

  @Test func `a service that was never used is named after an hour`() {
    var unused = figures(calls: 0)
    unused.observed = .seconds(3_599)
    #expect(Score(unused).advice == [])
    unused.observed = .seconds(3_600)
    #expect(Score(unused).advice.map(\.kind) == [.unused])
  }

  @Test func `a faster mate of lower priority should come first`() {
    let slow = figures("slow", median: 900)
    var fast = figures("fast", median: 400)
    fast.priority = 40
    let advice = Score(slow, mates: [fast]).advice
    #expect(advice.map(\.kind) == [.priority])
    #expect(advice.first?.text.contains("'fast' answers in 400 ms (median of 100)") == true)
    #expect(Score(slow, mates: [figures("other", median: 600)]).advice == [])
    #expect(Score(slow, mates: [figures("rare", calls: 19, median: 1)]).advice == [])
    #expect(Score(slow, mates: [figures("flaky", failures: 1, median: 1)]).advice == [])
    fast.priority = 60
    #expect(Score(slow, mates: [fast]).advice == [])
  }
}
