import MCP
import RawJSON
import Testing

@Suite struct EnvelopeTests {
  @Test func `finds what a call is routed on`() throws {
    let line = Array(
      #"{"params":{"arguments":{"x":1},"name":"n","_meta":{"progressToken":7}},"method":"tools/call","id":"a","jsonrpc":"2.0"}"#
        .utf8)
    let envelope = try Envelope.scan(line.span.bytes)
    #expect(envelope.kind == .request)
    #expect(envelope.method == .toolsCall)
    #expect(JSON.copy(envelope.progressToken, in: line.span.bytes) == Array("7".utf8))
  }
}
