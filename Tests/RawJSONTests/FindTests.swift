import RawJSON
import Testing

@Suite struct FindTests {
  private let text = Array(
    #" {"a":1,"b":[true,"x",{}],"\u0061b":"é","a":2,"n":-9223372036854775808,"e":"\ud83d\ude00\ud800z"} "#
      .utf8)

  private func whole() throws -> ByteRange { try JSON.validate(text.span.bytes) }

  private func value(_ key: StaticString) throws -> String {
    let range = JSON.member(key, of: try whole(), in: text.span.bytes)
    return String(decoding: JSON.copy(range, in: text.span.bytes), as: UTF8.self)
  }

  @Test func `finds the first member of a key, keys being compared decoded`() throws {
    #expect(try value("a") == "1")
    #expect(try value("ab") == "\"é\"")
    #expect(try value("zz") == "")
  }

  @Test func `a member of what is no object is absent`() throws {
    let array = JSON.member("b", of: try whole(), in: text.span.bytes)
    #expect(JSON.member("a", of: array, in: text.span.bytes).isAbsent)
    #expect(JSON.member("a", of: .absent, in: text.span.bytes).isAbsent)
    #expect(JSON.member("a", of: ByteRange(start: 0, end: 9999), in: text.span.bytes).isAbsent)
  }

  @Test func `visits members and elements in order`() throws {
    var keys: [String] = []
    JSON.forEachMember(of: try whole(), in: text.span.bytes) { key, _ in
      keys.append(String(decoding: JSON.string(key, in: text.span.bytes) ?? [], as: UTF8.self))
    }
    #expect(keys == ["a", "b", "ab", "a", "n", "e"])
    var elements: [Int] = []
    let array = JSON.member("b", of: try whole(), in: text.span.bytes)
    JSON.forEachElement(of: array, in: text.span.bytes) { elements.append($0.count) }
    #expect(elements == [4, 3, 2])
  }

  @Test func `what a visitor throws ends the visit`() throws {
    struct Enough: Error {}
    var visited = 0
    let range = try whole()
    #expect(throws: Enough.self) {
      try JSON.forEachMember(of: range, in: text.span.bytes) { _, _ throws(Enough) in
        visited += 1
        if visited == 2 { throw Enough() }
      }
    }
    #expect(visited == 2)
  }

  @Test func `strings are unescaped and lone surrogates replaced`() throws {
    let range = JSON.member("e", of: try whole(), in: text.span.bytes)
    #expect(JSON.string(range, in: text.span.bytes) == Array("😀\u{FFFD}z".utf8))
    with(#""\"\\\/\b\f\n\r\t\u0000\u00e9\u20ac\ud834\udd1e""#) { span in
      let all = ByteRange(start: 0, end: span.byteCount)
      let expected = Array("\"\\/\u{8}\u{C}\n\r\t\u{0}é€\u{1D11E}".utf8)
      #expect(JSON.string(all, in: span) == expected)
    }
  }

  @Test(arguments: [
    (#""abc""#, true), (#""ab\u0063""#, true), (#""\u0061\u0062\u0063""#, true), (#""ab""#, false),
    (#""abcd""#, false), (#""ab\u0064""#, false), ("123", false), (#""""#, false),
    (#""ABC""#, false),
  ])
  func `equality is of decoded bytes`(json: String, isEqual: Bool) {
    #expect(equals(json, "abc") == isEqual)
  }

  @Test func `C10: look-alikes are not equal`() {
    // U+212A KELVIN SIGN and U+017F LONG S equal ASCII letters in some comparisons.
    #expect(!equals("\"\u{212A}\"", "K"))
    #expect(!equals("\"param\u{17F}\"", "params"))
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("17", 17), ("9223372036854775807", Int64.max),
      ("-9223372036854775808", Int64.min), ("9223372036854775808", nil),
      ("-9223372036854775809", nil), ("1.0", nil), ("1e2", nil), ("\"1\"", nil), ("true", nil),
      ("99999999999999999999999", nil),
    ] as [(String, Int64?)])
  func `integers are those of 64 bits`(json: String, value: Int64?) {
    with(json) { span in
      #expect(JSON.integer(ByteRange(start: 0, end: span.byteCount), in: span) == value)
    }
  }

  @Test func `numbers are written without a String`() {
    var output: [UInt8] = []
    for number in [0, 9, 10, 1_234_567_890, UInt64.max] {
      JSON.append(number, to: &output)
      output.append(UInt8(ascii: " "))
    }
    JSON.append(Int64.min, to: &output)
    #expect(
      String(decoding: output, as: UTF8.self)
        == "0 9 10 1234567890 18446744073709551615 -9223372036854775808")
  }

  @Test func `quoting escapes what must be and replaces what is not UTF-8`() {
    var output: [UInt8] = []
    JSON.appendQuoted(Array("a\"\\\n\t\u{1}\u{1F}é😀/".utf8) + [0xFF, 0xC3], to: &output)
    #expect(
      String(decoding: output, as: UTF8.self)
        == "\"a\\\"\\\\\\n\\t\\u0001\\u001fé😀/\u{FFFD}\u{FFFD}\"")
    output = []
    JSON.appendQuoted("lazy".utf8.lazy.map { $0 }, to: &output)
    #expect(output == Array("\"lazy\"".utf8))
  }
}
