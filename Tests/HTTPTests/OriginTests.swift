import HTTPTesting
import Loop
import LoopTesting
import Testing

@testable import HTTP

struct OriginTests {
  @Test
  func `a manifest's URL is an origin and a base path`() throws {
    let (origin, base) = try HTTPOrigin.parse("https://App.Example.com/api/1.0/")
    #expect(origin.scheme == .https)
    #expect(origin.host == "app.example.com")
    #expect(origin.port == 443)
    #expect(base == "/api/1.0")
    #expect(!origin.allowsPrivateAddresses)
    #expect(origin.authority == "app.example.com")
    let other = try HTTPOrigin.parse("http://[2001:4860::1]:8080").origin
    #expect(other.host == "2001:4860::1")
    #expect(other.authority == "[2001:4860::1]:8080")
  }

  @Test(arguments: [
    ("ftp://a.example", HTTPOriginError.Reason.scheme), ("a.example", .malformed),
    ("https://", .malformed), ("https://user:pass@a.example", .credentials),
    ("https://a.example?x=1", .base), ("https://a.example/a/../b", .base),
    ("https://a.example/#x", .base), ("https://a.example:0", .malformed),
    ("https://a.example:65536", .malformed), ("https://a.example:", .malformed),
    ("https://a b.example", .malformed), ("https://a.example\\@b", .malformed),
    ("https://bücher.example", .malformed), ("https://１２７.0.0.1/", .malformed),
    ("https://[::1", .malformed), ("https://[::1%25eth0]/", .malformed),
    ("https://[127.0.0.1]/", .malformed), ("unix:relative", .socketPath),
    ("unix:/" + String(repeating: "a", count: 107), .socketPath),
    // Other ways to write an IPv4 address.
    ("http://0x7f.1", .malformed), ("http://127.1", .malformed), ("http://2130706433", .malformed),
    ("http://0177.0.0.1", .malformed), ("http://0x7f000001", .malformed),
    ("http://127.0.0.1.:80/", .malformed), ("http://1.2.3.4.5", .malformed),
    ("http://127.0.0.0x1", .malformed), ("http://00127.0.0.1", .malformed),
  ])
  func `a URL that can be read in two ways is none`(url: String, reason: HTTPOriginError.Reason) {
    #expect(throws: HTTPOriginError(reason)) { try HTTPOrigin.parse(url) }
  }

  @Test(arguments: [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:0:10.0.0.1", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1",
    "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::", "fc00::1", "fd12:3456::1", "fe80::1",
    "febf::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "100::1", "3fff::1", "5f00::1",
    "4000::1",
  ])
  func `S09: an address that is not of the public internet is special`(text: String) throws {
    #expect(try #require(IPAddress(text)).isSpecial)
    let host = text.contains(":") ? "[\(text)]" : text
    #expect(try HTTPOrigin.parse("http://\(host)").origin.allowsPrivateAddresses)
  }

  @Test(arguments: [
    "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
    "192.167.1.1", "169.253.1.1", "198.20.0.1", "223.255.255.255", "2001:4860:4860::8888",
    "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::",
  ])
  func `S09: a public address is not special`(text: String) throws {
    #expect(try !#require(IPAddress(text)).isSpecial)
    let host = text.contains(":") ? "[\(text)]" : text
    #expect(try !HTTPOrigin.parse("http://\(host)").origin.allowsPrivateAddresses)
  }

  @Test(arguments: ["localhost", "api.localhost"])
  func `S09: localhost may lead here`(name: String) throws {
    #expect(try HTTPOrigin.parse("http://\(name)").origin.allowsPrivateAddresses)
    #expect(try !HTTPOrigin.parse("http://\(name).example").origin.allowsPrivateAddresses)
  }

  @Test
  func `the environment names proxies by scheme, and exceptions`() throws {
    func proxy(_ url: String, _ environment: [String: String]) throws -> String? {
      try HTTPOrigin.parse(url, environment: environment).origin.proxy.map {
        "\($0.host):\($0.port)"
      }
    }
    let both = ["http_proxy": "http://p.example:1", "HTTPS_PROXY": "https://q.example"]
    #expect(try proxy("http://a.example", both) == "p.example:1")
    #expect(try proxy("https://a.example", both) == "q.example:443")
    #expect(try proxy("http://a.example", ["HTTP_PROXY": "p.example:3"]) == "p.example:3")
    let gateway = ["HTTP_PROXY": "p.example:3", "REQUEST_METHOD": "GET"]
    #expect(try proxy("http://a.example", gateway) == nil)
    #expect(
      try proxy("http://a.example", ["ALL_PROXY": "http://u:p@p.example"]) == "p.example:1080")
    #expect(try proxy("http://a.example", ["http_proxy": ""]) == nil)
    #expect(throws: HTTPOriginError(.proxy)) {
      try HTTPOrigin.parse("http://a.example", environment: ["http_proxy": "socks5://p.example"])
    }
    for exceptions in ["*", "example", ".example", "x, a.example", "a.example:80", "A.EXAMPLE"] {
      #expect(try proxy("http://a.example", both.merging(["no_proxy": exceptions]) { $1 }) == nil)
    }
    for exceptions in ["ample", "b.example", "a.example:81", "a.example.org", ""] {
      let environment = both.merging(["NO_PROXY": exceptions]) { $1 }
      #expect(try proxy("http://a.example", environment) == "p.example:1")
    }
    #expect(try proxy("http://10.0.0.1", both.merging(["no_proxy": "0.1"]) { $1 }) != nil)
    #expect(try proxy("http://[::1]:80", both.merging(["no_proxy": "[::1]:80"]) { $1 }) == nil)
    #expect(try proxy("http://[::1]", both.merging(["no_proxy": "::1"]) { $1 }) == nil)
  }
}
