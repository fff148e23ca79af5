import Resilience
import Testing

@Suite struct RetryBudgetTests {
  @Test func `three retries are allowed however little is in flight`() {
    var budget = RetryBudget()
    let answers = (0..<4).map { _ in budget.take(ofInFlight: 1) }
    #expect(answers == [true, true, true, false])
  }

  @Test func `a fifth of what is in flight may be retries`() {
    var budget = RetryBudget()
    let granted = (0..<100).count { _ in budget.take(ofInFlight: 100) }
    #expect(granted == 20)
    #expect(budget.retrying == 20)
  }

  @Test(arguments: [(15, 3), (19, 3), (20, 4), (24, 4), (25, 5), (99, 19), (101, 20), (105, 21)])
  func `the fifth is rounded down`(inFlight: Int, most: Int) {
    #expect(RetryBudget().most(ofInFlight: inFlight) == most)
  }

  @Test func `a retry that ended makes room for another`() {
    var budget = RetryBudget(percent: 0, least: 1)
    let first = budget.take(ofInFlight: 10)
    let second = budget.take(ofInFlight: 10)
    budget.give()
    let third = budget.take(ofInFlight: 10)
    #expect((first, second, third) == (true, false, true))
  }

  @Test func `fewer requests in flight take no retry back, and allow none until enough ended`() {
    var budget = RetryBudget()
    for _ in 0..<10 { _ = budget.take(ofInFlight: 50) }
    let whileTen = budget.take(ofInFlight: 5)
    for _ in 0..<8 { budget.give() }
    let whileTwo = budget.take(ofInFlight: 5)
    #expect((whileTen, whileTwo) == (false, true))
    #expect(budget.retrying == 3)
  }

  @Test func `what makes no sense is taken for what is nearest`() {
    #expect(RetryBudget(percent: -5, least: -1).most(ofInFlight: 1_000) == 0)
    #expect(RetryBudget(percent: 900, least: 0).most(ofInFlight: .max) == .max)
    #expect(RetryBudget().most(ofInFlight: -1) == 3)
    var budget = RetryBudget()
    budget.give()
    #expect(budget.retrying == 0)
  }
}
