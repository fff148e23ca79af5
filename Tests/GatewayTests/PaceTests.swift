import Resilience
import Testing

@testable import Gateway

/// Row B30 on virtual time: how often clients are told and services are asked.
@Suite struct PaceTests {
  private func at(_ milliseconds: Int) -> Instant {
    .zero + .seconds(100) + .milliseconds(milliseconds)
  }

  @Test func `B30: a thousand changes a second are told at most twice a second`() {
    var pace = AnnouncementPace()
    var told: [Int] = []
    var due: Int?
    for millisecond in 0..<10_000 {
      pace.add([.tools, .resources])
      if due == nil || millisecond >= due ?? 0 {
        let now = pace.take(at: at(millisecond))
        if !now.isEmpty { told.append(millisecond) }
        #expect(now.isEmpty || now == [.tools, .resources])
      }
      due = pace.due.map { Int(($0 - at(0)).inMilliseconds) }
    }
    #expect(told.first == 0)
    #expect(told.count == 20)
    #expect(zip(told, told.dropFirst()).allSatisfy { $1 - $0 >= 500 })
  }

  @Test func `a single change is told at once, and the next one after a pause`() {
    var pace = AnnouncementPace()
    #expect(pace.due == nil)
    pace.add([.prompts])
    #expect(pace.take(at: at(0)) == [.prompts])
    #expect(pace.due == nil)
    pace.add([.tools])
    #expect(pace.take(at: at(499)).isEmpty)
    #expect(pace.due == at(500))
    pace.add([.prompts])
    #expect(pace.take(at: at(500)) == [.tools, .prompts])
    #expect(pace.take(at: at(2_000)).isEmpty)
  }

  @Test func `B30: a burst is one refresh, when the service has been quiet`() {
    var pace = RefreshPace()
    for millisecond in 0..<100 { pace.noticed(.tools, at: at(millisecond)) }
    #expect(pace.due == at(99) + RefreshPace.settling)
    pace.began(at: at(150))
    #expect(pace.due == nil)
    #expect(pace.ended() == [.tools])
    #expect(pace.due == nil)
  }

  @Test func `B30: a storm without end is refreshed twice a second, one at a time`() {
    var pace = RefreshPace()
    var begun: [Int] = []
    var endsAt: Int?
    for millisecond in 0..<10_000 {
      pace.noticed(.tools, at: at(millisecond))
      if let end = endsAt, millisecond >= end {
        #expect(pace.ended() == [.tools])
        endsAt = nil
      }
      if let due = pace.due, due <= at(millisecond) {
        #expect(endsAt == nil)
        pace.began(at: at(millisecond))
        begun.append(millisecond)
        endsAt = millisecond + 30
      }
    }
    #expect(begun.count >= 18 && begun.count <= 20, "\(begun)")
    #expect(zip(begun, begun.dropFirst()).allSatisfy { $1 - $0 >= 500 })
  }

  @Test func `what comes while a refresh runs is owed afterwards`() {
    var pace = RefreshPace()
    pace.noticed(.tools, at: at(0))
    pace.began(at: at(50))
    pace.noticed(.prompts, at: at(60))
    #expect(pace.isStale(.tools) && pace.isStale(.prompts) && !pace.isStale(.resources))
    #expect(pace.ended() == [.tools])
    #expect(!pace.isStale(.tools))
    #expect(pace.due == at(550))
  }

  @Test func `a flood of log messages passes at 50 a second, and the rest is counted`() {
    var gate = FloodGate()
    var passed = 0
    for message in 0..<10_000 where gate.admits(at: at(message)) { passed += 1 }
    #expect(passed >= 50 + 49 * 10 && passed <= 50 + 51 * 10, "\(passed)")
    #expect(gate.takeReport(at: at(10_000)) == 10_000 - passed)
    #expect(gate.takeReport(at: at(20_000)) == nil)
    #expect(gate.due == nil)
  }

  @Test func `the gate's limit holds at one below, at, and one above it`() {
    var gate = FloodGate()
    let verdicts = (0..<(FloodGate.burst + 1)).map { _ in gate.admits(at: at(0)) }
    #expect(verdicts.dropLast().allSatisfy { $0 })
    #expect(verdicts.last == false)
    #expect(gate.takeReport(at: at(999)) == nil)
    #expect(gate.takeReport(at: at(1_000)) == 1)
  }
}
