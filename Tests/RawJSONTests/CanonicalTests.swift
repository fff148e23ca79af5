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
