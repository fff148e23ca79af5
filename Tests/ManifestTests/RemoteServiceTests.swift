import Manifest
import TestSupport
import Testing

/// Manifests of remote servers.
@Suite struct RemoteServiceTests {
  private func remote(_ http: String, _ variables: [String: String] = [:]) throws -> RemoteService {
    let folder = ConfigurationFolder().manifest("far", "http: \(http)")
    let entry = try #require(folder.load(variables).services.first)
    return try #require(entry.manifest?.remote, "\(entry.reasons)")
  }

  @Test func `a URL is a complete manifest`() throws {
    let remote = try remote("{url: https://search.example/mcp}")
    #expect(remote.address.originText == "https://search.example")
    #expect(remote.target == "/mcp")
    #expect(remote.headers.isEmpty && remote.bearer == nil)
    #expect(remote.protocolChoice == .auto)
  }

  @Test(arguments: [
    ("https://a.example", "/"), ("https://a.example/", "/"), ("https://a.example/mcp/", "/mcp/"),
    ("https://a.example:8443/mcp?key=v&x", "/mcp?key=v&x"), ("http://[::1]:80?x", "/?x"),
  ])
  func `path and query stay as they are written`(url: String, target: String) throws {
    #expect(try remote("{url: '\(url)'}").target == target)
  }

  @Test func `every word is read`() throws {
    let text =
      "{url: '${env:WHERE}/mcp', headers: {X-Team: core}, auth: {bearer: '${env:TOKEN}'},"
      + " protocol: sse}"
    let remote = try remote(text, ["WHERE": "http://localhost:99", "TOKEN": "t-1"])
    #expect(remote.address.originText == "http://localhost:99" && remote.address.isStatic)
    #expect(remote.headers.map(\.name) == ["X-Team"])
    #expect(remote.bearer?.exposed == "t-1")
    #expect(remote.protocolChoice == .sse)
  }

  @Test(arguments: [
    ("{}", "'url' is missing in 'http'"), ("{url: ftp://a.example}", "must begin with https://"),
    ("{url: 'https://u:p@a.example/'}", "must not have a user or password"),
    ("{url: 'https://a.example/../x'}", "has a path with"),
    ("{url: 'https://a.example/x?a#b'}", "and no fragment"),
    ("{url: https://a.example, headers: {Mcp-Session-Id: x}}", "is set by the gateway"),
    ("{url: https://a.example, headers: {accept: x}}", "is set by the gateway"),
    ("{url: https://a.example, headers: {Host: x}}", "is set by the gateway"),
    ("{url: https://a.example, auth: {bearer: ''}}", "is empty"),
    ("{url: https://a.example, auth: {basic: x}}", "unknown key 'basic'"),
    ("{url: https://a.example, protocol: modern}", "one of auto, legacy, 2026-07-28, sse"),
  ])
  func `what is wrong is told`(http: String, complaint: String) {
    let found = complaints("http: \(http)")
    #expect(found.count == 1 && found[0].contains(complaint), "\(found)")
  }
}
