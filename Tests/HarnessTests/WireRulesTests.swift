import Harness
import Resilience
import Testing

/// A transcript of lines sent and received; `<` marks what the server wrote.
private func transcript(_ lines: [String]) -> Transcript {
  var transcript = Transcript()
  for line in lines {
    if line.utf8.first == UInt8(ascii: "<") {
      transcript.received(ServerMessage(Array(line.utf8.dropFirst()), at: .zero))
    } else {
      transcript.sent(Array(line.utf8) + [10], at: .zero)
    }
  }
  return transcript
}

private let call =
  #"{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"progressToken":"t"}}}"#
private let reply = #"<{"jsonrpc":"2.0","id":1,"result":{}}"#
private func progress(_ value: Int, token: String = "t") -> String {
  #"<{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"\#(token)","#
    + #""progress":\#(value)}}"#
}

@Suite struct WireRulesTests {
  @Test(arguments: [
    [call, reply],
    [call, progress(1), progress(2), reply],
    [call, #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#],
    ["not json", #"<{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}"#],
    ["not json", #"<{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}"#],
    [call, call, reply, #"<{"jsonrpc":"2.0","error":{"code":-32600,"message":"x"}}"#],
    ["", " \r"],
  ])
  func `a proper conversation breaks no rule`(lines: [String]) {
    #expect(WireRules.violations(in: transcript(lines), unfinished: []) == [])
  }

  @Test(arguments: [
    ([call], Violation.Rule.answeredOnce),
    ([call, reply, reply], .answeredOnce),
    ([reply], .nothingUnasked),
    ([call, reply, #"<{"jsonrpc":"2.0","id":"1","result":{}}"#], .nothingUnasked),
    ([call, reply, "<INFO hello"], .onlyMCP),
    ([call, reply, #"<{"jsonrpc":"1.0","id":1,"result":{}}"#], .onlyMCP),
    ([call, reply, #"<{"jsonrpc":"2.0","id":1,"result":{}}{}"#], .onlyMCP),
    ([call, reply, "<"], .onlyMCP),
    ([call, progress(2), progress(2), reply], .progress),
    ([call, reply, progress(1)], .progress),
    ([call, progress(1, token: "u"), reply], .progress),
    ([call, reply, #"<{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}"#], .nothingUnasked),
  ])
  func `every breach of the wire is found`(lines: [String], rule: Violation.Rule) {
    let found = WireRules.violations(in: transcript(lines), unfinished: [])
    #expect(found.map(\.rule) == [rule])
  }

  @Test func `half a line at the end is a breach`() {
    let found = WireRules.violations(in: transcript([call, reply]), unfinished: [0x7B])
    #expect(found.map(\.rule) == [.onlyMCP])
  }
}
