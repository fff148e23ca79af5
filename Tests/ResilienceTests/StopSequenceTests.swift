import Resilience
import Testing

@Suite struct StopSequenceTests {
  private func at(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }

  @Test func `B13: input closed, asked after two seconds, killed after three more`() {
    var stop = StopSequence()
    #expect(stop.nextDeadline == nil && !stop.isStopping)
    #expect(stop.begin(.calm, at: at(0)) == [.closeInput])
    #expect(stop.isStopping && stop.nextDeadline == at(2000))
    #expect(stop.advance(at: at(1999)) == [])
    #expect(stop.advance(at: at(2000)) == [.askGroup])
    #expect(stop.advance(at: at(4999)) == [])
    #expect(stop.advance(at: at(5000)) == [.killGroup])
    #expect(stop.nextDeadline == nil && stop.isStopping)
    stop.ended()
    #expect(!stop.isStopping)
  }

  @Test func `R11: at the end of the gateway all is forced after 1.3 seconds`() {
    var stop = StopSequence()
    #expect(stop.begin(.shutdown, at: at(0)) == [.closeInput])
    #expect(stop.advance(at: at(1000)) == [.askGroup])
    #expect(stop.advance(at: at(1300)) == [.killGroup])
  }

  @Test func `what ends by itself is neither asked nor killed`() {
    var stop = StopSequence()
    _ = stop.begin(.calm, at: at(0))
    stop.ended()
    #expect(stop.advance(at: at(100_000)) == [])
    #expect(stop.begin(.calm, at: at(100_000)) == [])
    #expect(stop.force() == [])
  }

  @Test func `a shutdown hurries a calm stop and never slows it`() {
    var stop = StopSequence()
    _ = stop.begin(.calm, at: at(0))
    #expect(stop.begin(.shutdown, at: at(500)) == [])
    #expect(stop.nextDeadline == at(1500))
    #expect(stop.advance(at: at(1500)) == [.askGroup])
    #expect(stop.nextDeadline == at(1800))
    #expect(stop.begin(.calm, at: at(1600)) == [])
    #expect(stop.nextDeadline == at(1800))

    var late = StopSequence()
    _ = late.begin(.calm, at: at(0))
    _ = late.begin(.shutdown, at: at(1900))
    #expect(late.nextDeadline == at(2000))
    #expect(late.advance(at: at(2000)) == [.askGroup])
    #expect(late.nextDeadline == at(2300))
  }

  @Test func `a step taken late leaves the next its whole time`() {
    var stop = StopSequence()
    _ = stop.begin(.calm, at: at(0))
    #expect(stop.advance(at: at(60_000)) == [.askGroup])
    #expect(stop.nextDeadline == at(63_000))
  }

  @Test func `force kills at once, and once`() {
    var stop = StopSequence()
    _ = stop.begin(.shutdown, at: at(0))
    #expect(stop.force() == [.killGroup])
    #expect(stop.force() == [])
    #expect(stop.nextDeadline == nil && stop.isStopping)
  }
}
