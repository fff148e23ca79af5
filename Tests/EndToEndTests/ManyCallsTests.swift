import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// B26: ten thousand calls in flight at once, with ids of every legal kind, through three services
/// of all eras, from a client that speaks both.
@Suite struct ManyCallsTests {
  private static let meta =
    #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#
    + #""io.modelcontextprotocol/clientCapabilities":{}},"#

  /// The id, as JSON, of the call with this number: six kinds that must not be confused.
  private func id(_ number: Int) -> String {
    let digits = String(100 + number / 6)
    return switch number % 6 {
    case 0: digits
    case 1: "\"\(digits)\""
    case 2: "\(digits).0"
    case 3: "-1\(digits)"
    case 4: #""\u0061\/\#(digits)é""#
    default: "\"" + String(repeating: "x", count: 250 - digits.utf8.count) + digits + "\""
    }
  }

  @Test func `B26: 10 000 calls in flight come back to their ids, byte for byte`() throws {
    let limits = ["limits: {concurrent: 10000, queue: 10000}"]
    let run = try GatewayRun.open(
      [
        Service("a", "legacy,reorder=3336", process: ["protocol: legacy"], more: limits),
        Service("b", "modern,reorder=3332", process: ["protocol: 2026-07-28"], more: limits),
        // A process for each era, with half of the calls.
        Service("c", "reorder=1666", more: limits),
      ], settings: "")
    _ = try run.client.roundTrip("tools/list")
    let lines = (0..<10_000).map { number in
      #"{"jsonrpc":"2.0","method":"tools/call","id":\#(id(number)),"params":{"#
        + (number / 3 % 2 == 0 ? Self.meta : "")
        + #""name":"\#(["a", "b", "c"][number < 9_996 ? number % 3 : 0])_echo","arguments":{"text":"t\#(number)"}}}"#
    }
    run.client.post(Array((lines.joined(separator: "\n") + "\n").utf8))
    #expect(run.client.run(until: { $0.answerCount >= 10_002 }, within: .seconds(60)))
    #expect(run.processes(of: "c").count == 2)
    let wrong = (0..<10_000).filter { number in
      let answers = run.client.transcript.answersByID[id(number)] ?? []
      return answers.count != 1 || !answers[0].text.contains(#""text":"t\#(number)""#)
    }
    #expect(wrong.count == 0, "\(wrong.prefix(10))")
    try run.finish()
  }
}
