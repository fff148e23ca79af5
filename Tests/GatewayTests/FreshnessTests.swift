import RawJSON
import Resilience
import Testing

@testable import Gateway

@Suite struct FreshnessTests {
  private let start = Instant.zero

  @Test func `lists are over when the time that the service said is over`() {
    var freshness = Freshness()
    let unknown = freshness.isOver(at: start)
    freshness.found(.milliseconds(50), at: start)
    let early = freshness.isOver(at: start + .milliseconds(49))
    let late = freshness.isOver(at: start + .milliseconds(50))
    freshness.found(nil, at: start)
    let legacy = freshness.isOver(at: start + .seconds(3600))
    #expect([unknown, early, late, legacy] == [true, false, true, false])
  }

  @Test func `a question that began before the wish is asked once more`() {
    var freshness = Freshness()
    freshness.ask(isBeingAsked: true)
    let again = freshness.asked()
    let isStillAsking = freshness.isAsking
    let enough = freshness.asked()
    #expect(again && isStillAsking && !enough && !freshness.isAsking)
  }

  @Test(arguments: [
    ("0", Duration.zero), ("60000", .seconds(60)), ("9007199254740991", Freshness.longest),
    ("-1", nil), ("1.5", nil), ("\"5\"", nil), ("null", nil),
  ])
  func `only a whole number from 0 is a lifetime, and an hour is the longest`(
    text: String, expected: Duration?
  ) {
    let bytes = Array(text.utf8)
    let whole = ByteRange(start: 0, end: bytes.count)
    #expect(Freshness.lifetime(said: whole, in: bytes.span.bytes) == expected)
  }
}
