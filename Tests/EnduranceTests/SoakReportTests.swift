import Endurance
import Testing

/// Figures that rise must be found out.
@Suite struct SoakReportTests {
  private func points(_ memory: (Int) -> Int) -> [QuietPoint] {
    (0..<24).map { hour in
      var point = QuietPoint(hour: hour, calls: hour * 100)
      point.memory = memory(hour)
      point.descriptors = 40
      point.children = 8
      return point
    }
  }

  @Test func `figures that stay are fine, whatever the beginning costs and however they shake`() {
    let report = SoakReport(points: points { $0 < 3 ? 5_000 : 20_000 + $0 % 3 * 100 })
    #expect(report.faults == [])
  }

  @Test func `a leak of a hundred KiB an hour is found`() {
    let faults = SoakReport(points: points { 20_000 + $0 * 100 }).faults
    #expect(faults.count == 1 && faults[0].contains("memory grows"), "\(faults)")
  }

  @Test func `one descriptor too many is found, and a child`() {
    var all = points { _ in 20_000 }
    all[7].descriptors = 41
    all[9].children = 9
    #expect(
      SoakReport(points: all).faults == [
        "hour 7: 41 descriptors, and 40 at the beginning",
        "hour 9: 9 children, and 8 at the beginning",
      ])
  }

  @Test func `too many connections are found, and connections that stay`() {
    var all = points { _ in 20_000 }
    all[3].connections = 100
    #expect(SoakReport(points: all).faults == [])
    all[7].connections = 2_001
    #expect(SoakReport(points: all).faults == ["hour 7: 2001 connections to servers"])
    for hour in all.indices { all[hour].connections = hour * 10 }
    #expect(
      SoakReport(points: all).faults
        == ["230 connections to servers in the end, and 120 by noon"])
  }

  @Test func `no quiet point at all is a fault`() {
    #expect(SoakReport().faults == ["there was no quiet point"])
  }
}
