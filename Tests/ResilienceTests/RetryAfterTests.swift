import Resilience
import Testing

/// Row H05: what servers say in `Retry-After`.
struct RetryAfterTests {
  /// Sun, 06 Nov 1994 08:49:37 GMT
  private let moment: Int64 = 784_111_777

  @Test(arguments: [
    ("0", 0), ("1", 1), ("120", 120), (" 7\t", 7), ("007", 7), ("1000000000", 1_000_000_000),
  ])
  func `seconds are taken as they are`(field: String, seconds: Int) {
    #expect(RetryAfter.delay(field, date: nil, wallClock: moment) == .seconds(seconds))
  }

  @Test
  func `more than a hundred years is a hundred years`() {
    let field = String(repeating: "9", count: 40)
    #expect(RetryAfter.delay(field, date: nil, wallClock: 0) == .seconds(3_155_760_000))
  }

  @Test(arguments: [
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
  ])
  func `T03: a moment in each form counts from the clock, and one that is past is now`(
    field: String
  ) {
    #expect(RetryAfter.delay(field, date: nil, wallClock: moment - 90) == .seconds(90))
    #expect(RetryAfter.delay(field, date: nil, wallClock: moment + 90) == .zero)
  }

  @Test
  func `T03: a moment counts from the server's own clock where it tells it`() {
    let delay = RetryAfter.delay(
      "Sun, 06 Nov 1994 08:49:37 GMT", date: "Sun, 06 Nov 1994 08:49:07 GMT", wallClock: 0)
    #expect(delay == .seconds(30))
    let junk = RetryAfter.delay(
      "Sun, 06 Nov 1994 08:49:37 GMT", date: "yesterday", wallClock: moment - 5)
    #expect(junk == .seconds(5))
  }

  @Test(arguments: [
    ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 29 Feb 2000 23:59:60 GMT", 951_868_800),
    ("Wed, 31 Dec 2036 23:59:59 GMT", 2_114_380_799),
    ("Fri, 01 Jan 2100 00:00:00 GMT", 4_102_444_800),
    ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
  ])
  func `dates become seconds`(field: String, seconds: Int) {
    #expect(RetryAfter.delay(field, date: nil, wallClock: 0) == .seconds(seconds))
  }

  @Test
  func `a year of two digits is at most fifty years ahead`() {
    // Counted in 2026.
    let now: Int64 = 1_795_000_000
    #expect(
      RetryAfter.delay("Saturday, 01-Jan-28 00:00:00 GMT", date: nil, wallClock: now)
        == .seconds(1_830_297_600 - now))
    #expect(
      RetryAfter.delay("Saturday, 01-Jan-94 00:00:00 GMT", date: nil, wallClock: now) == .zero)
  }

  @Test(arguments: [
    "", " ", "-1", "+1", "1.5", "1e3", "0x10", "soon", "1, 2", "１２", "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
    "Xxx, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
    "Mon, 29 Feb 2100 00:00:00 GMT", "Sun, 06 Nov 1994 08:49 GMT", "2026-11-21T07:00:00Z",
    "Sun, 06 Nov 1994 08:49:37 GMT and more", "\u{0}1",
  ])
  func `junk is nothing`(field: String) {
    #expect(RetryAfter.delay(field, date: nil, wallClock: moment) == nil)
  }

  @Test
  func `a field of a megabyte is nothing`() {
    let field = String(repeating: "1", count: 1 << 20)
    #expect(RetryAfter.delay(field, date: nil, wallClock: moment) == nil)
  }
}
