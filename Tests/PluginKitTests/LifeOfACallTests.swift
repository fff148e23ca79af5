import Harness
import MCP
import RawJSON
import Testing

/// Progress, cancelling, concurrency and the end of the pipe.
@Suite struct LifeOfACallTests {
  private func demo(_ revision: Revision = .newest) throws -> HarnessClient {
    try HarnessClient(
      ServerCommand([Sibling.path(of: "switchyard-demo")]), revision: revision)
  }

  private func finish(_ client: HarnessClient) throws {
    client.closeInput()
    #expect(try client.waitForExit(within: .seconds(5)) == .code(0))
    #expect(WireRules.violations(in: client.transcript, unfinished: client.partialLine) == [])
  }

  private static func countdown(steps: Int, seconds: Double, token: JSONValue?) -> JSONValue {
    var params: JSONValue = [
      "name": "countdown",
      "arguments": [
        "steps": JSONValue(integerLiteral: steps), "seconds": JSONValue(floatLiteral: seconds),
      ],
    ]
    if let token { params["_meta"] = ["progressToken": token] }
    return params
  }

  @Test(arguments: [Revision.r2025_03_26, .newest], ["\"t\"", "9007199254740993"])
  func `progress carries the client's token, goes up and ends before the answer`(
    revision: Revision, token: String
  ) throws {
    let client = try demo(revision)
    let params = Self.countdown(
      steps: 4, seconds: 0.04, token: try JSONValue(parsing: Array(token.utf8)))
    let id = try client.request("tools/call", params)
    #expect(try client.response(to: id).result?["isError"] == false)
    let progress = client.transcript.messages.filter { $0.method == "notifications/progress" }
    #expect(progress.compactMap { $0.params?["progress"]?.intValue } == [0, 1, 2, 3, 4])
    #expect(progress.allSatisfy { $0.progressToken == token })
    #expect(client.transcript.messages.last?.id == id)
    try finish(client)
  }

  @Test func `a client that did not ask for progress gets none`() throws {
    let client = try demo()
    let id = try client.request("tools/call", Self.countdown(steps: 3, seconds: 0, token: nil))
    _ = try client.response(to: id)
    #expect(client.transcript.messages.count == 1)
    try finish(client)
  }

  @Test(arguments: ["1.5", "{}", "null", "[1]", "true"])
  func `C21: a progress token of another kind is refused`(token: String) throws {
    let client = try demo()
    let token = try JSONValue(parsing: Array(token.utf8))
    let id = try client.request("tools/call", Self.countdown(steps: 1, seconds: 0, token: token))
    #expect(try client.response(to: id).errorCode == -32602)
    try finish(client)
  }

  @Test func `a cancelled call stops and is never answered; others go on`() throws {
    let client = try demo()
    let long = try client.request(
      "tools/call", Self.countdown(steps: 1000, seconds: 1000, token: "long"))
    _ = try client.notification("notifications/progress")
    let other = try client.request("tools/call", Self.countdown(steps: 2, seconds: 0.1, token: nil))
    try client.cancel(long)
    #expect(try client.response(to: other).result?["isError"] == false)
    #expect(try client.call("echo", ["text": "after"]).result?["isError"] == false)
    #expect(client.transcript.answersByID[long] == nil)
    // A handler that had not stopped would hold the process for the whole drain.
    try finish(client)
  }

  @Test func `C19: cancelling what is unknown or done is ignored`() throws {
    let client = try demo()
    try client.cancel("77")
    let id = try client.request("tools/call", ["name": "echo", "arguments": ["text": "x"]])
    _ = try client.response(to: id)
    try client.cancel(id)
    try client.notify("notifications/cancelled")
    try client.notify("notifications/cancelled", ["requestId": ["odd": true]])
    #expect(try client.call("echo", ["text": "x"]).result?["isError"] == false)
    try finish(client)
  }

  @Test func `C12: an id in flight is refused, and may be used again when it is answered`() throws {
    let client = try demo()
    let params = Self.countdown(steps: 1, seconds: 0.2, token: nil)
    try client.request("tools/call", params, id: "\"a\"")
    try client.request("tools/call", params, id: "\"a\"")
    let refusal = try client.errorWithoutID()
    #expect(refusal.errorCode == -32600)
    #expect(refusal.error?["message"]?.stringValue?.contains("\"a\"") == true)
    #expect(try client.response(to: "\"a\"").result?["isError"] == false)
    try client.request("tools/call", params, id: "\"a\"")
    #expect(try client.response(to: "\"a\"").result?["isError"] == false)
  }

  @Test func `calls run side by side`() throws {
    let client = try demo()
    let params = Self.countdown(steps: 1, seconds: 0.5, token: nil)
    let ids = try (0..<40).map { _ in try client.request("tools/call", params) }
    for id in ids {
      #expect(try client.response(to: id, within: .seconds(5)).result?["isError"] == false)
    }
    // One after the other they would take 20 seconds.
    try finish(client)
  }

  @Test func `C24: calls that end soon are answered after stdin is closed`() throws {
    let client = try demo()
    let id = try client.request("tools/call", Self.countdown(steps: 2, seconds: 0.3, token: nil))
    client.closeInput()
    #expect(try client.response(to: id).result?["isError"] == false)
    #expect(try client.waitForExit(within: .seconds(2)) == .code(0))
  }

  @Test func `C24: calls that take long do not keep the process beyond two seconds`() throws {
    let client = try demo()
    try client.request("tools/call", Self.countdown(steps: 10, seconds: 1000, token: nil))
    client.closeInput()
    #expect(try client.waitForExit(within: .seconds(2)) == .code(0))
  }

  @Test func `C25: the process ends when nobody reads its output any more`() throws {
    let client = try demo()
    _ = try client.call("echo", ["text": "x"])
    client.closeOutput()
    #expect(try client.waitForExit(within: .seconds(3)) == .code(0))
  }

  @Test func `sockets serve as well as pipes`() throws {
    let client = try HarnessClient(
      ServerCommand([Sibling.path(of: "switchyard-demo")], channel: .sockets), revision: .newest)
    let text = String(repeating: "é", count: 50_000)
    let answer = try client.call("echo", ["text": .string(text)])
    #expect(answer.result?.at(pointer: "/content/0/text")?.stringValue == text)
    try finish(client)
  }
}
