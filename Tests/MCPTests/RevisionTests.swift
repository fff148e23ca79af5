import FuzzProperties
import MCP
import RawJSON
import Testing

@Suite struct RevisionTests {
  @Test func `revisions are ordered by their dates and split into two eras`() {
    #expect(Revision.allCases == Revision.allCases.sorted())
    #expect(Revision.allCases.last == .newest)
    #expect(Revision.legacy.last == .newestLegacy)
    #expect(Revision.modern == [.r2026_07_28])
    #expect(Revision(utf8: Array("2025-06-18".utf8)) == .r2025_06_18)
    #expect(Revision(utf8: Array("2025-06-19".utf8)) == nil)
    #expect(Revision(utf8: []) == nil)
  }

  @Test(
    .enabled(if: SharedCorpus.files("mcp-schema/2026-07-28") != nil, "no ../shared/mcp-schema"),
    arguments: Revision.allCases)
  func `the table of methods is that of the published schema`(revision: Revision) throws {
    let files = SharedCorpus.files("mcp-schema/\(revision.rawValue)")
    let schema = try JSONValue(parsing: try #require(files?["schema.json"]))
    var published: Set<String> = []
    collectMethods(of: schema, into: &published)
    let ours = Method.allCases.filter { $0.isDefined(in: revision) }.map { "\($0.name)" }
    #expect(published == Set(ours))
  }

  private func collectMethods(of value: JSONValue, into names: inout Set<String>) {
    if let name = value["method"]?["const"]?.stringValue { names.insert(name) }
    for member in value.objectValue ?? JSONObject() {
      collectMethods(of: member.value, into: &names)
    }
    for element in value.arrayValue ?? [] { collectMethods(of: element, into: &names) }
  }

  @Test func `C05: batches belong to one revision`() {
    #expect(Revision.allCases.filter { $0.has(.batches) } == [.r2025_03_26])
    #expect(Revision.allCases.filter { $0.has(.resultType) } == [.r2026_07_28])
    #expect(Revision.allCases.filter { $0.has(.resourceNotFoundCode) } == Revision.legacy)
  }

  @Test func `notifications are those whose names say so`() {
    for method in Method.allCases where method != .unknown {
      #expect(method.isNotification == "\(method.name)".hasPrefix("notifications/"))
    }
    #expect(Set(Method.allCases.map { "\($0.name)" }).count == Method.allCases.count)
  }
}
