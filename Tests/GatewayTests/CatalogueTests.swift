import Backend
import MCP
import Manifest
import Testing

@testable import Gateway

@Suite struct CatalogueTests {
  private func manifest(_ name: String, prefix: String? = nil) -> ServiceManifest {
    var manifest = ServiceManifest(name: name, file: name + ".yaml")
    manifest.tools.prefix = prefix
    return manifest
  }

  private func offer(tools: [String]) -> Offer {
    var offer = Offer(introduction: .init(revision: .newest))
    offer.items[.tools] = tools.map { name in
      let json = #"{"name":"\#(name)","inputSchema":{"type":"object"},"n":1.0}"#
      return Offer.Item(name: Array(name.utf8), json: Array(json.utf8))
    }
    return offer
  }

  private func names(_ catalogue: Catalogue) -> [String] {
    catalogue.entries(.tools).map { String(decoding: $0.publicName, as: UTF8.self) }
  }

  @Test func `tools get the prefix of their service unless they have it already`() {
    let catalogue = Catalogue([
      (0, manifest("git"), offer(tools: ["status", "git_log"])),
      (1, manifest("plain", prefix: ""), offer(tools: ["now"])),
    ])
    #expect(names(catalogue) == ["git_log", "git_status", "now"])
  }

  @Test func `every byte of a tool but its name is the service's own`() throws {
    let catalogue = Catalogue([(0, manifest("git"), offer(tools: ["status"]))])
    let entry = try #require(catalogue.entries(.tools).first)
    let text = String(decoding: entry.json, as: UTF8.self)
    #expect(text == #"{"inputSchema":{"type":"object"},"n":1.0,"name":"git_status"}"#)
  }

  @Test func `S03: a name that two services claim belongs to neither, and both are named`() {
    let catalogue = Catalogue([
      (0, manifest("a", prefix: ""), offer(tools: ["run", "one"])),
      (1, manifest("b", prefix: ""), offer(tools: ["run", "two"])),
    ])
    #expect(names(catalogue) == ["one", "two"])
    #expect(catalogue.collisions.map(\.services) == [["a", "b"]])
    let claimed = Array("run".utf8).withUnsafeBytes { catalogue.collision(.tools, named: $0) }
    #expect(claimed != nil)
  }

  @Test func `S03: a prefix that makes two names one is a collision as well`() {
    let catalogue = Catalogue([
      (0, manifest("a"), offer(tools: ["b_c"])), (1, manifest("a_b"), offer(tools: ["c"])),
    ])
    #expect(names(catalogue).isEmpty)
    #expect(catalogue.collisions.map(\.services) == [["a", "a_b"]])
  }

  @Test func `S03: two tools of one service that come to one name are no tool`() {
    let catalogue = Catalogue([
      (0, manifest("d"), offer(tools: ["ad d", "ad/d", "x", "d_x", "y", "y"]))
    ])
    // What is listed twice is one.
    #expect(names(catalogue) == ["d_y"])
    #expect(catalogue.collisions.map(\.services) == [["d"], ["d"]])
    let own = catalogue.collisions.map { $0.ownNames.map { String(decoding: $0, as: UTF8.self) } }
    #expect(own.map { $0.sorted() } == [["ad d", "ad/d"], ["d_x", "x"]])
  }

  @Test func `S03: a name of the gateway's own stays the gateway's`() throws {
    var settings = GatewayConfiguration.defaults.surface
    settings.tools = true
    let surface = try #require(Surface.offer(settings))
    let catalogue = Catalogue([
      (0, manifest("b", prefix: ""), offer(tools: ["gateway_status"])),
      (Surface.index, Surface.manifest, surface),
    ])
    let entry = catalogue.entries(.tools).first { $0.publicName == Array("gateway_status".utf8) }
    #expect(entry?.service == Surface.index)
    #expect(catalogue.collisions.map(\.services) == [["b"]])
    #expect(catalogue.collisions.first?.isReserved == true)
  }

  @Test func `names are found by their bytes only`() {
    let catalogue = Catalogue([(0, manifest("a", prefix: ""), offer(tools: ["Kill"]))])
    for (name, isThere) in [("Kill", true), ("kill", false), ("\u{212A}ill", false), ("", false)] {
      let found = Array(name.utf8).withUnsafeBytes { catalogue.entry(.tools, named: $0) }
      #expect((found != nil) == isThere, "\(name)")
    }
  }

  @Test func `the list is the same whatever order a service gave`() {
    let one = Catalogue([(0, manifest("s"), offer(tools: ["b", "a", "c"]))])
    let other = Catalogue([(0, manifest("s"), offer(tools: ["c", "b", "a"]))])
    #expect(names(one) == names(other))
  }

  @Test func `a template claims the URIs that it could have made`() {
    let cases: [(template: String, uri: String, matches: Bool)] = [
      ("file:///{path}", "file:///etc/hosts", true), ("file:///{path}", "http://x", false),
      ("db://{table}/row/{id}", "db://users/row/5", true),
      ("db://{table}/row/{id}", "db://users/col/5", false),
      ("note://all", "note://all", true), ("note://all", "note://all/", false),
      ("a{x}a", "a", false), ("a{x}a", "aa", true),
    ]
    for (template, uri, matches) in cases {
      #expect(URITemplate(Array(template.utf8)).matches(Array(uri.utf8)) == matches, "\(uri)")
    }
  }
}
