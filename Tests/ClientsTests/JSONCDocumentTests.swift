import Clients
import RawJSON
import Testing

@Suite struct JSONCDocumentTests {
  @Test func `comments and trailing commas may stand wherever white space may`() throws {
    let text = """
      // before
      { /* a */ "a" /* b */ : /* c */ [1, /* d */ 2, ], // e
        "b": {"c": null,},
      } // after
      """
    let document = try JSONCDocument(parsing: Array(text.utf8))
    let root = try #require(document.root)
    #expect(document.value(of: root) == ["a": [1, 2], "b": ["c": .null]])
  }

  @Test func `a byte order mark, blanks or comments alone are a document without a value`() throws {
    for text in ["", " \r\n\t", "// only", "/* only */", "\u{FEFF}", "\u{FEFF} // x\n"] {
      #expect(try JSONCDocument(parsing: Array(text.utf8)).root == nil, "\(text)")
    }
  }

  @Test func `keys are compared without their escapes`() throws {
    let document = try JSONCDocument(parsing: Array(#"{"mcp\u0053ervers": {"x": 1}}"#.utf8))
    #expect(try JSONCEditor.node(at: ["mcpServers", "x"], in: document) != nil)
  }

  @Test(arguments: [
    ("{", 1, 1), ("{\"a\" 1}", 1, 6), ("{\"a\": 1 \"b\": 2}", 1, 9), ("{,}", 1, 2),
    ("{\"a\": 1,,}", 1, 9), ("[1 2]", 1, 4), ("[,]", 1, 2), ("{} x", 1, 4), ("{\"a\": tru}", 1, 7),
    ("{\"a\": 01}", 1, 7), ("{\"a\": +1}", 1, 7), ("{\"a\": \"\\x\"}", 1, 8),
    ("{\n  'a': 1}", 2, 3),
    ("{\"a\": \"\n\"}", 1, 8), ("/* x", 1, 1), ("{/ /}", 1, 2), ("{\"a\": \"\\u12g4\"}", 1, 8),
    ("{\n\"a\": 1\n", 1, 1), ("{\"a\": 1}\n}", 2, 1), ("{a: 1}", 1, 2),
  ])
  func `names the place where a text is wrong`(text: String, line: Int, column: Int) {
    let error = #expect(throws: JSONCError.self) {
      try JSONCDocument(parsing: Array(text.utf8))
    }
    #expect(error?.line == line)
    #expect(error?.column == column)
  }

  @Test func `what is not UTF-8 is refused at its offset`() {
    let error = #expect(throws: JSONCError.self) {
      try JSONCDocument(parsing: Array("{\n\"é\": \"".utf8) + [0xFF] + Array("\"}".utf8))
    }
    #expect(error?.reason == .invalidUTF8)
    #expect(error?.line == 2)
    #expect(error?.column == 8)
  }

  @Test func `nesting is limited, so that no file can exhaust the stack`() throws {
    let deep = { (n: Int) in
      Array(String(repeating: "[", count: n).utf8) + Array(String(repeating: "]", count: n).utf8)
    }
    #expect(try JSONCDocument(parsing: deep(128)).root != nil)
    let error = #expect(throws: JSONCError.self) { try JSONCDocument(parsing: deep(129)) }
    #expect(error?.reason == .tooDeep)
    #expect(throws: JSONCError.self) { try JSONCDocument(parsing: deep(1_000_000)) }
  }

  @Test func `a valid text cut short at any byte is refused, never read as something else`() {
    let whole = Array(#"{"a": [1, {"b": "\u00e9\n"}, true], /* c */ "d": -1.5e3 }"#.utf8)
    for count in 1..<whole.count {
      #expect(throws: JSONCError.self, "\(count)") {
        try JSONCDocument(parsing: Array(whole[..<count]))
      }
    }
  }
}
