import Testing

@testable import Manifest

@Suite struct QuantityTests {
  @Test(arguments: [
    ("250ms", Duration.milliseconds(250)), ("5s", .seconds(5)), ("5m", .seconds(300)),
    ("1h", .seconds(3_600)), ("0s", .zero), ("1000ms", .seconds(1)),
    ("9223372036854775807ms", .milliseconds(Int64.max)),
  ])
  func `M19: a span is a whole number and a unit`(text: String, expected: Duration) {
    #expect(SpanText.parse(text) == expected)
  }

  @Test(arguments: [
    "5", "5 s", " 5s", "5s ", "-1s", "+1s", "1e9h", "1.5s", "05s", "00s", "5S", "5sec", "s", "",
    "5d", "5us", "1h30m", "9223372036854775808ms", "9223372036854775807s", "9223372036854775807h",
    "5\u{3B4}", "\u{665}s", "5s\u{301}", "5m\n", "0x5s", "5_0s", "inf", "nan",
  ])
  func `M19: everything else is no span`(text: String) {
    #expect(SpanText.parse(text) == nil)
  }

  @Test(arguments: [
    ("0B", UInt64(0)), ("100B", 100), ("64KiB", 65_536), ("512MiB", 536_870_912),
    ("2GiB", 2_147_483_648),
  ])
  func `M19: a size is a whole number and a binary unit`(text: String, expected: UInt64) {
    #expect(SizeText.parse(text) == expected)
  }

  @Test(arguments: [
    "5", "5KB", "5MB", "5K", "5kib", "5 MiB", "-5B", "1.5GiB", "05B", "9223372036854775808B",
    "9223372036854775807GiB", "8589934592GiB", "", "B", "1TiB",
  ])
  func `M19: everything else is no size`(text: String) {
    #expect(SizeText.parse(text) == nil)
  }

  @Test func `what is shown can be read again`() {
    for milliseconds in [0, 1, 250, 1_000, 1_500, 60_000, 90_000, 3_600_000, 86_400_000] {
      let span = Duration.milliseconds(milliseconds)
      #expect(SpanText.parse(SpanText.show(span)) == span)
    }
    for size: UInt64 in [0, 1, 1_023, 1_024, 1_025, 8 << 20, 1 << 44] {
      #expect(SizeText.parse(SizeText.show(size)) == size)
    }
    #expect(SpanText.show(.seconds(90)) == "90s")
    #expect(SpanText.show(.zero) == "0s")
    #expect(SizeText.show(8 << 20) == "8MiB")
    #expect(SizeText.show(0) == "0B")
  }
}
