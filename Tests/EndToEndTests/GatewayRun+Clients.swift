import Harness
import Testing

extension GatewayRun {
  /// Makes a request of 2026-07-28 for a client that calls itself `name`, and waits for its answer.
  ///
  /// - Parameter members: those of `params` beside `_meta`, as JSON without the braces.
  func ask(
    as name: String, _ method: String, _ members: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = client.transcript.answerCount
    try client.send(
      line: #"{"jsonrpc":"2.0","id":"\#(name)\#(before)","method":"\#(method)","params":{"#
        + members + #","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#
        + #""io.modelcontextprotocol/clientCapabilities":{},"#
        + #""io.modelcontextprotocol/clientInfo":{"name":"\#(name)","version":"1"}}}}"#)
    let isThere = client.run(until: { $0.answerCount > before }, within: Self.patience)
    #expect(isThere, sourceLocation: sourceLocation)
  }
}
