import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Methods that the protocol does not define, and what `_meta` carries through.
@Suite struct CustomMethodTests {
  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `the only service gets every method that is not known`(
    revision: Revision, era: String
  ) throws {
    let run = try GatewayRun.open([Service("a", "watch,\(era),name=a")], revision: revision)
    let answer = try run.client.roundTrip(
      "vendor/find", ["query": "x", "limit": 3.0], within: .seconds(20))
    #expect(answer.result?["service"] == "a", "\(answer.text)")
    #expect(answer.result?.at(pointer: "/params/limit") == 3.0)
    let unknown = try run.client.roundTrip("nobody/knows")
    #expect(unknown.errorCode == ErrorCode.methodNotFound.rawValue)
    try run.finish()
  }

  @Test func `of several services the one whose manifest claims the method gets it`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun.open([
      Service("a", "watch,name=a"),
      Service(
        "b", "watch,name=b,ledger=\(folder.path)/ledger",
        more: ["methods: [vendor/*, notifications/vendor/*]"]),
    ])
    let answer = try run.client.roundTrip("vendor/find", within: .seconds(20))
    #expect(answer.result?["service"] == "b", "\(answer.text)")
    let unclaimed = try run.client.roundTrip("other/find")
    #expect(unclaimed.errorCode == ErrorCode.methodNotFound.rawValue)
    try run.client.notify("notifications/vendor/moved", ["to": 1])
    try run.client.notify("notifications/other/moved", ["to": 1])
    #expect(
      run.wait(within: .seconds(20)) {
        folder.text("ledger").contains("notifications/vendor/moved")
      })
    #expect(!folder.text("ledger").contains("other"))
    try run.finish()
  }

  @Test func `a notification of a service's own reaches the legacy client byte for byte`() throws {
    let run = try GatewayRun.open([Service("a", "watch,legacy")], settings: "")
    _ = try run.client.call(
      "a_notify", ["method": "notifications/vendor/moved", "params": ["to": 1.0]],
      within: .seconds(20))
    let notice = try run.client.notification("notifications/vendor/moved", within: .seconds(20))
    #expect(notice.params == ["to": 1.0])
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `C32: trace context and vendor keys pass, keys of one hop do not, in all four cells`(
    revision: Revision, era: String
  ) throws {
    let run = try GatewayRun.open([Service("a", "watch,\(era)")], revision: revision)
    let passing: JSONValue = [
      "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "tracestate": "a=1,b=2", "baggage": "k=v", "com.example/key": ["n": 1.0],
    ]
    var meta = passing
    meta["progressToken"] = "mine"
    meta["io.modelcontextprotocol/logLevel"] = "info"
    let answer = try run.client.roundTrip(
      "tools/call", ["name": "a_meta", "arguments": [:], "_meta": meta], within: .seconds(20))
    let seen = answer.result?.at(pointer: "/structuredContent/meta")
    for key in ["traceparent", "tracestate", "baggage", "com.example/key"] {
      #expect(seen?[key] == passing[key], "\(answer.text)")
    }
    #expect(seen?["progressToken"]?.intValue != nil)
    let info = seen?["io.modelcontextprotocol/clientInfo"]
    #expect(info?["name"] == (era == "modern" ? "switchyard" : nil), "\(answer.text)")
    let level = seen?["io.modelcontextprotocol/logLevel"]
    #expect(level == (era == "modern" && revision.era == .modern ? "info" : nil))
    if era == "legacy" {
      #expect(seen?["io.modelcontextprotocol/protocolVersion"] == nil)
      #expect(seen?["io.modelcontextprotocol/clientCapabilities"] == nil)
    }
    let returned = try run.client.call("a_return", ["result": ["content": [], "_meta": passing]])
    for key in ["traceparent", "tracestate", "baggage", "com.example/key"] {
      #expect(returned.result?["_meta"]?[key] == passing[key], "\(returned.text)")
    }
    try run.finish()
  }
}
