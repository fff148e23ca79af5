import Store
import Testing

@Suite struct CommandDigestTests {
  @Test func `a command's digest changes with everything that is part of it`() {
    func digest(
      _ executable: String = "/bin/x", _ arguments: [String] = ["a", "b"],
      _ names: [String] = ["A", "B"], _ directory: String = "/d",
      _ stamp: FileStamp? = FileStamp(size: 1, modified: 2)
    ) -> String {
      CommandDigest.of(
        executable: executable, arguments: arguments, environmentNames: names,
        directory: directory, stamp: stamp)
    }
    let all = [
      digest(), digest("/bin/y"), digest("/bin/x", ["ab"]), digest("/bin/x", ["a", "b", ""]),
      digest("/bin/x", []), digest("/bin/x", ["a", "b"], ["A"]),
      digest("/bin/x", ["a", "b", "A"], ["B"]), digest("/bin/x", ["a", "b"], ["A", "B"], "/e"),
      digest("/bin/x", ["a", "b"], ["A", "B"], "/d", nil),
      digest("/bin/x", ["a", "b"], ["A", "B"], "/d", FileStamp(size: 2, modified: 2)),
      digest("/bin/x", ["a", "b"], ["A", "B"], "/d", FileStamp(size: 1, modified: 3)),
    ]
    #expect(Set(all).count == all.count)
    #expect(digest("/bin/x", ["a", "b"], ["B", "A"]) == digest())
    #expect(digest().utf8.count == 64)
  }
}
