import Harness
import MCP
import RawJSON
import Testing

/// The bundled service, as a client of each revision sees it over real pipes.
@Suite struct DemoTests {
  static let revisions = Revision.allCases

  private func demo(_ revision: Revision = .newest) throws -> HarnessClient {
    try HarnessClient(
      ServerCommand([Sibling.path(of: "switchyard-demo")]), revision: revision)
  }

  /// Ends the service and proves that nothing but MCP came out.
  private func finish(_ client: HarnessClient, sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    client.closeInput()
    #expect(try client.waitForExit(within: .seconds(5)) == .code(0), sourceLocation: sourceLocation)
    #expect(
      WireRules.violations(in: client.transcript, unfinished: client.partialLine) == [],
      sourceLocation: sourceLocation)
  }

  @Test(arguments: revisions)
  func `every revision lists and calls the tools`(revision: Revision) throws {
    let client = try demo(revision)
    let hello = try client.handshake()
    if revision.era == .legacy {
      #expect(hello.result?["protocolVersion"]?.stringValue == revision.rawValue)
    } else {
      #expect(hello.result?["supportedVersions"] == ["2026-07-28"])
    }
    let list = try client.roundTrip("tools/list").result
    let names = list?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
    #expect(names == ["echo", "add", "roll", "countdown"])
    #expect((list?["ttlMs"] != nil) == (revision.era == .modern))
    #expect((list?["cacheScope"] != nil) == (revision.era == .modern))
    let sum = try client.call("add", ["a": 1, "b": 2.5]).result
    #expect(sum?["structuredContent"] == ["sum": 3.5])
    #expect(sum?["isError"] == false)
    #expect((sum?["resultType"]?.stringValue == "complete") == (revision.era == .modern))
    let server = sum?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"]?.stringValue
    #expect(server == (revision.era == .modern ? "switchyard-demo" : nil))
    try finish(client)
  }

  @Test func `C14: initialize is answered with the revision asked for, or the newest legacy one`()
    throws
  {
    for (asked, answered) in [
      ("2024-11-05", "2024-11-05"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25"),
    ] {
      let client = try demo(.newestLegacy)
      let answer = try client.roundTrip(
        "initialize",
        [
          "protocolVersion": .string(asked), "capabilities": [:],
          "clientInfo": ["name": "t", "version": "1"],
        ])
      #expect(answer.result?["protocolVersion"]?.stringValue == answered)
      try finish(client)
    }
  }

  @Test func `both eras may alternate on one pipe`() throws {
    let client = try demo(.newest)
    _ = try client.handshake()
    client.revision = .newestLegacy
    _ = try client.handshake()
    #expect(try client.roundTrip("ping").result == [:])
    client.revision = .newest
    #expect(try client.roundTrip("ping").errorCode == -32601)
    #expect(try client.roundTrip("initialize").errorCode == -32601)
    #expect(try client.call("echo", ["text": "x"]).result?["resultType"]?.stringValue == "complete")
    try finish(client)
  }

  @Test func `C13: a request before any handshake is served`() throws {
    let client = try demo(.newestLegacy)
    #expect(try client.call("echo", ["text": "first"]).result?["isError"] == false)
    try finish(client)
  }

  @Test func `C14: an unknown version and a missing capability object are refused`() throws {
    let client = try demo(.newestLegacy)
    let unknown = try client.roundTrip(
      "tools/list",
      [
        "_meta": [
          "io.modelcontextprotocol/protocolVersion": "1900-01-01",
          "io.modelcontextprotocol/clientCapabilities": [:],
        ]
      ])
    #expect(unknown.errorCode == -32022)
    #expect(unknown.error?["data"] == ["supported": ["2026-07-28"], "requested": "1900-01-01"])
    let bare = try client.roundTrip(
      "tools/list", ["_meta": ["io.modelcontextprotocol/protocolVersion": "2026-07-28"]])
    #expect(bare.errorCode == -32602)
    #expect(try client.roundTrip("server/discover").errorCode == -32602)
    try finish(client)
  }

  @Test func `C15: unknown methods are refused, unknown notifications ignored`() throws {
    for revision in [Revision.newestLegacy, .newest] {
      let client = try demo(revision)
      try client.notify("notifications/nonsense")
      for method in ["nonsense", "logging/setLevel", "completion/complete", "resources/subscribe"] {
        #expect(try client.roundTrip(method).errorCode == -32601)
      }
      try finish(client)
    }
  }

  @Test func `C17 C31: unknown names and cursors are refused`() throws {
    for revision in [Revision.newestLegacy, .newest] {
      let client = try demo(revision)
      #expect(try client.call("nope").errorCode == -32602)
      #expect(try client.roundTrip("prompts/get", ["name": "nope"]).errorCode == -32602)
      #expect(try client.roundTrip("tools/list", ["cursor": "forged"]).errorCode == -32602)
      let missing = try client.roundTrip("resources/read", ["uri": "demo://nope"])
      #expect(missing.errorCode == (revision.era == .modern ? -32602 : -32002))
      try finish(client)
    }
  }

  @Test func `C18: arguments that break the schema are answered with every pointer`() throws {
    let client = try demo()
    let answer = try client.call("roll", ["dice": 0, "sides": "six", "a/b": 1]).result
    #expect(answer?["isError"] == true)
    let text = answer?.at(pointer: "/content/0/text")?.stringValue ?? ""
    #expect(text.contains("/dice: must be at least 1"))
    #expect(text.contains("/sides: expected an integer"))
    #expect(text.contains("/a~1b: unknown argument"))
    #expect(try client.call("roll", ["dice": 101]).result?["isError"] == true)
    #expect(try client.call("roll", ["dice": 100]).result?["isError"] == false)
    #expect(try client.call("add", ["a": 1]).result?["isError"] == true)
    try finish(client)
  }

  @Test func `prompts and resources are served`() throws {
    for revision in [Revision.r2024_11_05, .newest] {
      let client = try demo(revision)
      let prompt = try client.roundTrip(
        "prompts/get", ["name": "introduction", "arguments": ["topic": "tea"]])
      let text = prompt.result?.at(pointer: "/messages/0/content/text")?.stringValue
      #expect(text == "Introduce tea to everybody in three sentences.")
      let bare = try client.roundTrip("prompts/get", ["name": "introduction"])
      #expect(bare.errorCode == -32602)
      let manual = try client.roundTrip("resources/read", ["uri": "demo://manual"]).result
      #expect(manual?.at(pointer: "/contents/0/mimeType")?.stringValue == "text/markdown")
      #expect(try client.roundTrip("resources/templates/list").result?["resourceTemplates"] == [])
      try finish(client)
    }
  }
}
