import Glibc
import TestSupport
import Testing
import YAML

@Suite(.serialized) struct LimitTests {
  private func reason(_ text: String) -> YAMLError.Reason? {
    do throws(YAMLError) {
      _ = try Node.parse(Array(text.utf8))
      return nil
    } catch {
      return error.reason
    }
  }

  private func list(depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test func `M03: depth is limited to 64`() {
    #expect(reason(list(depth: 63)) == nil)
    #expect(reason(list(depth: 64)) == nil)
    #expect(reason(list(depth: 65)) == .tooDeep(limit: 64))
  }

  @Test func `M03: nodes are limited to 50 000, keys counted`() {
    func items(_ count: Int) -> String { "[" + String(repeating: "x,", count: count) + "]" }
    #expect(reason(items(49_999)) == nil)
    #expect(reason(items(50_000)) == .tooManyNodes(limit: 50_000))
    let pairs = (0..<25_000).map { "k\($0): v\n" }.joined()
    #expect(reason(pairs) == .tooManyNodes(limit: 50_000))
  }

  @Test func `M03: aliases are limited to 100`() {
    func aliases(_ count: Int) -> String {
      "- &a x\n" + String(repeating: "- *a\n", count: count)
    }
    #expect(reason(aliases(100)) == nil)
    #expect(reason(aliases(101)) == .tooManyAliases(limit: 100))
  }

  @Test func `M02: a document is limited to 1 MiB`() {
    let limit = 1 << 20
    #expect(reason("#" + String(repeating: " ", count: limit - 1)) == nil)
    #expect(
      reason("#" + String(repeating: " ", count: limit)) == .tooLarge(limit: limit))
  }

  /// In a process of its own: memory is counted for a whole process.
  @Test func `M03: bombs are refused within 100 ms and 20 MB`() async {
    await #expect(processExitsWith: .success) { LimitTests().refuseBombs() }
  }

  private func refuseBombs() {
    let laughs = (1...9).map { level in
      "a\(level): &a\(level) ["
        + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",")
        + "]\n"
    }
    let bomb = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n" + laughs.joined()
    let half = 1 << 19
    let documents: [(name: String, text: String, isRefused: Bool)] = [
      ("aliases", bomb, true),
      ("5 000 lists", list(depth: 5_000), true),
      ("open lists", String(repeating: "[", count: half), true),
      ("open mappings", String(repeating: "{a: ", count: half / 4), true),
      ("block lists", String(repeating: "- ", count: half), true),
      ("block keys", String(repeating: "? ", count: half), true),
      ("anchors", String(repeating: "&a ", count: half / 3), true),
      ("long scalar", "a: " + String(repeating: "x", count: half), false),
      ("long key", String(repeating: "x", count: half) + ": a", true),
      ("combining marks", "e" + String(repeating: "\u{301}\u{327}", count: half / 8), false),
      ("comments", String(repeating: "#\n", count: half), false),
      ("backslashes", "\"" + String(repeating: "\\n", count: half / 2), true),
      ("flow colons", "{" + String(repeating: "a:,", count: half / 3), true),
      ("tags", String(repeating: "!<", count: half), true),
      ("directives", String(repeating: "%TAG !a! !b\n", count: half / 12), true),
    ]
    for document in documents {
      let before = residentKilobytes()
      let limit = Duration.milliseconds(isOptimised ? 100 : 1_000)
      let elapsed = Promptness.time(under: limit) {
        #expect((reason(document.text) != nil) == document.isRefused, "\(document.name)")
      }
      #expect(elapsed < limit, "\(document.name)")
      #expect(residentKilobytes() - before < 20_000, "\(document.name)")
    }
  }

  /// Whether this is a release build; debug builds are given more time.
  private var isOptimised: Bool {
    var isDebug = false
    assert(
      {
        isDebug = true
        return true
      }())
    return !isDebug
  }

  private func residentKilobytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }
}
