import Backend
import MCP
import Manifest
import Testing

@testable import Gateway

/// Members of a group in the catalogue.
@Suite struct GroupCatalogueTests {
  private func manifest(
    _ name: String, group: String? = "pool", _ edit: (inout ServiceManifest) -> Void = { _ in }
  ) -> ServiceManifest {
    var manifest = ServiceManifest(name: name, file: name + ".yaml")
    manifest.group = group
    edit(&manifest)
    return manifest
  }

  private func offer(_ tools: (name: String, schema: String)...) -> Offer {
    var offer = Offer(introduction: .init(revision: .newest))
    offer.items[.tools] = tools.map { tool in
      let json = #"{"name":"\#(tool.name)","inputSchema":\#(tool.schema)}"#
      return Offer.Item(name: Array(tool.name.utf8), json: Array(json.utf8))
    }
    return offer
  }

  private let plain = #"{"type":"object"}"#

  private func names(_ catalogue: Catalogue) -> [String] {
    catalogue.entries(.tools).map { String(decoding: $0.publicName, as: UTF8.self) }
  }

  @Test func `a shared tool appears once under the prefix of the group, with all its services`()
    throws
  {
    let catalogue = Catalogue([
      (3, manifest("a"), offer(("find", plain), ("only_a", plain))),
      (5, manifest("b"), offer(("find", plain))),
    ])
    #expect(names(catalogue) == ["pool_find", "pool_only_a"])
    let shared = try #require(catalogue.entries(.tools).first)
    #expect(shared.services == [3, 5] && shared.isPlanned)
    #expect(catalogue.entries(.tools)[1].services == [3])
    #expect(!catalogue.entries(.tools)[1].isPlanned)
    #expect(catalogue.collisions.isEmpty)
  }

  @Test func `M09: schemas that differ are an error that names the services`() {
    let catalogue = Catalogue([
      (0, manifest("a"), offer(("find", plain))),
      (1, manifest("b"), offer(("find", #"{"type":"object","required":["q"]}"#))),
    ])
    #expect(names(catalogue) == [])
    #expect(catalogue.collisions.map(\.services) == [["a", "b"]])
  }

  @Test func `schemas that are written in another way are the same`() {
    let catalogue = Catalogue([
      (0, manifest("a"), offer(("find", #"{"type":"object","properties":{}}"#))),
      (1, manifest("b"), offer(("find", #"{ "properties" : {}, "type":"object"}"#))),
    ])
    #expect(names(catalogue) == ["pool_find"])
  }

  @Test func `services of different groups, or of none, do not share a name`() {
    for other in ["crew", nil] {
      let second = manifest("b", group: other) { $0.tools.prefix = "pool_" }
      let catalogue = Catalogue([
        (0, manifest("a"), offer(("find", plain))), (1, second, offer(("find", plain))),
      ])
      #expect(names(catalogue) == [])
      #expect(catalogue.collisions.count == 1)
    }
  }

  @Test func `each service is called by its own name of the tool`() throws {
    let second = manifest("b") { $0.tools.rename = [NamedText(name: "search", text: "find")] }
    let catalogue = Catalogue([
      (0, manifest("a"), offer(("find", plain))), (1, second, offer(("search", plain))),
    ])
    let entry = try #require(catalogue.entries(.tools).first)
    #expect(names(catalogue) == ["pool_find"])
    #expect(entry.ownName(for: 0) == Array("find".utf8))
    #expect(entry.ownName(for: 1) == Array("search".utf8))
  }

  @Test func `only what every member declares holds for a shared tool`() throws {
    let safe = manifest("a") { $0.tools.readOnly = [NamePattern("*")] }
    let other = manifest("b") { $0.tools.idempotent = [NamePattern("find")] }
    let catalogue = Catalogue([
      (0, safe, offer(("find", plain), ("drop", plain))),
      (1, other, offer(("find", plain), ("drop", plain))),
    ])
    let policies = catalogue.entries(.tools).map(\.policy)
    #expect(policies.map(\.isRepeatable) == [false, true])
    #expect(policies.map(\.isReadOnly) == [false, false])
  }
}
