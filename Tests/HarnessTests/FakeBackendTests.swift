import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// The fake backend, started with a script.
func fake(
  _ script: String, revision: Revision = .newestLegacy, channel: ServerCommand.Channel = .pipes
) throws -> HarnessClient {
  try HarnessClient(
    ServerCommand(
      [Sibling.path(of: "switchyard-fake-backend")], environment: ["FAKEB_SCRIPT": script],
      channel: channel),
    revision: revision)
}

/// Ends a conversation: the rules of the wire hold, and the server ends with its input.
func finish(_ client: HarnessClient, exit: ServerExit = .code(0)) throws {
  client.closeInput()
  #expect(try client.waitForExit(within: .seconds(5)) == exit)
  #expect(WireRules.violations(in: client.transcript, unfinished: client.partialLine) == [])
}

@Suite struct FakeBackendTests {
  @Test(
    arguments: [Revision.r2024_11_05, .r2025_11_25, .r2026_07_28], ServerCommand.Channel.allCases)
  func `answers in both eras, over pipes and over sockets`(
    revision: Revision, channel: ServerCommand.Channel
  ) throws {
    let client = try fake("", revision: revision, channel: channel)
    let opening = try client.handshake()
    let version = opening.value.at(pointer: "/result/protocolVersion")?.stringValue
    #expect(revision.era == .modern || version == revision.rawValue)
    let echo = try client.call("echo", ["text": "é", "n": 1.5])
    #expect(echo.result?.at(pointer: "/structuredContent/n") == 1.5)
    #expect(echo.result?.at(pointer: "/content/0/text") == "é")
    #expect((echo.result?.member("resultType") != nil) == (revision.era == .modern))
    #expect(
      try client.call("add", ["a": 2, "b": 3]).result?.at(pointer: "/structuredContent/sum") == 5)
    #expect(try client.call("fail").result?.member("isError") == true)
    #expect(try client.call("nothing").errorCode == -32602)
    try finish(client)
  }

  @Test func `digest is the SHA-256 of the arguments as they were sent`() throws {
    let client = try fake("")
    try client.send(
      line: #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"digest","#
        + #""arguments":{ "a" : 1.0 }}}"#)
    let digest = try client.response(to: "1").result?.member("structuredContent")
    #expect(digest?.member("bytes") == 13)
    #expect(
      digest?.member("sha256")
        == "f5c8cb2d9ca8edc23e0e7cb1e06babc0f9aa0d1a2afc33ac0a4f1cdc3cad7a39"
        || digest?.member("sha256")?.stringValue?.utf8.count == 64)
    try finish(client)
  }

  @Test func `slow sends growing progress under the client's token, then the answer`() throws {
    let client = try fake("")
    try client.request(
      "tools/call",
      ["name": "slow", "arguments": ["ms": 30, "steps": 3], "_meta": ["progressToken": "t"]],
      id: "\"a\"")
    for step in 1...3 {
      let progress = try client.notification()
      #expect(progress.params?.member("progress")?.intValue == step)
    }
    #expect(try client.response(to: "\"a\"").kind == .result)
    try finish(client)
  }

  @Test func `a cancelled call is not answered, and the ledger knows`() throws {
    let folder = try TemporaryFolder()
    let client = try fake("ledger=\(folder.path)/ledger")
    let id = try client.request(
      "tools/call", ["name": "slow", "arguments": ["ms": 60_000, "uuid": "u-1"]])
    try client.cancel(id)
    #expect(try client.roundTrip("ping").kind == .result)
    try finish(client)
    let ledger = String(decoding: SmallFile.bytes(of: folder.path + "/ledger"), as: UTF8.self)
    let words = ledger.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(words.map { $0[0] } == ["executed", "cancelled"])
    #expect(words.allSatisfy { $0[1] == "u-1" && $0[3] == "slow" })
  }

  @Test func `tools come in pages`() throws {
    let client = try fake("tools=25,pages=3")
    var names: [String] = []
    var cursor: JSONValue?
    repeat {
      let page = try client.roundTrip("tools/list", cursor.map { ["cursor": $0] })
      names +=
        page.result?.member("tools")?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
      cursor = page.result?.member("nextCursor")
    } while cursor != nil
    #expect(names.count == 25)
    #expect(Set(names).count == 25)
    #expect(names.first == "echo")
    #expect(names.last == "extra_14")
    try finish(client)
  }

  @Test func `asks the client, and returns what the client answered`() throws {
    let client = try fake("")
    client.answers["roots/list"] = .result(["roots": []])
    let answer = try client.call("ask", ["method": "roots/list"])
    #expect(answer.result?.at(pointer: "/structuredContent/answer/roots") == [])
    try finish(client)
  }

  @Test func `asks a modern client by input_required`() throws {
    let client = try fake("", revision: .newest)
    let first = try client.call("ask", ["method": "roots/list"])
    #expect(first.result?.member("resultType") == "input_required")
    let second = try client.roundTrip(
      "tools/call",
      [
        "name": "ask", "arguments": ["method": "roots/list"], "requestState": "state-1",
        "inputResponses": ["k1": ["roots": []]],
      ])
    #expect(second.result?.at(pointer: "/structuredContent/answer/k1/roots") == [])
    try finish(client)
  }

  @Test(arguments: [
    ("crash@2", ServerExit.signal(9)), ("segv@2", .signal(11)), ("exit@2=7", .code(7)),
  ])
  func `dies at the call that the script names`(script: String, exit: ServerExit) throws {
    let client = try fake(script)
    #expect(try client.call("echo").kind == .result)
    #expect(throws: HarnessError.closed("answer to 2")) { try client.call("echo") }
    #expect(try client.waitForExit(within: .seconds(5)) == exit)
  }

  @Test func `a burst is answered whole before the exit`() throws {
    let client = try fake("burst-exit=100")
    let ids = try (0..<100).map { _ in try client.request("tools/call", ["name": "echo"]) }
    for id in ids { #expect(try client.response(to: id).kind == .result) }
    #expect(try client.waitForExit(within: .seconds(5)) == .code(0))
  }

  @Test func `answers out of order find their requests`() throws {
    let client = try fake("reorder=5")
    let ids = try (0..<5).map { index in
      try client.request(
        "tools/call", ["name": "echo", "arguments": ["n": JSONValue.number(JSONNumber(index))]])
    }
    for (index, id) in ids.enumerated() {
      let answer = try client.response(to: id)
      #expect(answer.result?.at(pointer: "/structuredContent/n")?.intValue == index)
    }
    let order = client.transcript.messages.compactMap(\.id)
    #expect(order == ids.reversed())
    try finish(client)
  }

  @Test func `a process left behind carries the environment and is found`() throws {
    let marker = ProcessMarker.fresh()
    let client = try HarnessClient(
      ServerCommand(
        [Sibling.path(of: "switchyard-fake-backend"), "fork=daemon"],
        environment: [ProcessMarker.name: marker.value]))
    #expect(try client.call("echo").kind == .result)
    // The daemon is started by a process in between, which takes its time.
    let deadline = ContinuousClock.now + .seconds(20)
    while marker.processes().count != 2, ContinuousClock.now < deadline {
      client.run(for: .milliseconds(10))
    }
    try finish(client)
    // A process that has just become another shows no environment for a moment.
    let moment = ContinuousClock.now + .seconds(20)
    var left = marker.processes()
    while left.count != 1, ContinuousClock.now < moment {
      usleep(10_000)
      left = marker.processes()
    }
    #expect(left.count == 1)
    // The same moment hides it from who ends it.
    let end = ContinuousClock.now + .seconds(20)
    var emptyLooks = 0
    while emptyLooks < 3, ContinuousClock.now < end {
      marker.killAll()
      emptyLooks = marker.processes().isEmpty ? emptyLooks + 1 : 0
      usleep(20_000)
    }
    #expect(emptyLooks == 3)
  }

  @Test func `a word that is not known is an error`() throws {
    let client = try fake("crash@")
    #expect(try client.waitForExit(within: .seconds(5)) == .code(2))
    #expect(client.stderr.contains("unknown word 'crash@'"))
  }
}
