import RawJSON
import TestSupport
import Testing

@Suite struct JSONValueTests {
  private func parse(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
  }

  @Test func `keeps the order of members and the text of numbers`() throws {
    let text = #"{"b":1.0,"a":[1e2,-0,null,true],"b":"\u00e9\n"}"#
    #expect(try parse(text).description == #"{"b":1.0,"a":[1e2,-0,null,true],"b":"é\n"}"#)
  }

  @Test func `indents with two spaces`() throws {
    let text = try parse(#"{"a":[1,{}],"b":[]}"#).serialized(pretty: true)
    #expect(
      String(decoding: text, as: UTF8.self) == """
        {
          "a": [
            1,
            {}
          ],
          "b": []
        }
        """)
  }

  @Test func `equality ignores the order of members and nothing else`() throws {
    #expect(try parse(#"{"a":1,"b":[2]}"#) == parse(#"{"b":[2],"a":1}"#))
    #expect(try parse(#"{"a":1,"b":[2]}"#).hashValue == parse(#"{"b":[2],"a":1}"#).hashValue)
    #expect(try parse("1") != parse("1.0"))
    #expect(try parse("[1,2]") != parse("[2,1]"))
    #expect(try parse(#"{"a":1}"#) != parse(#"{"a":1,"a":1}"#))
  }

  @Test func `C10: strings are compared as bytes, not as Swift compares them`() throws {
    #expect("\u{212A}" == "K")
    #expect(JSONValue.string("\u{212A}") != .string("K"))
    #expect(JSONValue.string("e\u{301}") != .string("\u{e9}"))
    let object: JSONValue = ["\u{212A}": 1]
    #expect(object["K"] == nil)
  }

  @Test func `a literal is the value that it looks like`() {
    let value: JSONValue = ["n": .null, "b": true, "i": 3, "d": 0.5, "s": "x", "a": [1, "y"]]
    #expect(value.description == #"{"n":null,"b":true,"i":3,"d":0.5,"s":"x","a":[1,"y"]}"#)
    #expect(value["i"]?.intValue == 3)
    #expect(value["d"]?.doubleValue == 0.5)
    #expect(value["a"]?[1]?.stringValue == "y")
    #expect(value["a"]?[2] == nil)
    #expect(value["i"]?[0] == nil)
    #expect(value["b"]?.boolValue == true)
  }

  @Test func `members are set, added and removed by key`() {
    var value: JSONValue = ["a": 1]
    value["a"] = 2
    value["b"] = 3
    #expect(value.description == #"{"a":2,"b":3}"#)
    value["a"] = nil
    #expect(value.description == #"{"b":3}"#)
  }

  @Test func `follows JSON pointers as RFC 6901 has them`() throws {
    let value = try parse(
      #"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"m~n":8," ":7,"k\"l":6}"#)
    #expect(value.at(pointer: "") == value)
    #expect(value.at(pointer: "/foo/0") == "bar")
    #expect(value.at(pointer: "/") == 0)
    #expect(value.at(pointer: "/a~1b") == 1)
    #expect(value.at(pointer: "/c%d") == 2)
    #expect(value.at(pointer: "/m~0n") == 8)
    #expect(value.at(pointer: "/ ") == 7)
    #expect(value.at(pointer: "/k\"l") == 6)
    for wrong in ["foo", "/foo/2", "/foo/00", "/foo/-", "/foo/+1", "/bar", "/foo/0/x", "/foo/"] {
      #expect(value.at(pointer: wrong) == nil, "\(wrong)")
    }
  }

  @Test func `numbers beyond their type have no value of it`() throws {
    #expect(try parse("1e400").doubleValue == nil)
    #expect(try parse("9223372036854775808").intValue == nil)
    #expect(try parse("1.0").intValue == nil)
    #expect(JSONNumber(Double.infinity) == nil)
  }

  @Test func `what is written reads back as it was`() throws {
    var random = SplitMix(seed: 7)
    for _ in 0..<300 {
      let value = try JSONValue(parsing: RandomJSON.text(using: &random))
      #expect(try JSONValue(parsing: value.serialized()) == value)
      #expect(try JSONValue(parsing: value.serialized(pretty: true)) == value)
    }
  }
}
