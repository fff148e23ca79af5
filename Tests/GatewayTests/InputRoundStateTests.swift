import MCP
import RawJSON
import Testing

@testable import Gateway

/// The rounds of `input_required` as values.
@Suite struct InputRoundStateTests {
  private func round(_ result: String) throws(InputRound.Fault) -> InputRound {
    let bytes = Array(result.utf8)
    return try InputRound(ByteRange(start: 0, end: bytes.count), in: bytes.span.bytes)
  }

  private let two = #"""
    {"resultType":"input_required","requestState":"st\u0061te","inputRequests":
    {"k\"1":{"method":"roots/list"},"k2":{"method":"elicitation/create","params":{"message":"m"}}}}
    """#

  @Test func `a round is complete when every question has its first answer`() throws {
    var round = try round(two)
    #expect(round.needs == [.roots, .forms])
    #expect(!round.isComplete)
    round.answer(1, with: Array(#"{"action":"decline"}"#.utf8))
    round.answer(1, with: Array("{}".utf8))
    round.answer(7, with: Array("{}".utf8))
    #expect(!round.isComplete)
    round.answer(0, with: Array(#"{"roots":[]}"#.utf8))
    #expect(round.isComplete)
    // Keys and state as the service wrote them.
    #expect(
      String(decoding: round.members, as: UTF8.self)
        == #""inputResponses":{"k\"1":{"roots":[]},"k2":{"action":"decline"}},"#
        + #""requestState":"st\u0061te""#)
  }

  @Test func `a state alone is complete at once, questions alone bring no state`() throws {
    let state = try round(#"{"requestState":"s"}"#)
    #expect(state.isComplete)
    #expect(String(decoding: state.members, as: UTF8.self) == #""requestState":"s""#)
    var questions = try round(#"{"inputRequests":{"a":{"method":"roots/list","params":{}}}}"#)
    questions.answer(0, with: Array("{}".utf8))
    #expect(String(decoding: questions.members, as: UTF8.self) == #""inputResponses":{"a":{}}"#)
  }

  @Test(
    arguments: [
      (#"{}"#, .asksNothing),
      (#"{"requestState":7}"#, .badState),
      (#"{"inputRequests":[]}"#, .unknownQuestion),
      (#"{"inputRequests":{"a":1}}"#, .unknownQuestion),
      (#"{"inputRequests":{"a":{"method":"tools/list"}}}"#, .unknownQuestion),
      (#"{"inputRequests":{"a":{"method":"roots/list","params":[]}}}"#, .unknownQuestion),
      (
        #"{"inputRequests":{"a":{"method":"elicitation/create","params":{"mode":"x"}}}}"#,
        .unknownQuestion
      ),
    ] as [(String, InputRound.Fault)])
  func `S16: what is no question is a fault`(result: String, fault: InputRound.Fault) {
    #expect(throws: fault) { try round(result) }
  }

  @Test func `S16: eight questions are asked at once, nine are a fault`() throws {
    func result(_ count: Int) -> String {
      let entries = (0..<count).map { #""k\#($0)":{"method":"roots/list"}"# }
      return #"{"inputRequests":{\#(entries.joined(separator: ","))}}"#
    }
    #expect(try round(result(InputRound.questions)).entries.count == 8)
    #expect(throws: InputRound.Fault.tooMany) { try round(result(InputRound.questions + 1)) }
  }
}
