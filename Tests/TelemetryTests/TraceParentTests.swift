import Telemetry
import Testing

@Suite struct TraceParentTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let span = "00f067aa0ba902b7"

  private func read(_ text: String) -> TraceParent? { TraceParent(Array(text.utf8)) }

  @Test func `the example of the recommendation is read`() throws {
    let parent = try #require(read("00-\(Self.trace)-\(Self.span)-01"))
    #expect(parent.trace == (0x4bf9_2f35_77b3_4da6, 0xa3ce_929d_0e0e_4736))
    #expect(parent.span == 0x00f0_67aa_0ba9_02b7)
    #expect(parent.isSampled)
    #expect(read("00-\(Self.trace)-\(Self.span)-00")?.isSampled == false)
    #expect(read("00-\(Self.trace)-\(Self.span)-03")?.isSampled == true)
  }

  @Test func `a later version may say more, this one may not`() {
    #expect(read("01-\(Self.trace)-\(Self.span)-01") != nil)
    #expect(read("cc-\(Self.trace)-\(Self.span)-01-what-comes") != nil)
    #expect(read("01-\(Self.trace)-\(Self.span)-01x") == nil)
    #expect(read("00-\(Self.trace)-\(Self.span)-01-more") == nil)
  }

  @Test(arguments: [
    "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-", "00-\(trace)-\(span)-0",
    "ff-\(trace)-\(span)-01", "0x-\(trace)-\(span)-01", "00_\(trace)-\(span)-01",
    "00-\(trace)_\(span)-01", "00-\(trace)-\(span)_01", "00-\(trace)-\(span)-0g",
    "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-\(span)-01", " 00-\(trace)-\(span)-01",
    "00-\(span)-\(trace)-01",
  ])
  func `everything else is none`(text: String) {
    #expect(read(text) == nil)
  }
}
