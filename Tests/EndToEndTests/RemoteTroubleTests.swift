import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Remote servers that do what they should not (reliability section 4, H rows).
@Suite struct RemoteTroubleTests {
  @Test func `H08: a session that is gone is opened anew, and the call is answered`() throws {
    let run = try RemoteRun(.legacy)
    try run.expectOK()
    run.server.change { $0.sessions.removeAll() }
    let ids = try (0..<5).map { _ in
      try run.client.request("tools/call", ["name": "far_echo", "arguments": ["text": "again"]])
    }
    for id in ids {
      let answer = try run.client.response(to: id)
      #expect(answer.result?.at(pointer: "/structuredContent/text") == "again", "\(answer.text)")
    }
    #expect(run.server.state.sessionCount == 2)
    #expect(run.server.request("tools/call")?.values(of: "Mcp-Session-Id") == ["session-2"])
    try run.finish()
  }

  @Test func `H08: a server that knows no session is asked twice and no more`() throws {
    let run = try RemoteRun(.legacy)
    try run.expectOK()
    run.server.change { $0.forgets = true }
    let answer = try run.call("echo")
    #expect(answer.errorCode == ErrorCode.backendUnavailable.rawValue, "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/sent") == false)
    #expect(run.server.methods.filter { $0 == "tools/call" }.count <= 3)
    run.server.change { $0.forgets = false }
    let isBack = run.gateway.wait { (try? run.call("echo"))?.kind == .result }
    #expect(isBack)
    try run.finish()
  }

  @Test func `H08: a session of HTTP+SSE that is gone has executed nothing, and is opened anew`()
    throws
  {
    let run = try RemoteRun(.stream, revision: .newestLegacy)
    try run.expectOK()
    run.server.change { $0.forgets = true }
    let opened = run.server.methods.filter { $0 == "notifications/initialized" }.count
    let answer = try run.call("echo")
    #expect(answer.error?.at(pointer: "/data/sent") == false, "\(answer.text)")
    run.server.change { $0.forgets = false }
    let isBack = run.gateway.wait { (try? run.call("echo"))?.kind == .result }
    #expect(isBack)
    #expect(run.server.methods.filter { $0 == "notifications/initialized" }.count > opened)
    try run.finish()
  }

  @Test func `H14: a long page is quoted with its type, escaped, and no more than its beginning`()
    throws
  {
    let run = try RemoteRun(.modern)
    let page =
      "\u{1B}[31m" + String(repeating: "p", count: 110) + String(repeating: "q", count: 500)
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: \(page.utf8.count)"
    let answer = try run.call("raw", ["raw": .string(head + "\r\n\r\n" + page)])
    let message = answer.error?["message"]?.stringValue ?? ""
    #expect(message.contains("text/html") && message.contains("ppp"), "\(answer.text)")
    #expect(!message.contains("\u{1B}"))
    #expect(message.utf8.count { $0 == UInt8(ascii: "q") } <= 10, "\(message)")
    try run.finish()
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", "<html>"),
    ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n", "json"),
    ("HTTP/1.1 204 No Content\r\n\r\n", "204"),
    ("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", "202"),
    ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{]", "{]"),
    (
      "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nlost",
      "lost"
    ),
  ])
  func `H14: what is no message is an error that quotes it`(raw: String, quoted: String) throws {
    let run = try RemoteRun(.modern)
    let answer = try run.call("raw", ["raw": .string(raw)])
    #expect(answer.errorCode == ErrorCode.backendProtocolError.rawValue, "\(answer.text)")
    #expect(answer.error?["message"]?.stringValue?.contains(quoted) == true, "\(answer.text)")
    try run.expectOK()
    try run.finish()
  }

  @Test func `H06: an error in the body of a 5xx is the answer, and ill health`() throws {
    let run = try RemoteRun(.modern)
    let error = #"{"code":-32603,"message":"the disk is full","data":{"free":0}}"#
    // Failures within a millisecond count as one.
    for number in 0..<40 {
      let id = number % 2 == 0 ? "null" : "7"
      let body = #"{"jsonrpc":"2.0","id":\#(id),"error":\#(error)}"#
      let head =
        "HTTP/1.1 500 Trouble\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n"
      let answer = try run.call("raw", ["raw": .string(head + body)])
      if number > 1, answer.errorCode == ErrorCode.circuitOpen.rawValue { return try run.finish() }
      #expect(answer.error?["message"] == "the disk is full", "\(answer.text)")
      #expect(answer.errorCode == -32603 && answer.error?["data"]?["free"] == 0)
    }
    Issue.record("the breaker has not opened")
    try run.finish()
  }

  @Test(arguments: ["hang", "comments", "chatter"])
  func `H16: a stream without an answer ends with the deadline`(tool: String) throws {
    let run = try RemoteRun(.modern, more: ["limits: {timeout: 1500ms}"])
    let answer = try run.call(tool)
    #expect(answer.errorCode == ErrorCode.timeout.rawValue, "\(answer.text)")
    #expect(run.gateway.wait { run.server.state.closed == 1 })
    try run.finish()
  }

  @Test func `H17: an event that is larger than a message may be is refused, and let go`() throws {
    let run = try RemoteRun(.modern)
    let answer = try run.call("endless")
    #expect(answer.errorCode == ErrorCode.backendProtocolError.rawValue, "\(answer.text)")
    #expect(answer.error?["message"]?.stringValue?.contains("an answer of more than") == true)
    #expect(run.gateway.wait { run.server.state.closed == 1 })
    try run.expectOK()
    try run.finish()
  }

  @Test(arguments: [RemoteServer.Speech.modern, .legacy, .stream])
  func `H18: a stream that ends before the answer is a loss, and nothing is sent again`(
    speech: RemoteServer.Speech
  ) throws {
    let run = try RemoteRun(speech, revision: speech == .stream ? .newestLegacy : .newest)
    let answer = try run.call("short")
    #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/outcome") == "unknown")
    #expect(run.server.methods.filter { $0 == "tools/call" }.count == 1)
    try run.expectOK()
    try run.finish()
  }

  @Test func `H18: a legacy stream goes on behind its last event`() throws {
    let run = try RemoteRun(.legacy)
    let answer = try run.call("cut")
    #expect(answer.result?.at(pointer: "/structuredContent/text") == "resumed", "\(answer.text)")
    #expect(run.server.methods.filter { $0 == "tools/call" }.count == 1)
    try run.finish()
  }

  @Test func `H18: a modern stream is never asked for again`() throws {
    let run = try RemoteRun(.modern)
    let answer = try run.call("cut")
    #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
    #expect(run.server.http.requests.allSatisfy { $0.method == "POST" })
    try run.finish()
  }

  @Test(arguments: [RemoteServer.Speech.modern, .legacy])
  func `H19: only the first answer with the id of the request counts`(
    speech: RemoteServer.Speech
  ) throws {
    let run = try RemoteRun(speech)
    let answer = try run.call("foreign")
    #expect(answer.result?.at(pointer: "/structuredContent/text") == "first", "\(answer.text)")
    try run.expectOK()
    try run.finish()
  }

  @Test func `H19: a request in the stream of a client that declared nothing is refused`() throws {
    let run = try RemoteRun(.legacy, revision: .newestLegacy, capabilities: [:])
    let answer = try run.call("ask")
    let told = answer.result?.at(pointer: "/structuredContent/answer")
    #expect(told?.at(pointer: "/error/code") == -32601, "\(answer.text)")
    #expect(run.client.transcript.messages.allSatisfy { $0.kind != .request })
    try run.finish()
  }

  @Test func `H20: an endpoint at another origin is refused`() throws {
    let run = try RemoteRun(.stream, revision: .newestLegacy) { server in
      server.change { $0.endpoint = "http://127.0.0.2:9/messages?session=1" }
    }
    let answer = try run.call("echo")
    #expect(answer.kind == .failure, "\(answer.text)")
    #expect(run.gateway.wait { run.client.stderr.contains("not at the same origin") })
    #expect(run.server.request("tools/call") == nil)
    try run.finish()
  }

  @Test(arguments: [String(repeating: "x", count: 10_000), "a b", "a\tb", "caf\u{E9}", "a\rX: y"])
  func `H27: a session id that cannot be sent back is refused`(session: String) throws {
    let run = try RemoteRun(.legacy) { server in server.change { $0.givenSession = session } }
    let answer = try run.call("echo")
    #expect(answer.kind == .failure, "\(answer.text)")
    // A lone CR makes it no header at all.
    let why = session.contains("\r") ? "a header line has no name or holds a control" : "session id"
    #expect(run.gateway.wait { run.client.stderr.contains(why) }, "\(run.client.stderr)")
    #expect(!run.server.methods.contains("notifications/initialized"))
    try run.finish()
  }

  @Test func `H27: a session id that changes is refused`() throws {
    let run = try RemoteRun(.legacy)
    let raw = "HTTP/1.1 200 OK\r\nMcp-Session-Id: other\r\nContent-Length: 0\r\n\r\n"
    let answer = try run.call("raw", ["raw": .string(raw)])
    #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
    #expect(answer.error?["message"]?.stringValue?.contains("changed its session") == true)
    try run.expectOK()
    #expect(run.server.request("tools/call")?.values(of: "Mcp-Session-Id") == ["session-2"])
    try run.finish()
  }

  @Test func `S09: a redirect is told and not followed`() throws {
    let other = try RemoteServer(.modern)
    let run = try RemoteRun(.modern, keys: ["auth: {bearer: canary-1234}"])
    let raw = "HTTP/1.1 307 Moved\r\nLocation: \(other.url)\r\nContent-Length: 0\r\n\r\n"
    let answer = try run.call("raw", ["raw": .string(raw)])
    #expect(answer.errorCode == ErrorCode.backendUnavailable.rawValue, "\(answer.text)")
    #expect(answer.error?["message"]?.stringValue?.contains("never followed") == true)
    #expect(other.http.accepted == 0)
    other.http.stop()
    try run.finish()
  }

  @Test(arguments: [(Revision.newest, "server/discover"), (.newestLegacy, "initialize")])
  func `refused credentials are no verdict on the era, and never shown`(
    revision: Revision, first: String
  ) throws {
    let run = try RemoteRun(
      .both, keys: ["auth: {bearer: canary-1234}"], revision: revision
    ) { server in
      server.change { $0.authorization = "Bearer other" }
    }
    let refused = try run.call("echo")
    #expect(refused.kind == .failure, "\(refused.text)")
    #expect(Set(run.server.methods) == [first])
    #expect(run.gateway.wait { run.client.stderr.contains("does not accept our credentials") })
    #expect(!run.client.stderr.contains("canary"))
    try run.finish()
  }

  @Test func `trouble of the server is no verdict on the era`() throws {
    let run = try RemoteRun(.both) { server in
      server.change { $0.trouble = "503 Service Unavailable" }
    }
    #expect(try run.call("echo").kind == .failure)
    #expect(Set(run.server.methods) == ["server/discover"])
    run.server.change { $0.trouble = nil }
    // It is tried again as soon as somebody wants it.
    let isBack = run.gateway.wait { (try? run.call("echo"))?.kind == .result }
    #expect(isBack)
    #expect(!run.server.methods.contains("initialize"))
    try run.finish()
  }

  @Test func `S06: a session id is for its own server, whatever clients say`() throws {
    let servers = try ["one", "two"].map { name in
      let server = try RemoteServer(.legacy)
      server.change { $0.givenSession = "id-of-\(name)" }
      return server
    }
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    for (name, server) in zip(["one", "two"], servers) {
      try folder.write(RemoteRun.manifest(url: server.url), to: "manifests/\(name).yaml")
    }
    let run = try GatewayRun([], revision: .newestLegacy, folder: folder)
    try run.client.handshake()
    for name in ["one", "two"] {
      let meta: JSONValue = ["Mcp-Session-Id": "of-the-client", "sessionId": "of-the-client"]
      let id = try run.client.request(
        "tools/call", ["name": .string("\(name)_echo"), "arguments": [:], "_meta": meta])
      #expect(try run.client.response(to: id).kind == .result)
    }
    try run.finish()
    for (name, server) in zip(["one", "two"], servers) {
      let sent = Set(server.http.requests.flatMap { $0.values(of: "Mcp-Session-Id") })
      #expect(sent == ["id-of-\(name)"])
      server.http.stop()
    }
  }

  @Test func `H23: interim responses are passed over, and HTTP 0.9 is refused`() throws {
    let run = try RemoteRun(.modern)
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    let last = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
    let interim = try run.call("raw", ["raw": .string(early + early + last)])
    #expect(interim.errorCode == ErrorCode.backendProtocolError.rawValue, "\(interim.text)")
    #expect(interim.error?["message"]?.stringValue?.contains("hi") == true)
    let garbage = try run.call("raw", ["raw": "what is this\r\n"])
    #expect(garbage.kind == .failure, "\(garbage.text)")
    try run.expectOK()
    try run.finish()
  }
}
