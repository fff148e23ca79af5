import Manifest
import Testing

@testable import Backend

/// Where a remote server may send us, and what headers can carry.
@Suite struct RemoteEndpointTests {
  private func endpoint(_ url: String, target: String) throws -> RemoteEndpoint {
    var remote = RemoteService()
    remote.address = try REST.Address(url)
    remote.target = target
    return try RemoteEndpoint(remote, environment: [:])
  }

  @Test(arguments: [
    ("/messages?id=1", "/messages?id=1"), ("messages", "/mcp/messages"), ("?id=1", "/mcp/sse?id=1"),
    ("https://a.example/x", "/x"), ("https://a.example:443/x?y", "/x?y"),
    ("//a.example/x", "/x"), ("https://A.example", "/"), ("https://a.example?y", "/?y"),
  ])
  func `H20: an endpoint at the same origin is taken`(reference: String, target: String) throws {
    let endpoint = try endpoint("https://a.example/mcp/sse", target: "/mcp/sse")
    #expect(endpoint.resolve(Array(reference.utf8)) == target)
  }

  @Test(arguments: [
    "https://b.example/x", "http://a.example/x", "https://a.example:444/x", "//b.example/x",
    "https://a.example@b.example/x", "https://a.example.b.example/", "javascript:x", "", "/a b",
    "/a\u{0}", "https:/x", "mailto:a@a.example",
  ])
  func `H20: an endpoint at another origin is refused`(reference: String) throws {
    let endpoint = try endpoint("https://a.example/mcp/sse", target: "/mcp/sse")
    #expect(endpoint.resolve(Array(reference.utf8)) == nil)
  }

  @Test func `a header carries what it can, and base64 of the rest`() {
    #expect(RemoteHeader.encoded(Array("echo".utf8)) == "echo")
    #expect(RemoteHeader.encoded(Array("file:///a b".utf8)) == "file:///a b")
    for text in ["ä", " a", "a ", "a\nb", "a\u{0}", "", "=?base64?x?="] {
      let encoded = RemoteHeader.encoded(Array(text.utf8))
      #expect(encoded.hasPrefix("=?base64?") && encoded.hasSuffix("?="), "\(encoded)")
    }
    #expect(RemoteHeader.encoded(Array("ä".utf8)) == "=?base64?w6Q=?=")
  }

  @Test func `H27: a session id is visible ASCII of bounded length`() {
    #expect(RemoteHeader.isSessionID("session-1"))
    for text in ["", "a b", "a\r\nX: y", "ä", String(repeating: "x", count: 10_000)] {
      #expect(!RemoteHeader.isSessionID(text))
    }
  }
}
