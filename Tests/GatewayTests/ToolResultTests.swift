import Backend
import MCP
import RawJSON
import Resilience
import Testing

@testable import Gateway

@Suite struct ToolResultTests {
  private func json(_ result: ToolResult) throws -> JSONValue {
    var bytes: [UInt8] = []
    result.write { bytes.append(contentsOf: $0) }
    return try JSONValue(parsing: bytes)
  }

  private func result(_ text: String, for revision: Revision) throws -> JSONValue {
    let value = try JSONText(parsing: Array(text.utf8))
    return try json(
      ToolResult(RESTResult(pieces: [.text(value)]), for: ClientContext(revision: revision)))
  }

  @Test(arguments: [
    #"{"a":"x\"\\\n\u001b é"}"#, "{}", #"{"n":1.0,"deep":{"list":[1,{"k":null}]}}"#,
  ])
  func `the text is the structured content, byte for byte`(_ text: String) throws {
    let json = try result(text, for: .newest)
    #expect(json.at(pointer: "/content/0/text") == .string(text))
    #expect(json["structuredContent"] == (try JSONValue(parsing: Array(text.utf8))))
    #expect(json["resultType"] == "complete")
    #expect(json["isError"] == nil)
  }

  @Test func `clients from before 2025-06-18 get no structured content`() throws {
    let old = try result(#"{"a":1}"#, for: .r2025_03_26)
    #expect(old["structuredContent"] == nil)
    #expect(old["resultType"] == nil)
    #expect(old["_meta"] == nil)
    let legacy = try result(#"{"a":1}"#, for: .r2025_06_18)
    #expect(legacy["structuredContent"] == ["a": 1])
  }

  @Test func `a large text is written in pieces that join`() throws {
    let text = #"{"t":"\#(String(repeating: #"é\" "#, count: 20_000))"}"#
    let json = try result(text, for: .newest)
    #expect(json.at(pointer: "/content/0/text") == .string(text))
  }

  @Test func `an error is a text for the model and facts for programs`() throws {
    let failure = RESTFailure(
      .rateLimit, "api answered 429.", advice: "Try again in 3 s.", status: 429,
      isRetryable: true, retryAfter: .seconds(3))
    let json = try json(ToolResult(failure, for: ClientContext(revision: .newest)))
    #expect(json["isError"] == true)
    #expect(json.at(pointer: "/content/0/text") == "api answered 429. Try again in 3 s.")
    #expect(
      json.at(pointer: "/_meta/switchyard~1error")
        == ["category": "rate_limit", "status": 429, "retryable": true, "retryAfterMs": 3000])
  }
}
