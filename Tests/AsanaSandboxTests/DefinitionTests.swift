import Harness
import MCP
import Manifest
import RawJSON
import Testing

/// The sandbox offers what `manifests/asana.yaml` offers, apart from the words.
@Suite struct DefinitionTests {
  private static let root =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// The tools of the manifest, as the gateway lists them.
  private func declared() throws -> [String: JSONValue] {
    let configuration = Configuration.check(
      files: [Self.root + "/manifests/asana.yaml"], directory: "/nonexistent",
      // The sandbox has a workspace for calls that name none.
      environment: ["ASANA_ACCESS_TOKEN": "none", "ASANA_WORKSPACE": "1001"])
    let entry = try #require(configuration.services.first)
    let service = try #require(entry.manifest?.rest, "\(entry.reasons)")
    return try index(
      service.tools.map { try JSONValue(parsing: $0.definition(named: $0.name)) })
  }

  /// The tools of the sandbox, as it lists them.
  private func offered() throws -> [String: JSONValue] {
    let run = try SandboxRun()
    let list = try run.client.roundTrip("tools/list", within: .seconds(20)).result?["tools"]
    try run.finish()
    return try index(try #require(list?.arrayValue))
  }

  private func index(_ tools: [JSONValue]) throws -> [String: JSONValue] {
    var index: [String: JSONValue] = [:]
    for tool in tools { index[try #require(tool["name"]?.stringValue)] = tool }
    #expect(index.count == tools.count)
    return index
  }

  @Test func `the 33 tools of both have the same names, schemas and hints`() throws {
    let (declared, offered) = (try declared(), try offered())
    #expect(declared.count == 33)
    #expect(declared.keys.sorted() == offered.keys.sorted())
    for (name, tool) in declared {
      let other = try #require(offered[name])
      let schemas = [tool, other].map { Self.withoutWords($0["inputSchema"] ?? .null) }
      #expect(schemas[0] == schemas[1], "\(name): \(schemas[0]) and \(schemas[1])")
      let answers = [tool, other].map { Self.withoutWords($0["outputSchema"] ?? .null) }
      #expect(answers[0] == answers[1] && !answers[0].isNull, "\(name): \(answers)")
      let arguments = [tool, other].map {
        $0.at(pointer: "/inputSchema/properties")?.objectValue?.map(\.key) ?? []
      }
      #expect(arguments[0] == arguments[1], "\(name)")
      #expect(Self.hints(tool) == Self.hints(other), "\(name)")
      for key in ["category", "priority", "estimateMs", "batch", "cacheMs"] {
        let told = [tool, other].map { $0["_meta"]?["switchyard/" + key] }
        #expect(told[0] == told[1], "\(name) \(key): \(told)")
        #expect(told[0] != nil || key == "cacheMs", "\(name) \(key)")
      }
    }
  }

  @Test func `every tool and every argument of the sandbox has a description`() throws {
    for (name, tool) in try offered() {
      #expect(tool["description"]?.stringValue?.isEmpty == false, "\(name)")
      for member in tool.at(pointer: "/inputSchema/properties")?.objectValue ?? JSONObject() {
        #expect(
          member.value["description"]?.stringValue?.isEmpty == false, "\(name) \(member.key)")
      }
    }
  }

  /// A schema without descriptions. `required` and `enum` are sets, so their order goes too.
  private static func withoutWords(_ value: JSONValue, isNames: Bool = false) -> JSONValue {
    guard let object = value.objectValue else { return value }
    var result = JSONObject()
    for member in object where isNames || member.key != "description" {
      let isSet = !isNames && (member.key == "required" || member.key == "enum")
      result[member.key] =
        isSet
        ? .array((member.value.arrayValue ?? []).sorted { "\($0)" < "\($1)" })
        : withoutWords(member.value, isNames: !isNames && member.key == "properties")
    }
    return .object(result)
  }

  /// The four hints, with what MCP says about those that are left out.
  private static func hints(_ tool: JSONValue) -> [Bool] {
    [
      ("readOnlyHint", false), ("destructiveHint", true), ("idempotentHint", false),
      ("openWorldHint", true),
    ].map { tool["annotations"]?[$0.0]?.boolValue ?? $0.1 }
  }
}
