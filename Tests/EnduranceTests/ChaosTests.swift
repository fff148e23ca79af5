import Endurance
import Testing

/// Reliability 5.2 and 5.3, at a size for every change: `make chaos` and `make soak` have the rest.
@Suite(.serialized) struct ChaosTests {
  /// Ten seeds with a tenth of the calls of `make chaos`.
  @Test(arguments: UInt64(1)...10)
  func `after chaos all ledgers agree and everything has recovered`(seed: UInt64) throws {
    let report = try ChaosRun(ChaosRun.Settings(seed: seed, calls: 10_000)).run()
    #expect(report.disagreements == [], "\(report.line)")
    #expect(report.deeds.contains { $0.kind.harms })
  }

  @Test func `after three hours of soak nothing is left that was not there before`() throws {
    let report = try SoakRun(SoakRun.Settings(seed: 1, hours: 3, hour: .seconds(1))).run()
    #expect(report.faults == [])
    #expect(report.points.count == 3)
  }
}
