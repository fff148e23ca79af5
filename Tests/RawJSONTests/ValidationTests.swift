import RawJSON
import Testing

@Suite struct ValidationTests {
  @Test func `the range leaves out the white space around the value`() throws {
    let text = Array(" \t\r\n{\"a\": 1} \n".utf8)
    let range = try JSON.validate(text.span.bytes)
    #expect(range == ByteRange(start: 4, end: 12))
  }

  @Test func `C08: 128 levels are accepted and 129 refused without recursion`() {
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let inner = open == "[" ? "" : "1"
      func text(_ levels: Int) -> String {
        String(repeating: open, count: levels) + inner + String(repeating: close, count: levels)
      }
      #expect(fault(text(127)) == nil)
      #expect(fault(text(128)) == nil)
      #expect(fault(text(129))?.reason == .tooDeep)
    }
    #expect(fault(String(repeating: "[", count: 100_000))?.reason == .tooDeep)
    #expect(fault(String(repeating: "[", count: 100_000))?.offset == 128)
  }

  @Test func `an empty array at level 129 is one level too many`() {
    #expect(fault(String(repeating: "[", count: 128) + "[]")?.reason == .tooDeep)
  }

  @Test(arguments: [(99_999, true), (100_000, true), (100_001, false)])
  func `an object has at most 100000 keys`(count: Int, isAccepted: Bool) {
    let members = Array(repeating: "\"k\":0", count: count).joined(separator: ",")
    #expect(fault("{\(members)}")?.reason == (isAccepted ? nil : .tooManyKeys))
    #expect(fault("[1,{\"x\":{\(members)}}]")?.reason == (isAccepted ? nil : .tooManyKeys))
  }

  @Test func `the limit of keys is for each object, not for all of them`() {
    let members = Array(repeating: "\"k\":0", count: 60_000).joined(separator: ",")
    #expect(fault("[{\(members)},{\(members)}]") == nil)
    #expect(fault("{\"a\":{\(members)},\"b\":[{\(members)}]}") == nil)
  }

  @Test func `C03: no byte sequence that is not UTF-8 passes at any place of a string`() {
    let sequences: [[UInt8]] = [
      [0xFF], [0xFE], [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28],
      [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xE2, 0x28, 0xA1],
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
    ]
    for sequence in sequences {
      for padding in 0..<40 {
        let plain = Array(repeating: UInt8(ascii: "x"), count: padding)
        let text = Array("[\"".utf8) + plain + sequence + Array("\"]".utf8)
        #expect(fault(text) == JSONError(.badUTF8, offset: 2 + padding), "\(sequence) \(padding)")
        #expect(fault(text.dropLast(2) + []) != nil)
      }
    }
  }

  @Test func `every scalar of Unicode passes`() {
    for plane in 0..<17 {
      var text = "\""
      for low in 0..<0x10000 {
        guard let scalar = Unicode.Scalar(UInt32(plane << 16 | low)), scalar.value >= 0x20,
          scalar != "\"", scalar != "\\"
        else { continue }
        text.unicodeScalars.append(scalar)
      }
      #expect(fault(text + "\"") == nil, "plane \(plane)")
    }
  }

  @Test func `a control character, quote or backslash is seen at any place of a string`() {
    for padding in 0..<80 {
      let plain = String(repeating: "x", count: padding)
      for control in 0..<0x20 {
        let text = "\"\(plain)\(Character(Unicode.Scalar(UInt8(control))))yyyyyyyyyyyy\""
        #expect(fault(text) == JSONError(.controlCharacter, offset: 1 + padding))
      }
      #expect(fault("\"\(plain)\\x\"")?.reason == .badEscape)
      #expect(fault("\"\(plain)\\n\"") == nil)
      #expect(fault("\"\(plain)\"x\"")?.reason == .extraBytes)
      #expect(fault("\"\(plain)")?.reason == .unexpectedEnd)
    }
  }

  @Test func `C04: a byte order mark is refused by name`() {
    #expect(fault([0xEF, 0xBB, 0xBF] + Array("{}".utf8)) == JSONError(.byteOrderMark, offset: 0))
  }

  @Test func `B38: two values in one text are refused`() {
    #expect(fault("{} {}") == JSONError(.extraBytes, offset: 3))
    #expect(fault("1 2")?.reason == .extraBytes)
    #expect(fault("[]]")?.reason == .extraBytes)
  }

  @Test(arguments: [
    ("", JSONError.Reason.unexpectedEnd), ("  ", .unexpectedEnd), ("[", .unexpectedEnd),
    ("[1", .unexpectedEnd), ("{\"a\"", .unexpectedEnd), ("{\"a\":", .unexpectedEnd),
    ("[1 2]", .unexpectedByte(0x32)), ("{1:2}", .unexpectedByte(0x31)),
    ("[1}", .unexpectedByte(0x7D)),
    ("{\"a\":1]", .unexpectedByte(0x5D)), ("[,]", .unexpectedByte(0x2C)),
    ("tru", .badLiteral), ("[nul]", .badLiteral), ("[falsy]", .badLiteral), ("-", .unexpectedEnd),
    ("[-]", .badNumber), ("[1.]", .badNumber), ("[1e]", .badNumber),
    ("[01]", .unexpectedByte(0x31)),
    ("[+1]", .unexpectedByte(0x2B)), (#"["\u12G4"]"#, .badEscape), ("\u{0}", .unexpectedByte(0)),
  ])
  func `says what is wrong`(text: String, reason: JSONError.Reason) {
    #expect(fault(text)?.reason == reason)
    #expect(fault(text)?.description.isEmpty == false)
  }

  @Test func `a text cut at any byte is refused`() {
    let whole = Array(#"{"a":[1.5e3,true,"é\u00e9😀"],"b":{"c":null},"key of 18 bytes!!":-0}"#.utf8)
    #expect(fault(whole) == nil)
    for end in 0..<whole.count { #expect(fault(Array(whole[..<end])) != nil, "\(end)") }
  }
}
