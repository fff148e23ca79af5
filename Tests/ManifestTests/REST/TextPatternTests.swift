import Manifest
import Testing

@Suite struct TextPatternTests {
  private static let matching: [(pattern: String, yes: [String], no: [String])] = [
    ("^[0-9]+$", ["0", "12345"], ["", "1a", "a1", "1\n", "１"]),
    ("[0-9]", ["a1b", "1"], ["", "abc"]),
    ("^a", ["a", "ab"], ["ba", ""]),
    ("a$", ["a", "ba"], ["ab", ""]),
    ("^(?:list|board)$", ["list", "board"], ["lists", "boar", ""]),
    ("^a{2,3}$", ["aa", "aaa"], ["a", "aaaa"]),
    ("^a{2}$", ["aa"], ["a", "aaa"]),
    ("^a{2,}$", ["aa", "aaaaaa"], ["a"]),
    ("^(ab)*c?$", ["", "ab", "ababc", "c"], ["a", "abcc"]),
    ("^[^/]+$", ["abc", "ä"], ["a/b", ""]),
    ("^[a-c_.-]+$", ["a.b-c_"], ["d"]),
    ("^\\w+\\.\\d\\s$", ["ab_1.5 "], ["ab-1.5 "]),
    ("^\\D\\W\\S$", ["a-b"], ["1-b", "aab", "a- "]),
    ("^[\\d_-]+$", ["1_2-3"], ["a"]),
    ("^.$", ["a", "😀"], ["", "ab", "\n"]),
    ("^(a|b)*$", ["", "abba"], ["abc"]),
    ("^(a*)*$", ["", "aaa"], ["b"]),
    ("^(|a)$", ["", "a"], ["aa"]),
    ("", ["", "x"], []),
    ("^[]$", [], ["", "a"]),
    ("^\\^\\$\\\\\\/$", ["^$\\/"], ["^$"]),
  ]

  @Test(arguments: matching.indices) func `a pattern matches what it says`(_ index: Int) throws {
    let (text, yes, no) = Self.matching[index]
    let pattern = try TextPattern(text)
    for subject in yes { #expect(pattern.matches(subject), "\(text) should match '\(subject)'") }
    for subject in no {
      #expect(!pattern.matches(subject), "\(text) should not match '\(subject)'")
    }
  }

  @Test(arguments: [
    "(", ")", "[a", "a**", "*a", "a{", "a{3,2}", "a{1001}", "{1}", "a}", "a]", "^a|b$", "a^b",
    "a$b",
    "(?=a)", "(?<n>a)", "\\1", "\\b", "\\p{L}", "\\", "a+?", "[b-a]", "[\\d-z]", "(a$)",
    "((a{500}){500}){500}", "(((){1000}){1000}){1000}",
  ])
  func `M10: what the matcher does not do is refused when it is read`(_ text: String) {
    #expect(throws: TextPattern.Malformed.self) { try TextPattern(text) }
  }

  @Test func `S18: patterns that are catastrophic elsewhere take linear time`() throws {
    let subject = String(repeating: "a", count: 5_000) + "!"
    for text in ["^(a+)+$", "^(a|aa)+$", "^(a*)*$", "(a|a)+$", "^(.*a){10}$"] {
      let pattern = try TextPattern(text)
      #expect(!pattern.matches(subject), "\(text)")
    }
  }

  @Test func `patterns are the same if their bytes are`() throws {
    #expect(try TextPattern("a") == TextPattern("a"))
    #expect(try TextPattern("\u{E9}") != TextPattern("e\u{301}"))
    #expect(try Set([TextPattern("a"), TextPattern("a")]).count == 1)
  }
}
