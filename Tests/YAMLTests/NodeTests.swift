import Testing
import YAML

@Suite struct NodeTests {
  @Test func `a tree keeps order, text, style and places`() throws {
    let root = try #require(
      try parsed(
        """
        # comment
        service: git
        process:
          args: ["--repository", 'x y', plain]
          text: |
            two
            lines
        """))
    let pairs = try #require(root.pairs)
    #expect(pairs.map(\.key) == ["service", "process"])
    #expect(pairs[0].keyPosition == Position(line: 2, column: 1))
    #expect(pairs[0].value.position == Position(line: 2, column: 10))
    let arguments = try #require(root["process"]?["args"]?.items?.map(\.scalar))
    #expect(arguments.map { $0?.text } == ["--repository", "x y", "plain"])
    #expect(arguments.map { $0?.style } == [.doubleQuoted, .singleQuoted, .plain])
    #expect(root["process"]?["text"]?.scalar?.text == "two\nlines")
    #expect(root["process"]?["text"]?.scalar?.style == .literal)
    #expect(root.count == 12)
    #expect(root["missing"] == nil)
  }

  @Test(arguments: ["no", "on", "0777", "1:20", "1e3", "2001-01-01", "true", "0x1F", ".5", "1_000"])
  func `M05: a plain scalar stays the text that was written`(text: String) throws {
    let scalar = try #require(try parsed("key: \(text)")?["key"]?.scalar)
    #expect(scalar.text == text)
    #expect(scalar.style == .plain)
    #expect(!scalar.isNull)
  }

  @Test func `M05: only an unquoted null is null`() throws {
    for text in ["", "~", "null", "Null", "NULL"] {
      #expect(try parsed("key: \(text)")?["key"]?.isNull == true)
    }
    for text in ["'~'", "\"\"", "nil", "nULL", "!!str ~", "! null"] {
      #expect(try parsed("key: \(text)")?["key"]?.isNull == false)
    }
  }

  @Test func `M01: a file without a document has no root`() throws {
    for text in ["", "\n\n", "# only a comment\n", "  # indented", "\u{FEFF}"] {
      #expect(try parsed(text) == nil, "\(text.debugDescription)")
    }
  }

  @Test func `M02: a byte order mark and CRLF change nothing`() throws {
    let root = try #require(try parsed("\u{FEFF}a: 1\r\nb:\r\n  - x\r\n"))
    #expect(root["a"]?.scalar?.text == "1")
    #expect(root["b"]?.items?.first?.scalar?.text == "x")
    #expect(root["b"]?.items?.first?.position == Position(line: 3, column: 5))
  }

  @Test func `M04: block scalars keep or fold their lines`() throws {
    let root = try #require(
      try parsed("a: >-\n  one\n  two\nb: |+\n  x\n\nc: |2-\n    y\n"))
    #expect(root["a"]?.scalar?.text == "one two")
    #expect(root["b"]?.scalar?.text == "x\n\n")
    #expect(root["c"]?.scalar?.text == "  y")
  }

  @Test func `M04: tags that say nothing new are accepted`() throws {
    let root = try #require(
      try parsed("a: !!str 5\nb: !!seq [x]\nc: !!map {d: e}\n!!str f: ! g\n"))
    #expect(root["a"]?.scalar?.style == .doubleQuoted)
    #expect(root["b"]?.items?.count == 1)
    #expect(root["c"]?["d"]?.scalar?.text == "e")
    #expect(root["f"]?.scalar?.text == "g")
  }

  @Test func `an alias is the node of its anchor, places included`() throws {
    let root = try #require(try parsed("a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n"))
    #expect(root["b"]?.items?.map { $0.scalar?.text } == ["1", "2"])
    #expect(root["b"]?.position == Position(line: 1, column: 4))
    #expect(root["d"]?.scalar?.text == "3")
    #expect(root.count == 13)
  }

  @Test func `keys are compared as bytes`() throws {
    // U+212A KELVIN SIGN is canonically equivalent to K.
    let root = try #require(try parsed("K: plain\n\u{212A}: kelvin\n\u{E9}: one\ne\u{301}: two\n"))
    #expect(root["K"]?.scalar?.text == "plain")
    #expect(root["\u{212A}"]?.scalar?.text == "kelvin")
    #expect(root.pairs?.count == 4)
  }
}

func parsed(_ text: String) throws(YAMLError) -> Node? { try Node.parse(Array(text.utf8)) }
