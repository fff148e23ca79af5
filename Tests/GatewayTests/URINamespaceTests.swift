import Backend
import MCP
import Manifest
import RawJSON
import Testing

@testable import Gateway

@Suite struct URINamespaceTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test(arguments: [
    ("memo://one", "memo://switchyard.git-2/one"), ("urn:x:y", "urn:switchyard.git-2/x:y"),
    ("file:///etc/x", "file://switchyard.git-2//etc/x"),
    ("ui://w/main?a=b#c", "ui://switchyard.git-2/w/main?a=b#c"),
    ("memo://{name}", "memo://switchyard.git-2/{name}"), ("{+uri}", "switchyard.git-2/{+uri}"),
    ("no scheme", "switchyard.git-2/no scheme"), ("a:", "a:switchyard.git-2/"),
    (":x", "switchyard.git-2/:x"), ("1a:b", "switchyard.git-2/1a:b"),
  ])
  func `the mark goes behind the scheme and comes out again`(own: String, known: String) throws {
    let added = URINamespace.adding("git-2", to: Array(own.utf8))
    #expect(text(added) == known)
    let split = try #require(URINamespace.split(added))
    #expect(text(split.service) == "git-2" && text(split.own) == own)
  }

  @Test(arguments: ["memo://one", "memo://switchyard.", "memo://switchyard.a", "switchyardx/", ""])
  func `what carries no mark is left alone`(uri: String) {
    #expect(URINamespace.split(Array(uri.utf8)) == nil)
  }

  @Test func `S23: any bytes and any service come back, also marked twice`() throws {
    var random = SystemRandomNumberGenerator()
    let letters = Array("abA:/?#%{}+.switchyard._-\u{E9}\u{202E}\0".utf8)
    for _ in 0..<20_000 {
      let own = (0..<Int.random(in: 0..<24, using: &random)).map { _ in
        letters.randomElement(using: &random) ?? 0
      }
      let once = URINamespace.adding("My_svc-1", to: own)
      let twice = URINamespace.adding("b", to: once)
      let outer = try #require(URINamespace.split(twice), "\(own)")
      #expect(text(outer.service) == "b" && outer.own == once, "\(own)")
      let inner = try #require(URINamespace.split(outer.own), "\(own)")
      #expect(text(inner.service) == "my_svc-1" && inner.own == own, "\(own)")
    }
  }

  // MARK: In the catalogue

  private func offer(_ uris: [String], _ templates: [String]) -> Offer {
    var offer = Offer(introduction: .init(revision: .newest))
    offer.items[.resources] = uris.map {
      .init(name: Array($0.utf8), json: Array(#"{"n":1.0,"uri":"\#($0)"}"#.utf8))
    }
    offer.items[.templates] = templates.map {
      .init(name: Array($0.utf8), json: Array(#"{"uriTemplate":"\#($0)"}"#.utf8))
    }
    return offer
  }

  private func catalogue(_ offers: [(String, [String], [String])]) -> Catalogue {
    Catalogue(
      offers.enumerated().map { index, offer in
        (
          index, ServiceManifest(name: offer.0, file: "x"), self.offer(offer.1, offer.2)
        )
      })
  }

  private func names(_ catalogue: Catalogue, _ kind: Offer.Kind) -> [String] {
    catalogue.entries(kind).map { text($0.publicName) }
  }

  private func resolve(_ uri: String, _ catalogue: Catalogue) -> String? {
    catalogue.resolve(Array(uri.utf8)).map { "\($0.service) \(text($0.own))" }
  }

  @Test func `only URIs that two services use are told apart`() {
    let both = catalogue([("a", ["m://1", "m://2"], []), ("b", ["m://2", "n://3"], [])])
    #expect(
      names(both, .resources) == ["m://1", "m://switchyard.a/2", "m://switchyard.b/2", "n://3"])
    #expect(both.collisions.isEmpty)
    #expect(text(both.entries(.resources)[1].json) == #"{"n":1.0,"uri":"m://switchyard.a/2"}"#)
    #expect(resolve("m://1", both) == "0 m://1")
    #expect(resolve("m://2", both) == nil)
    #expect(resolve("m://switchyard.b/2", both) == "1 m://2")
    #expect(resolve("m://switchyard.B/2", both) == "1 m://2")
    #expect(resolve("m://switchyard.c/2", both) == nil)
    #expect(both.uriNames[0]?.publicURI(Array("m://1".utf8)) == Array("m://1".utf8))
    #expect(both.uriNames.count == 2)
  }

  @Test func `S15: a URI that looks like another service's is marked as its own`() {
    let forged = catalogue([("a", ["m://1"], []), ("b", ["m://switchyard.a/1"], [])])
    #expect(resolve("m://switchyard.a/1", forged) == "0 m://1")
    #expect(resolve("m://switchyard.b/switchyard.a/1", forged) == "1 m://switchyard.a/1")
  }

  @Test func `templates that could make each other's URIs are told apart`() {
    let same = catalogue([("a", [], ["m://{x}"]), ("b", [], ["m://{y}", "n://{y}"])])
    #expect(
      names(same, .templates) == ["m://switchyard.a/{x}", "m://switchyard.b/{y}", "n://{y}"])
    #expect(resolve("n://7", same) == "1 n://7")
    #expect(resolve("m://7", same) == nil)
    #expect(
      same.uriNames[1].map { text($0.publicURI(Array("m://7".utf8))) } == "m://switchyard.b/7")
    let listed = catalogue([("a", ["m://1"], []), ("b", [], ["m://{y}"])])
    #expect(names(listed, .templates) == ["m://switchyard.b/{y}"])
    #expect(names(listed, .resources) == ["m://1"])
    let nested = catalogue([("a", [], ["m://{x}"]), ("b", [], ["m://notes/{y}"])])
    #expect(resolve("m://notes/1", nested) == "1 m://notes/1")
    #expect(resolve("m://other", nested) == "0 m://other")
  }

  @Test func `a result is edited where it names a contested resource, and nowhere else`() throws {
    let both = catalogue([("a", ["m://1"], []), ("b", ["m://1"], [])])
    let names = try #require(both.uriNames[0])
    let line = Array(
      (#"{"content":[{"type":"resource_link","uri":"m:\/\/1"},{"type":"text","text":"m://1"},"#
        + #"{"type":"resource","resource":{"uri":"m://2"}}]}"#).utf8)
    let bytes = line.span.bytes
    let whole = ByteRange(start: 0, end: line.count)
    let edits = Links.edits(in: whole, of: .toolsCall, in: bytes, names)
    #expect(edits.count == 1)
    #expect(
      text(Splice(edits).applied(to: bytes)).contains(
        #"{"type":"resource_link","uri":"m://switchyard.a/1"}"#))
    #expect(Links.edits(in: whole, of: .resourcesRead, in: bytes, names).isEmpty)
  }
}
