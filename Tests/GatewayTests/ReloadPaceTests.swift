import Resilience
import Testing

@testable import Gateway

/// Row M14 on virtual time: when a folder that changes is read.
@Suite struct ReloadPaceTests {
  private func at(_ milliseconds: Int) -> Instant {
    .zero + .seconds(100) + .milliseconds(milliseconds)
  }

  /// The times at which it is read, with changes at these, each reading taking 10 ms.
  private func readings(_ changes: [Int], until end: Int) -> [Int] {
    var pace = ReloadPace()
    var readings: [Int] = []
    var endsAt: Int?
    for millisecond in 0..<end {
      let now = at(millisecond)
      if changes.contains(millisecond) { pace.noticed(at: now) }
      if endsAt == millisecond {
        pace.ended(isTorn: false, at: now)
        endsAt = nil
      }
      if let due = pace.due, due <= now {
        readings.append(millisecond)
        pace.began()
        endsAt = millisecond + 10
      }
    }
    return readings
  }

  @Test func `M14: the steps of one save are one reading, when it is quiet`() {
    #expect(readings([0, 20, 140, 160], until: 3_000) == [310])
  }

  @Test func `M14: a storm of a hundred changes a second is read about every two seconds`() {
    let readings = readings(Array(stride(from: 0, to: 10_000, by: 10)), until: 12_000)
    #expect(zip(readings, readings.dropFirst()).allSatisfy { $1 - $0 >= 150 })
    #expect(readings.count >= 5 && readings.count <= 7, "\(readings)")
    #expect(readings.last ?? 0 > 9_990, "the last change counts")
  }

  @Test func `a change during a reading leads to another one`() {
    #expect(readings([0, 155], until: 3_000) == [150, 310])
  }

  @Test func `a reading that was overtaken by a writer is repeated`() {
    var pace = ReloadPace()
    pace.noticed(at: at(0))
    pace.began()
    #expect(pace.due == nil)
    pace.ended(isTorn: true, at: at(160))
    #expect(pace.due == at(310))
  }

  @Test func `a file that is gone is waited for once, whatever happens meanwhile`() {
    var pace = ReloadPace()
    pace.noticed(at: at(0))
    pace.began()
    pace.ended(isTorn: false, at: at(160))
    pace.doubt(at: at(160))
    pace.noticed(at: at(700))
    #expect(pace.due == at(760))
    pace.began()
    pace.ended(isTorn: false, at: at(770))
    #expect(pace.due == nil)
  }
}
