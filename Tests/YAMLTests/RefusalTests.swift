import Testing
import YAML

@Suite struct RefusalTests {
  private func refusal(_ text: String) -> YAMLError? { refusal(Array(text.utf8)) }

  private func refusal(_ bytes: [UInt8]) -> YAMLError? {
    do throws(YAMLError) {
      _ = try Node.parse(bytes)
      return nil
    } catch {
      return error
    }
  }

  private func at(_ line: Int, _ column: Int) -> Position { Position(line: line, column: column) }

  @Test func `M01: a duplicate key names the first one`() {
    let error = refusal("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    #expect(error?.reason == .duplicateKey("c", first: at(3, 3)))
    #expect(error?.position == at(5, 3))
    #expect(refusal("'a': 1\n\"\\x61\": 2\n")?.reason == .duplicateKey("a", first: at(1, 1)))
  }

  @Test func `M01: a tab as indentation is explained`() throws {
    let error = try #require(refusal("process:\n\tcommand: x\n"))
    #expect(error.position == at(2, 1))
    #expect(error.description.contains("tabs"))
  }

  @Test func `M01: a second document is refused where it begins`() {
    #expect(refusal("a: 1\n---\nb: 2\n") == YAMLError(.severalDocuments, at: at(2, 1)))
    #expect(refusal("---\na: 1\n...\n") == nil)
  }

  @Test(arguments: [
    "a: [1, 2", "a: b: c", "a: 'x", "- a\nb: c", "a: @x", "%YAML 3.0\n---\na: 1", "{a: 1]",
    "a: |x\n y",
    "*", "&", "? ", "a: \"\\q\"", "a: 1\n  b: 2", "!<", "--- - a\n", "a: !!", "\"a",
  ])
  func `M01: what is not YAML is refused with a place, or read as some other tree`(text: String) {
    if let error = refusal(text) {
      #expect(error.position.line >= 1 && error.position.column >= 1)
      #expect(!error.description.isEmpty)
    } else {
      #expect(["? ", "--- - a\n"].contains(text), "\(text) is accepted")
    }
  }

  @Test func `M01: errors after the document are found too`() {
    #expect(refusal("a: 1\n}\n") != nil)
    #expect(refusal("--- a\n...\n--- [") != nil)
  }

  @Test func `M02: bytes that are not UTF-8 have a place`() {
    let error = refusal(Array("a: 1\nb: é".utf8) + [0xFF, 0xFE])
    #expect(error == YAMLError(.notUTF8, at: at(2, 5)))
    for bytes: [UInt8] in [
      [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80],
      [0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61],
    ] {
      #expect(refusal(bytes)?.reason == .notUTF8, "\(bytes)")
    }
  }

  @Test func `M02: control characters are refused, NUL among them`() {
    #expect(refusal("a: x\u{0}y") == YAMLError(.controlCharacter, at: at(1, 5)))
    #expect(refusal("a: \u{1B}[31m")?.reason == .controlCharacter)
    #expect(refusal("\u{0}")?.reason == .controlCharacter)
  }

  @Test func `M04: keys that are not scalars, merge keys and tags are refused`() {
    #expect(refusal("? [a, b]\n: 1\n")?.reason == .keyIsNotScalar)
    #expect(refusal("? {a: b}\n: 1\n")?.reason == .keyIsNotScalar)
    #expect(refusal("a: &x [1]\n*x : 2\n")?.reason == .keyIsNotScalar)
    #expect(refusal("a: &x {b: 1}\nc:\n  <<: *x\n") == YAMLError(.mergeKey, at: at(3, 3)))
    #expect(refusal("'<<': fine\n") == nil)
    for tag in [
      "!!python/object/apply:os.system", "!!binary", "!!int", "!!set", "!own", "!!map", "!<tag:x>",
    ] {
      guard case .tag? = refusal("a: \(tag) x")?.reason else {
        Issue.record("\(tag) is accepted")
        continue
      }
    }
    #expect(refusal("a: !!str [x]")?.reason == .tag("tag:yaml.org,2002:str"))
  }

  @Test func `M03: an alias inside its own anchor is refused`() {
    #expect(refusal("a: &x [*x]") == YAMLError(.recursiveAlias("x"), at: at(1, 8)))
    #expect(refusal("&x a: {b: *y}")?.reason == .unknownAnchor("y"))
    #expect(refusal("&x {a: *x}")?.reason == .recursiveAlias("x"))
  }

  @Test func `S14: what a message quotes cannot move the cursor`() throws {
    let key = "\"\\e]0;x\\a\\u202Eevil\\n\""
    let error = try #require(refusal("\(key): 1\n\(key): 2\n"))
    #expect(
      error.description
        == "duplicate key '\\u{1b}]0;x\\u{7}\\u{202e}evil\\n', first used at 1:1")
  }
}
