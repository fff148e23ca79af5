import MCP
import RawJSON
import Testing

@testable import Gateway

/// S16: which texts of a question are those that people read.
@Suite struct ShownTextTests {
  private func shown(_ method: Method, _ params: String) -> [String] {
    let bytes = Array(params.utf8)
    var found: [String] = []
    ShownText.forEach(method, ByteRange(start: 0, end: bytes.count), in: bytes.span.bytes) {
      guard let text = JSON.string($0, in: bytes.span.bytes) else { return }
      found.append(String(decoding: text, as: UTF8.self))
    }
    return found
  }

  @Test func `S16: all that a form shows, and nothing that it gives back`() {
    let form = #"""
      {"message":"m","requestedSchema":{"title":"t","description":"d","type":"object","properties":{
      "f":{"title":"ft","description":"fd","enum":["v"],"enumNames":["n"],"default":"x"},
      "g":{"oneOf":[{"const":"c","title":"ot"}]},
      "h":{"type":"array","items":{"anyOf":[{"const":"k","title":"at"}]}}}}}
      """#
    #expect(
      shown(.elicitationCreate, form) == ["m", "t", "d", "ft", "fd", "n", "ot", "at"])
    #expect(shown(.elicitationCreate, #"{"mode":"url","message":"m","url":"u"}"#) == ["m", "u"])
  }

  @Test func `S16: what a model is given to read, also what a tool has answered`() {
    let sample = #"""
      {"systemPrompt":"s","messages":[{"content":{"type":"text","text":"a"}},{"content":[
      {"type":"text","text":"b"},{"type":"tool_result","toolUseId":"i","content":[
      {"type":"text","text":"c"},{"type":"resource","resource":{"uri":"u","text":"r"}}]},
      {"type":"tool_use","name":"n","input":{"text":"raw"}}]}],
      "tools":[{"name":"n","title":"tt","description":"td","inputSchema":{"title":"raw"}}]}
      """#
    #expect(shown(.samplingCreateMessage, sample) == ["s", "a", "b", "c", "r", "tt", "td"])
    #expect(shown(.rootsList, #"{"message":"m"}"#) == [])
  }

  @Test func `S16: params of any other shape have nothing to show`() {
    for params in ["[]", "null", "7", #"{"messages":{},"message":[],"requestedSchema":3}"#] {
      #expect(shown(.samplingCreateMessage, params) == [])
      #expect(shown(.elicitationCreate, params) == [])
    }
  }
}
