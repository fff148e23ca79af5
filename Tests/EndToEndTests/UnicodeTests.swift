import Harness
import MCP
import RawJSON
import Testing

/// Row S23: ids, names and URIs are bytes. What Swift, or a person, calls the same is not.
@Suite struct UnicodeTests {
  /// Pairs that are equal as Swift strings, or look alike.
  private static let pairs = [
    ("K", "\u{212A}"), ("\u{E9}", "e\u{301}"), ("\u{C5}", "\u{212B}"), ("a", "\u{430}"),
    ("x", "x\u{200B}"), ("\u{1100}\u{1161}", "\u{AC00}"), ("\r\n", "\n"), ("ab", "a\u{202E}b"),
  ]

  @Test(arguments: SubscriptionTests.eras)
  func `S23: ids that only look the same are two ids`(revision: Revision) throws {
    let run = try GatewayRun.open([Service("s"), Service("good")], revision: revision)
    try run.expectOK("s_echo")
    for (left, right) in Self.pairs {
      let ids = [left, right].map { WireText.quoted($0) }
      for (id, text) in zip(ids, [left, right]) {
        try run.client.request(
          "tools/call", ["name": "s_echo", "arguments": ["text": .string(text)]], id: id)
      }
      for (id, text) in zip(ids, [left, right]) {
        let answer = try run.client.response(to: id)
        #expect(
          answer.result?.at(pointer: "/structuredContent/text") == .string(text), "\(answer.text)")
      }
    }
    try run.finish()
  }

  @Test func `S23: a name that only looks like a known one is unknown, a URI stays what it is`()
    throws
  {
    let run = try GatewayRun.open(
      [Service("k", "watch"), Service("good")])
    try run.expectOK("k_echo")
    for name in ["\u{212A}_echo", "k_e\u{63}ho\u{200B}", "k_\u{435}cho", "K_echo", "k_echo\u{0}"] {
      let answer = try run.client.call(name)
      #expect(answer.errorCode == ErrorCode.invalidParams.rawValue, "\(name): \(answer.text)")
    }
    // The one service with resources gets every URI, byte for byte.
    for uri in ["memo://on\u{435}", "memo://one\u{200B}", "mem\u{43E}://one", "memo://one"] {
      let answer = try run.client.roundTrip("resources/read", ["uri": .string(uri)])
      #expect(answer.result?.at(pointer: "/contents/0/uri") == .string(uri), "\(answer.text)")
    }
    try run.finish()
  }
}
