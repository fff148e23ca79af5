import HTTP
import RawJSON
import Testing

@testable import Backend

@Suite struct ParameterHeadersTests {
  private func parameters(_ schema: String) throws -> ParameterHeaders? {
    let tool = Array(#"{"name":"t","inputSchema":\#(schema)}"#.utf8)
    return try ParameterHeaders(
      tool: tool.span.bytes, at: ByteRange(start: 0, end: tool.count))
  }

  private func headers(_ schema: String, _ arguments: String) throws -> [String] {
    let bytes = Array(arguments.utf8)
    let found = try parameters(schema)?.headers(
      of: ByteRange(start: 0, end: bytes.count), in: bytes.span.bytes)
    return (found ?? []).map { $0.name + ": " + $0.value }
  }

  @Test func `a schema without the annotation wants nothing`() throws {
    #expect(try parameters(#"{"type":"object"}"#) == nil)
    // A word in the text is none.
    #expect(try parameters(#"{"description":"no x-mcp-header here"}"#) == nil)
    #expect(try parameters(#"{"properties":{"a":{"default":{"x-mcp-header":"A"}}}}"#) == nil)
  }

  @Test func `values are written as they stand in the message`() throws {
    let schema = #"""
      {"properties":{"s":{"type":"string","x-mcp-header":"S"},
      "i":{"type":"integer","x-mcp-header":"I"},"b":{"type":"boolean","x-mcp-header":"B"},
      "o":{"properties":{"in":{"type":"string","x-mcp-header":"In"}}}}}
      """#
    #expect(
      try headers(schema, #"{"s":"a\u0062","i":12345678901234567890,"b":true,"o":{"in":"x"}}"#)
        == [
          "Mcp-Param-S: ab", "Mcp-Param-I: 12345678901234567890", "Mcp-Param-B: true",
          "Mcp-Param-In: x",
        ])
    #expect(try headers(schema, #"{"s":null,"o":"in","b":[1],"i":{}}"#) == [])
    #expect(try headers(schema, "[]") == [])
    #expect(
      try headers(schema, #"{"s":" a\r\nX: y"}"#) == ["Mcp-Param-S: =?base64?IGENClg6IHk=?="])
  }

  @Test(arguments: [
    #"{"x-mcp-header":"A"}"#,
    #"{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}"#,
    #"{"properties":{"a":{"type":["string","null"],"x-mcp-header":"A"}}}"#,
    #"{"properties":{"a":{"x-mcp-header":"A"}}}"#,
    #"{"properties":{"a":{"type":"string","x-mcp-header":1}}}"#,
    #"{"properties":{"a":{"type":"string","x-mcp-header":""}}}"#,
    #"{"properties":{"a":{"type":"string","x-mcp-header":"a b"}}}"#,
    #"{"properties":{"a":{"type":"string","x-mcp-header":"A\r\nB"}}}"#,
    #"{"properties":{"a":{"items":{"type":"string","x-mcp-header":"A"}}}}"#,
    #"{"anyOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}"#,
    #"{"$defs":{"a":{"type":"string","x-mcp-header":"A"}}}"#,
    #"""
    {"properties":{"a":{"type":"string","x-mcp-header":"A"},
    "b":{"type":"string","x-mcp-header":"a"}}}
    """#,
  ])
  func `an annotation that cannot be obeyed is refused`(schema: String) {
    #expect(throws: ParameterHeaders.Malformed.self) { try parameters(schema) }
  }
}
