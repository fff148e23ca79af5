import Clients
import Testing

@Suite struct TextDifferenceTests {
  private func difference(_ old: String, _ new: String) -> TextDifference {
    TextDifference(from: Array(old.utf8), to: Array(new.utf8))
  }

  @Test func `only the changed lines and three around them are shown`() {
    let old = (1...9).map { "\($0)\n" }.joined()
    let change = difference(old, old.replacing("5\n", with: "five\n"))
    #expect(change.start == 2)
    let expected: [TextDifference.Line] = [
      .same("2"), .same("3"), .same("4"), .removed("5"), .added("five"), .same("6"), .same("7"),
      .same("8"),
    ]
    #expect(change.lines == expected)
  }

  @Test func `unchanged lines between two changes stay unchanged`() {
    let expected: [TextDifference.Line] = [.removed("a"), .added("A"), .same("b"), .added("c")]
    #expect(difference("a\nb\n", "A\nb\nc\n").lines == expected)
  }

  @Test func `equal texts have no difference, and line ends alone are none`() {
    #expect(difference("a\nb\n", "a\nb\n").lines.isEmpty)
    #expect(difference("a\r\nb\r\n", "a\nb\n").lines.isEmpty)
    #expect(difference("", "").lines.isEmpty)
  }

  @Test func `huge changes are shown as a whole instead of compared line by line`() {
    let old = (0..<3000).map { "a\($0)\n" }.joined()
    let new = (0..<3000).map { "b\($0)\n" }.joined()
    #expect(difference(old, new).lines.count == 6000)
  }
}
