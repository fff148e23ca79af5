import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Remote services over HTTP, seen by a client.
@Suite struct RemoteTests {
  @Test func `modern: one POST a message, which says in headers what it is`() throws {
    let run = try RemoteRun(.modern)
    try run.expectOK()
    let request = try #require(run.server.request("tools/call"))
    #expect(request.method == "POST" && request.target == "/mcp")
    #expect(request.values(of: "MCP-Protocol-Version") == ["2026-07-28"])
    #expect(request.values(of: "Mcp-Method") == ["tools/call"])
    #expect(request.values(of: "Mcp-Name") == ["echo"])
    #expect(request.values(of: "Accept") == ["application/json, text/event-stream"])
    #expect(request.values(of: "Mcp-Session-Id") == [])
    #expect(!run.server.methods.contains("initialize"))
    #expect(run.server.http.requests.allSatisfy { $0.method == "POST" })
    try run.finish()
  }

  @Test func `legacy: a session with a stream beside the requests, which is ended in the end`()
    throws
  {
    let run = try RemoteRun(.legacy)
    try run.expectOK()
    let request = try #require(run.server.request("tools/call"))
    #expect(request.values(of: "Mcp-Session-Id") == ["session-1"])
    #expect(request.values(of: "MCP-Protocol-Version") == ["2025-11-25"])
    #expect(request.values(of: "Mcp-Method") == [])
    let opening = run.server.methods.drop { $0 != "initialize" }
    #expect(Array(opening.prefix(2)) == ["initialize", "notifications/initialized"])
    #expect(run.gateway.wait { run.server.state.streams.count == 1 })
    try run.gateway.finish()
    #expect(run.server.state.sessions.isEmpty)
    run.server.http.stop()
  }

  @Test(arguments: [Revision.newestLegacy, .newest])
  func `a server that speaks both is spoken to in the era of the call`(revision: Revision) throws {
    let run = try RemoteRun(.both, revision: revision)
    try run.expectOK()
    #expect(run.server.methods.contains("initialize") == (revision.era == .legacy))
    try run.finish()
  }

  @Test(arguments: [RemoteServer.Speech.modern, .legacy])
  func `what a server speaks is remembered by the next gateway`(
    speech: RemoteServer.Speech
  ) throws {
    // Each begins with what the other era says.
    let revision: Revision = speech == .modern ? .newestLegacy : .newest
    let run = try RemoteRun(speech, revision: revision)
    try run.expectOK()
    let wrong = speech == .modern ? "initialize" : "server/discover"
    #expect(run.server.methods.count { $0 == wrong } == 1, "\(run.server.methods)")
    try run.gateway.finish()
    let seen = run.server.methods.count
    let again = try GatewayRun([], revision: revision, folder: run.gateway.folder)
    try again.client.handshake()
    let answer = try again.client.call("far_echo", ["text": "x"], within: GatewayRun.patience)
    #expect(answer.kind == .result, "\(answer.text)")
    let later = run.server.methods.dropFirst(seen)
    #expect(!later.contains(wrong), "\(later)")
    try again.finish()
    run.server.http.stop()
  }

  @Test(arguments: [RemoteServer.Speech.modern, .legacy])
  func `progress and the answer come on the stream of the call`(
    speech: RemoteServer.Speech
  ) throws {
    let run = try RemoteRun(speech)
    let id = try run.client.request(
      "tools/call", ["name": "far_progress", "_meta": ["progressToken": "t"]])
    let answer = try run.client.response(to: id)
    #expect(answer.result?.at(pointer: "/structuredContent/text") == "done", "\(answer.text)")
    for step in 1...2 {
      let notice = try run.client.notification("notifications/progress")
      #expect(notice.params?["progress"]?.intValue == step)
      #expect(notice.params?["progressToken"] == "t")
    }
    try run.finish()
  }

  @Test func `a request of the server goes to the client and its answer back`() throws {
    let run = try RemoteRun(
      .legacy, revision: .newestLegacy, capabilities: ["roots": [:]])
    run.client.answers["roots/list"] = .result(["roots": [["uri": "file:///a"]]])
    let answer = try run.call("ask")
    let told = answer.result?.at(pointer: "/structuredContent/answer")
    #expect(told?.at(pointer: "/result/roots/0/uri") == "file:///a", "\(answer.text)")
    #expect(told?["id"] == "r1")
    try run.finish()
  }

  @Test(arguments: [RemoteServer.Speech.modern, .legacy])
  func `a changed list is asked for again and told`(speech: RemoteServer.Speech) throws {
    let run = try RemoteRun(speech, revision: .newestLegacy)
    try run.expectOK()
    #expect(run.gateway.wait { run.server.state.streams.count == 1 })
    _ = try run.client.roundTrip("tools/list")
    run.server.change { $0.tools.append("other") }
    let listen = run.server.messages.last { $0["method"] == "subscriptions/listen" }
    let meta: JSONValue = [
      "io.modelcontextprotocol/subscriptionId": listen?["id"] ?? .null
    ]
    run.server.say([
      "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": ["_meta": meta],
    ])
    _ = try run.client.notification("notifications/tools/list_changed")
    #expect(try run.client.roundTrip("tools/list").text.contains("far_other"))
    try run.finish()
  }

  @Test(arguments: [[], ["protocol: sse"]])
  func `HTTP+SSE: messages go where the stream says, and answers come on it`(
    keys: [String]
  ) throws {
    let run = try RemoteRun(.stream, keys: keys, revision: .newestLegacy)
    try run.expectOK()
    let call = try #require(run.server.request("tools/call"))
    #expect(call.target == "/messages?session=1")
    try run.finish()
  }

  @Test(arguments: ["", "{}", #"{"status":"accepted"}"#])
  func `HTTP+SSE: what the response to a message holds does not matter`(body: String) throws {
    let run = try RemoteRun(.stream, revision: .newestLegacy) { server in
      server.change { $0.acceptance = (["Content-Type: application/json"], body) }
    }
    for _ in 0..<3 { try run.expectOK() }
    #expect(!run.client.stderr.contains("foreign_reply"))
    try run.finish()
  }

  @Test func `H29: a cancel closes the connection, and no answer comes`() throws {
    for speech in [RemoteServer.Speech.modern, .legacy] {
      let run = try RemoteRun(speech)
      try run.expectOK()
      let id = try run.client.request("tools/call", ["name": "far_hang"])
      #expect(run.gateway.wait { run.server.methods.filter { $0 == "tools/call" }.count == 2 })
      try run.client.cancel(id)
      run.client.forget(id)
      #expect(run.gateway.wait { run.server.state.closed == 1 })
      if speech == .legacy {
        // There the end of a connection says nothing.
        #expect(run.gateway.wait { run.server.methods.contains("notifications/cancelled") })
      }
      try run.expectOK()
      #expect(run.client.transcript.answersByID[id] == nil)
      try run.finish()
    }
  }

  @Test func `S05: each server gets its own credential and no other`() throws {
    let other = try RemoteServer(.modern)
    let servers = try [RemoteServer(.modern), other]
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    for (name, server) in zip(["one", "two"], servers) {
      try folder.write(
        RemoteRun.manifest(
          url: server.url, keys: ["auth: {bearer: canary-\(name)}", "headers: {X-Of: \(name)}"]),
        to: "manifests/\(name).yaml")
    }
    let run = try GatewayRun([], revision: .newest, folder: folder)
    try run.client.handshake()
    // What a client says of itself is never taken for a header.
    let brought: JSONValue = [
      "Authorization": "Bearer of-the-client", "authorization": "Bearer of-the-client",
      "headers": ["Authorization": "Bearer of-the-client", "X-Of": "the client"],
    ]
    for name in ["one", "two"] {
      let id = try run.client.request(
        "tools/call",
        ["name": .string("\(name)_echo"), "arguments": brought, "_meta": brought])
      #expect(try run.client.response(to: id).kind == .result)
    }
    try run.finish()
    for (name, server) in zip(["one", "two"], servers) {
      let seen = Set(server.http.requests.map { $0.values(of: "Authorization") })
      #expect(seen == [["Bearer canary-\(name)"]])
      #expect(Set(server.http.requests.map { $0.values(of: "X-Of") }) == [[name]])
      let headers = server.http.requests.flatMap(\.headers)
      #expect(headers.allSatisfy { !$0.value.contains("of-the-client") })
      server.http.stop()
    }
    #expect(!run.client.stderr.contains("canary"))
  }

  @Test func `S05: the server that stands in for another gets its own credential`() throws {
    let servers = try [RemoteServer(.modern), RemoteServer(.modern)]
    servers[0].change { $0.busy = true }
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    for (name, server) in zip(["one", "two"], servers) {
      let priority = name == "one" ? 90 : 50
      try folder.write(
        RemoteRun.manifest(
          url: server.url, keys: ["auth: {bearer: canary-\(name)}"],
          more: ["group: pool", "priority: \(priority)"]),
        to: "manifests/\(name).yaml")
    }
    let run = try GatewayRun([], revision: .newest, folder: folder)
    try run.client.handshake()
    _ = try run.client.roundTrip("tools/list", within: .seconds(20))
    let answer = try run.client.call("pool_echo", ["text": "x"], within: .seconds(20))
    #expect(answer.kind == .result, "\(answer.text)")
    try run.finish()
    for (name, server) in zip(["one", "two"], servers) {
      #expect(server.request("tools/call") != nil)
      let seen = Set(server.http.requests.map { $0.values(of: "Authorization") })
      #expect(seen == [["Bearer canary-\(name)"]])
      server.http.stop()
    }
  }
}
