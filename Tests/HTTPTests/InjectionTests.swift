import HTTP
import HTTPTesting
import Loop
import LoopTesting
import Testing

/// Rows S10 and H25 at the last gate before the wire.
@Suite(.eventLoop)
struct InjectionTests {
  @Test(arguments: [
    "a\r\nX-Forged: 1", "a\nb", "a\rb", "a\0b", "\u{7f}", "a\u{1}",
  ]) @EventLoop
  func `S10: a header value with a control character is not sent`(value: String) async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let answer = await fetch(
      client, HTTPRequest(method: "GET", target: "/echo", headers: [HTTPHeader("X", value)]))
    #expect(answer.kind == .invalidRequest)
    #expect(answer.error?.wasSent == .notSent)
    #expect(server.accepted == 0)
    client.close()
  }

  @Test(arguments: [
    "echo", "", "//\\x", "/a b", "/a\r\nHost: x", "/a#b", "/é", "/a\0", "/..", "/a/../b", "/a/./b",
    "/%2e%2e/b", "/a/.%2E", "/a\tb", "http://elsewhere/",
  ]) @EventLoop
  func `S10: a target that is not an encoded path is not sent`(target: String) async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    #expect(await get(client, target).kind == .invalidRequest)
    #expect(server.accepted == 0)
    client.close()
  }

  @Test(arguments: [
    "/a/..b/c..", "/a?x=../..", "/a/%2F..%2F", "//evil.example/x", "/a@b:1/", "/a%0d%0ab",
  ])
  @EventLoop
  func `S10: what is encoded arrives as it was, at the same host`(target: String) async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    #expect(await get(client, target).status == 404)
    #expect(server.requests.map(\.target) == [target])
    client.close()
  }

  @Test(arguments: ["Host", "content-length", "Transfer-Encoding", "Connection", "A B", "", "X:"])
  @EventLoop
  func `S10: headers that frame a message or are none are not sent`(name: String) async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let answer = await fetch(
      client, HTTPRequest(method: "GET", target: "/echo", headers: [HTTPHeader(name, "1")]))
    #expect(answer.kind == .invalidRequest)
    client.close()
  }

  @Test(arguments: ["GET /x HTTP/1.1\r\nA:", "G T", "", "GÉT"]) @EventLoop
  func `S10: a method that is no token is not sent`(method: String) async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let answer = await fetch(client, HTTPRequest(method: method, target: "/"))
    #expect(answer.kind == .invalidRequest)
    client.close()
  }

  @Test @EventLoop
  func `S05: each client's headers go to its own origin only`() async throws {
    let servers = [try RawHTTPServer(), try RawHTTPServer()]
    let clients = try servers.map { try client(of: $0) }
    for round in 0..<5 {
      for (index, client) in clients.enumerated() {
        let header = HTTPHeader("Authorization", "Bearer secret-\(index)")
        let answer = await fetch(
          client, HTTPRequest(method: "GET", target: "/echo/\(round)", headers: [header]))
        #expect(answer.status == 200)
      }
    }
    for (index, server) in servers.enumerated() {
      #expect(server.requests.count == 5)
      #expect(
        server.requests.allSatisfy { $0.values(of: "authorization") == ["Bearer secret-\(index)"] })
    }
    for client in clients { client.close() }
  }

  @Test @EventLoop
  func `S13: no error tells a header, a query or a body`() async throws {
    let canary = "canary-8d1f"
    for target in ["/close", "/reset/5", "/encoded/gzip", "/raw/nothing", "/a b", "/headers/99999"]
    {
      let server = try RawHTTPServer()
      let client = try client(of: server)
      let answer = await fetch(
        client,
        HTTPRequest(
          method: "POST", target: target + "?token=\(canary)",
          headers: [HTTPHeader("Authorization", canary)], body: .bytes(Array(canary.utf8))))
      let error = try #require(answer.error)
      #expect(!"\(error)\(error.message)\(String(reflecting: error))".contains(canary))
      client.close()
    }
  }
}
