import RawJSON
import Testing

@Suite struct CanonicalTests {
  private func canonical(_ text: String) -> String {
    String(decoding: JSON.canonical(Array(text.utf8)), as: UTF8.self)
  }

  @Test(arguments: [
    (#"{"b":1,"a":2}"#, #"{"a":2,"b":1}"#),
    (#"{ "a" : [ 1 , { "z":null, "y":true } ] }"#, #"{"a":[1,{"y":true,"z":null}]}"#),
    (#""\u0061\/b""#, #""a/b""#),
    (#"{"\u0062":1,"a":2}"#, #"{"a":2,"b":1}"#),
    ("1.0", "1.0"), ("[]", "[]"), ("{}", "{}"), ("[[],{}]", "[[],{}]"),
    (#"{"a":1,"a":2}"#, #"{"a":1,"a":2}"#),
  ])
  func `texts that say the same have one form`(text: String, expected: String) {
    #expect(canonical(text) == expected)
    #expect(canonical(expected) == expected)
  }

  @Test func `S17: texts that say different things have different forms`() {
    let texts = [
      #"{"a":"1"}"#, #"{"a":1}"#, #"{"a":[1]}"#, #"{"a":{"b":1}}"#, #"{"a":null}"#, "{}",
      #"{"a":"1,\"b\":2"}"#, #"{"a":"1","b":2}"#, #"{"a":1,"b":2}"#, #"{"a":2,"b":1}"#,
      #"{"a,b":1}"#, #"["a","b"]"#, #"["a,b"]"#, #"{"a":1,"a":2}"#, #"{"a":2,"a":1}"#,
      #""\ud800""#, #""\ud801""#, #""\ufffd""#, #"{"\ud800":1}"#, #"{"\ud801":1}"#,
    ]
    #expect(Set(texts.map(canonical)).count == texts.count)
  }
}

@Suite struct FlatObjectTests {
  private func canonical(_ text: String) -> String {
    String(decoding: JSON.canonical(Array(text.utf8)), as: UTF8.self)
  }

  /// What is in canonical form as it stands is not rebuilt; the same with white space is.
  @Test(arguments: [
    [#""a":1"#], [#""a":"x""#, #""b":-1.5e3"#, #""c":null"#], ["\"\":true", #""a":false"#],
    [#""a":"}""#, #""b":",""#, #""c":"{""#], [#""é":"ü""#, #""ü":0"#], [#""a":[]"#, #""b":{}"#],
    [#""a":{"x":1}"#], [#""aa":1"#, #""ab":2"#, #""b":3"#],
  ])
  func `an object has one form with white space and without`(members: [String]) {
    let plain = "{" + members.joined(separator: ",") + "}"
    let spaced = "{ " + members.joined(separator: " ,\n") + " }"
    let backward = "{" + members.reversed().joined(separator: ",") + "}"
    #expect(canonical(plain) == plain)
    #expect(canonical(spaced) == plain)
    #expect(canonical(backward) == plain)
  }

  @Test func `S17: an escape is undone wherever it stands`() {
    for count in 0...40 {
      for place in 0...count {
        let (left, right) = (
          String(repeating: "x", count: place), String(repeating: "y", count: count - place)
        )
        #expect(canonical(#"{"k":"\#(left)\/\#(right)"}"#) == #"{"k":"\#(left)/\#(right)"}"#)
        #expect(canonical(#"{"\#(left)\/\#(right)":1}"#) == #"{"\#(left)/\#(right)":1}"#)
      }
    }
  }

  @Test func `members with one name keep their order`() {
    #expect(canonical(#"{"a":2,"a":1}"#) == #"{"a":2,"a":1}"#)
    #expect(canonical(#"{"b":1,"a":2,"a":1}"#) == #"{"a":2,"a":1,"b":1}"#)
  }
}

@Suite struct EscapeTests {
  private func isPlain(_ bytes: [UInt8], _ range: ByteRange) -> Bool {
    with(bytes) { JSON.isWithoutEscapes(range, in: $0) }
  }

  @Test func `a backslash is seen at every place`() {
    for count in 0...40 {
      let plain = "\"" + String(repeating: "x", count: count) + "\""
      let whole = ByteRange(start: 0, end: plain.utf8.count)
      #expect(isPlain(Array(plain.utf8), whole))
      for place in 0..<count {
        var bytes = Array(plain.utf8)
        bytes[place + 1] = UInt8(ascii: "\\")
        #expect(!isPlain(bytes, whole))
        // Bytes that differ from it in one bit are others.
        for bit in 0..<8 {
          bytes[place + 1] = UInt8(ascii: "\\") ^ (1 << UInt8(bit))
          #expect(isPlain(bytes, whole))
        }
      }
    }
  }

  @Test func `an object out of order inside of one in order has one form`() {
    let left = JSON.canonical(Array(#"{"a":{"y":[1,{"d":0,"c":0}],"x":2},"b":3}"#.utf8))
    let right = JSON.canonical(Array(#"{"b":3,"a":{"x":2,"y":[1,{"c":0,"d":0}]}}"#.utf8))
    #expect(left == right)
    #expect(String(decoding: left, as: UTF8.self) == #"{"a":{"x":2,"y":[1,{"c":0,"d":0}]},"b":3}"#)
  }
}
