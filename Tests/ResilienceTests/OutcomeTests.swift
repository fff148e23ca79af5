import Resilience
import Testing

@Suite struct OutcomeTests {
  @Test func `H26: what a service says of a call is no ill health`() {
    for outcome in [
      Outcome.answered, .answeredIsError, .answeredError,
    ] {
      #expect(outcome.verdict == .healthy, "\(outcome)")
      #expect(outcome.repetition == .never, "\(outcome)")
    }
  }

  @Test func `H06: what keeps answers from coming is ill health`() {
    for outcome in [Outcome.timedOut, .lost, .notSent, .malformed, .serverTrouble] {
      #expect(outcome.verdict == .ill, "\(outcome)")
    }
  }

  @Test func `what client and gateway do says nothing of the service`() {
    for outcome in [Outcome.cancelled, .refused, .withheld, .fromCache] {
      #expect(outcome.verdict == .nothing, "\(outcome)")
    }
  }

  @Test func `only what nobody has seen goes out again in any case`() {
    #expect(Outcome.notSent.repetition == .always)
    #expect(Outcome.refused.repetition == .always)
    #expect(Outcome.lost.repetition == .ifSafe)
    #expect(Outcome.timedOut.repetition == .ifSafe)
    #expect(Outcome.malformed.repetition == .ifSafe)
    #expect(Outcome.cancelled.repetition == .never)
    #expect(Outcome.serverTrouble.repetition == .never)
  }
}
