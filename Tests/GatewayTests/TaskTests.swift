import Resilience
import Testing

@testable import Gateway

@Suite struct TaskValueTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(arguments: ["", "1", "a:b", "é\u{0}"])
  func `an id of a task comes back, whatever it is`(own: String) throws {
    let known = TaskName.adding("build-1", to: bytes(own))
    let split = try #require(TaskName.split(known))
    #expect(split.service == bytes("build-1") && split.own == bytes(own))
  }

  @Test func `open tasks count until they end or their time is over`() {
    var tasks = OpenTasks()
    let start = Instant.zero + .seconds(5)
    tasks.made([1], by: 7, token: [9], keptFor: .seconds(10), at: start)
    tasks.made([2], by: 8, token: [], keptFor: nil, at: start)
    #expect(tasks.token(ofCall: 7) == [9])
    #expect(tasks.token(ofCall: 8) == nil)
    tasks.ended([2])
    let early = tasks.isActive(at: start + .seconds(9))
    let late = tasks.isActive(at: start + .seconds(10))
    #expect(early && !late)
    #expect(tasks.token(ofCall: 7) == nil && tasks.count == 0)
  }

  @Test func `T04: times that make no sense are bounded, and so is their number`() {
    var tasks = OpenTasks()
    for number in 0..<(OpenTasks.limit + 5) {
      tasks.made(
        bytes("\(number)"), by: UInt64(number), token: [1],
        keptFor: .milliseconds(Int64.max), at: .zero)
    }
    #expect(tasks.count == OpenTasks.limit)
    let isActive = tasks.isActive(at: .zero + OpenTasks.longestTime)
    #expect(!isActive)
    tasks.made([1], by: 1, token: [], keptFor: .seconds(-5), at: .zero)
    let isStillActive = tasks.isActive(at: .zero)
    #expect(!isStillActive)
  }
}
