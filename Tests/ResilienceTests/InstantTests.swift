import Resilience
import Testing

@Suite struct InstantTests {
  @Test func `T04: adding any duration saturates instead of trapping`() {
    #expect(Instant(nanoseconds: 5) + .seconds(Int64.max) == .distantFuture)
    #expect(Instant(nanoseconds: -5) + .seconds(Int64.min) == Instant(nanoseconds: .min))
    #expect(Instant.distantFuture - Instant(nanoseconds: -1) == .nanoseconds(Int64.max))
  }

  @Test func `milliseconds round up so that a timer never fires early`() {
    #expect(Duration.nanoseconds(1).inMilliseconds == 1)
    #expect(Duration.milliseconds(20).inMilliseconds == 20)
    #expect(Duration.seconds(-3).inMilliseconds == 0)
  }
}
