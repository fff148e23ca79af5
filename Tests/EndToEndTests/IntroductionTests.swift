import Harness
import MCP
import RawJSON
import Testing

/// What the first hello of all says, when nothing is known of the services yet.
@Suite struct IntroductionTests {
  private func name(_ hello: ServerMessage, _ revision: Revision) -> String? {
    let info =
      revision.era == .legacy
      ? hello.result?["serverInfo"]
      : hello.result?["_meta"]?["io.modelcontextprotocol/serverInfo"]
    return info?["name"]?.stringValue
  }

  @Test(arguments: [Revision.newestLegacy, .newest])
  func `a single service introduces itself, even if it was never asked`(
    revision: Revision
  ) throws {
    let run = try GatewayRun([Service("only", "name=yard,delay@init=200")], revision: revision)
    let hello = try run.client.handshake(within: .seconds(20))
    #expect(name(hello, revision) == "yard")
    try run.expectOK("only_echo")
    try run.finish()
  }

  @Test func `what a client sends before it has its hello is served after it`() throws {
    let run = try GatewayRun([Service("only", "name=yard,delay@init=200")])
    try run.client.send(
      line: #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"#
        + #""2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#)
    try run.client.send(line: #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
    try run.client.send(line: #"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#)
    let hello = try run.client.response(to: "1", within: .seconds(20))
    #expect(name(hello, .newestLegacy) == "yard")
    #expect(hello.result?["protocolVersion"] == "2025-06-18")
    #expect(try run.client.response(to: "2", within: .seconds(20)).kind == .result)
    try run.finish()
  }

  @Test func `a single service that says nothing does not keep a client from its hello`() throws {
    let run = try GatewayRun([Service("only", "hang@init")])
    let hello = try run.client.handshake(within: .seconds(20))
    #expect(name(hello, .newestLegacy) == "switchyard")
    try run.finish()
  }

  @Test func `of several services none is started for a hello`() throws {
    let run = try GatewayRun([Service("a", "hang@init"), Service("b", "hang@init")])
    let hello = try run.client.handshake(within: .seconds(20))
    #expect(name(hello, .newestLegacy) == "switchyard")
    #expect(!run.client.stderr.contains("service.starting"))
    try run.finish()
  }
}
