import Manifest
import Testing

/// M11, S09: where requests go is decided by the manifest, in one spelling.
@Suite struct AddressTests {
  private static let right: [(String, REST.Address.Scheme, String, Int, String, Bool)] = [
    ("https://api.example", .https, "api.example", 443, "", false),
    ("https://API.Example:8443/v1/", .https, "api.example", 8443, "/v1", false),
    ("http://127.0.0.1:80/api/1.0", .http, "127.0.0.1", 80, "/api/1.0", true),
    ("http://[::1]:8080", .http, "::1", 8080, "", true),
    ("http://localhost", .http, "localhost", 80, "", true),
    ("https://a-b_c.example./x%20y", .https, "a-b_c.example", 443, "/x%20y", false),
  ]

  @Test func `a URL is read into its parts`() throws {
    for (text, scheme, host, port, path, isStatic) in Self.right {
      let address = try REST.Address(text)
      #expect(address.scheme == scheme && address.host == host, "\(text)")
      #expect(address.port == port && address.path == path, "\(text)")
      #expect(address.isStatic == isStatic, "\(text)")
    }
  }

  @Test(arguments: [
    "", "api.example", "//api.example", "ftp://a", "file:///etc/passwd", "HTTPS://a",
    "https://", "https:///x", "https://u@a", "https://u:p@a", "https://a?b", "https://a#b",
    "https://a/?", "https://a:0", "https://a:65536", "https://a:", "https://a:8x", "https://a:+1",
    "https://a b", "https://a\\b", "https://a/\u{E9}", "https://\u{E9}", "https://a\n",
    "https://.a",
    "https://a..b", "https://1", "https://2130706433", "https://0x7f.1", "https://127.1",
    "https://127.0.0.01", "https://1.2.3.4.5", "https://a.1", "https://[::1", "https://[127.0.0.1]",
    "https://[::1]x", "https://[fe80::1%25eth0]", "https://a/..", "https://a/./b", "https://a//b",
    "https://a/%2e%2e/b", "https://a/%", "https://a/%4", "https://a/%00", "https://{host}",
    "https://${env:HOST}",
  ])
  func `M11: everything else is refused, without showing it`(_ text: String) {
    do {
      _ = try REST.Address(text)
      Issue.record("'\(text)' was read")
    } catch {
      #expect(!error.message.contains("u:p"))
    }
  }

  @Test func `private addresses need a word, or an address in the manifest`() throws {
    let named = try restService(api("  t: {description: x, get: /a}\n"))
    #expect(!named.connections.allowsPrivateAddresses)
    let allowed = try restService(
      api("  t: {description: x, get: /a}\n", rest: "  connections: {private_addresses: true}\n"))
    #expect(allowed.connections.allowsPrivateAddresses)
    let literal = try restService(
      "rest: {url: \"${env:BASE}\"}\ntools: {t: {description: x, get: /a}}\n",
      ["BASE": "http://127.0.0.1:1"])
    #expect(literal.connections.allowsPrivateAddresses)
  }
}
