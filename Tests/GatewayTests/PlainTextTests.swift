import RawJSON
import Testing

@testable import Gateway

/// S16: what people are shown of a service's question.
@Suite struct PlainTextTests {
  private func cleaned(_ text: String) throws -> String? {
    var json: [UInt8] = []
    JSON.appendQuoted(text.utf8, to: &json)
    let whole = ByteRange(start: 0, end: json.count)
    guard let plain = PlainText.cleaned(whole, in: json.span.bytes) else { return nil }
    return try JSONValue(parsing: plain).stringValue
  }

  @Test(arguments: [
    "\u{0}", "\u{7}", "\r", "\u{1B}", "\u{7F}", "\u{9B}", "\u{200B}", "\u{202E}", "\u{2060}",
    "\u{2067}", "\u{FEFF}", "\u{E0041}",
  ])
  func `S16: what nobody sees is taken out`(character: String) throws {
    #expect(try cleaned("a\(character)b") == "ab")
  }

  @Test(arguments: [
    "", "plain", "two\nlines\tand a tab", "é 日本 \u{1F469}\u{200D}\u{1F680}", "نص\u{200F}",
    "\u{5D0}\u{200E}", "می\u{200C}خواهم",
  ])
  func `S16: text that scripts need stays as it is`(text: String) throws {
    #expect(try cleaned(text) == nil)
  }

  @Test func `S16: what is no string is left alone`() {
    let json = Array(#"{"a":1}"#.utf8)
    #expect(
      PlainText.cleaned(ByteRange(start: 0, end: json.count), in: json.span.bytes) == nil)
    #expect(PlainText.cleaned(.absent, in: json.span.bytes) == nil)
  }
}
