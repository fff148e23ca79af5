import MCP
import Testing

@Suite struct ToolNameTests {
  private func name(_ prefix: String, _ name: String) -> String {
    ToolName.qualified(prefix: prefix, name: name)
  }

  @Test func `the prefix is added where the name does not have it`() {
    #expect(name("git_", "status") == "git_status")
    #expect(name("git_", "git_status") == "git_status")
    #expect(name("", "status") == "status")
    #expect(name("git_", "git_") == "git_git_")
  }

  @Test func `S03: bytes that are not allowed become underscores`() {
    #expect(name("a_", "b.c/d e") == "a_b_c_d_e")
    #expect(name("", "é\u{202E}\n\u{0}") == "_______")
    #expect(name("", "") == "_")
    // U+212A KELVIN SIGN is not the letter K.
    #expect(name("", "\u{212A}ill") == "___ill")
  }

  @Test(arguments: [(63, 63), (64, 64), (65, 64), (10_240, 64)])
  func `S03: a name has at most 64 bytes`(count: Int, result: Int) {
    let long = String(repeating: "n", count: count)
    #expect(name("", long).utf8.count == result)
    #expect((name("", long) == long) == (count <= 64))
  }

  @Test func `S03: names that differ behind the cut stay different, and each stays the same`() {
    let long = String(repeating: "n", count: 80)
    let names = (0..<1000).map { name("p_", long + String($0)) }
    #expect(Set(names).count == 1000)
    #expect(names.allSatisfy { ToolName.isLegal($0.utf8) })
    #expect(name("p_", long) == "p_nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn_4c0d3c4f")
  }

  @Test(arguments: [
    ("a", true), ("A-z_09", true), ("", false), ("a b", false), ("a.b", false), ("é", false),
    (String(repeating: "x", count: 64), true), (String(repeating: "x", count: 65), false),
  ])
  func `legal names are those of the rule`(name: String, isLegal: Bool) {
    #expect(ToolName.isLegal(name.utf8) == isLegal)
  }
}
