import Manifest
import RawJSON
import Testing

/// Rules between arguments: what the schema of a tool says of them, and what calls are held to.
@Suite struct ArgumentRuleTests {
  /// Tools with every kind of rule, alone and together.
  private static let tools: [String] = [
    "a: {type: string, not_with: [b]}\n      b: string",
    "a: {type: string, not_with: [b, c]}\n      b: string\n      c: {type: string, not_with: [a]}",
    "a: {type: string, needs: [b]}\n      b: string\n      c: string",
    "a: {type: string, needs: [b, c]}\n      b: {type: string, not_with: [c]}\n      c: string",
    "a: {type: string, needs: [b, c]}\n      b: {type: string, default: x}\n      c: string",
    "a: string\n      b: string\n      c: string\n    any_of: [a, b]",
    "a: {type: string, required: true}\n      b: string\n      c: string\n    any_of: [b, c]",
    "a: {type: string, required: true}\n      b: string\n    any_of: [a, b]",
    "a: string\n      b: {type: string, default: x}\n    any_of: [a, b]",
    "a: string\n      b: string\n    any_of: [a, b]",
    """
    a: {type: string, required: true, needs: [b, c]}
          b: {type: string, not_with: [c]}
          c: string
          d: string
        any_of: [c, d]
    """,
    """
    a: {type: string, needs: [b, c], not_with: [d]}
          b: string
          c: string
          d: {type: string, needs: [a]}
        any_of: [b, d]
    """,
  ]

  private static func tool(_ lines: String) throws -> REST.Tool {
    try ManifestTests.tool("    arguments:\n      \(lines)\n    get: /a\n")
  }

  @Test(arguments: tools.indices)
  func `the schema takes exactly the sets of arguments that calls may have`(index: Int) throws {
    let tool = try Self.tool(Self.tools[index])
    try expectAgreement(of: tool, about: tool.arguments.map { ($0.name, .string("x")) })
  }

  @Test func `the schemas of Asana's tools take the sets of arguments that calls may have`() throws
  {
    let tools = try AsanaManifestTests.load(["ASANA_ACCESS_TOKEN": "t"]).tools
    var count = 0
    for tool in tools {
      let involved = tool.arguments.filter { argument in
        argument.isRequired || !argument.notWith.isEmpty || !argument.needs.isEmpty
          || tool.anyOf.contains(argument.name)
          || tool.arguments.contains { other in
            (other.notWith + other.needs).contains(argument.name)
          }
      }
      guard involved.contains(where: { !$0.isRequired }) else { continue }
      count += 1
      try expectAgreement(
        of: tool, about: involved.map { ($0.name, Self.sample(of: $0.type)) })
    }
    #expect(count >= 8)
  }

  @Test func `no schema has a word at its top that interfaces of models refuse`() throws {
    let tools = try Self.tools.map { try Self.tool($0) }
    for tool in tools + (try AsanaManifestTests.load(["ASANA_ACCESS_TOKEN": "t"]).tools) {
      let refused = ["anyOf", "oneOf", "allOf", "not", "enum", "if"]
      #expect(!tool.inputSchema.keys.contains(where: refused.contains), "\(tool.name)")
    }
  }

  @Test func `the rules stand where JSON Schema has words for them`() throws {
    let tool = try Self.tool(
      """
      a: {type: string, required: true}
            b: {type: string, not_with: [c]}
            c: {type: string, needs: [d]}
            d: {type: string, needs: [b, c]}
          any_of: [b, c]
      """)
    #expect(tool.inputSchema["required"] == ["a"])
    #expect(tool.inputSchema["dependentRequired"] == ["c": ["d"]])
    #expect(
      tool.inputSchema["dependentSchemas"] == [
        "a": ["anyOf": [["required": ["b"]], ["required": ["c"]]]],
        "b": ["not": ["required": ["c"]]],
        "d": ["anyOf": [["required": ["b"]], ["required": ["c"]]]],
      ])
  }

  @Test func `an argument that the configuration supplies is not required of a call`() throws {
    let text = api(
      """
        t:
          description: x
          arguments:
            w: {type: string, required: true, default_from: space}
          get: /a

      """, rest: "  config: {space: \"${env:SPACE:-}\"}\n")
    let with = try #require(try restService(text, ["SPACE": "11"]).tools.first)
    #expect(with.inputSchema["required"] == nil)
    #expect(with.complaints(about: [:]) == [])
    let without = try #require(try restService(text).tools.first)
    #expect(without.inputSchema["required"] == ["w"])
    #expect(without.complaints(about: [:]).count == 1)
  }

  /// Compares schema and check for every set of these arguments.
  private func expectAgreement(
    of tool: REST.Tool, about members: [(name: String, value: JSONValue)]
  ) throws {
    let schema = JSONValue.object(tool.inputSchema)
    for set in 0..<(1 << members.count) {
      let chosen = members.indices.filter { set >> $0 & 1 == 1 }
        .map { JSONObject.Member(key: members[$0].name, value: members[$0].value) }
      let call = JSONValue.object(JSONObject(chosen))
      let complaints = tool.complaints(about: call)
      #expect(
        Presence.accepts(call, schema) == complaints.isEmpty, "\(tool.name) \(call) \(complaints)")
    }
  }

  private static func sample(of type: ValueType) -> JSONValue {
    switch (type.kind, type.format) {
    case (.string, .date): "2026-12-01"
    case (.string, .dateTime): "2026-12-01T09:30:00Z"
    case (.string, .uri): "https://example.org"
    case (.string, .base64): "aGk="
    case (.string, _): type.choices.first ?? "1"
    case (.array, _): ["1"]
    case (.object, _): [:]
    case (.boolean, _): true
    default: 1
    }
  }
}

/// The part of JSON Schema that is about which members an object has.
private enum Presence {
  static func accepts(_ value: JSONValue, _ schema: JSONValue) -> Bool {
    let has: (JSONValue) -> Bool = { name in name.stringValue.map { value[$0] != nil } ?? false }
    return (schema["required"]?.arrayValue ?? []).allSatisfy(has)
      && (schema["minProperties"]?.intValue).map { value.objectValue?.count ?? 0 >= $0 } ?? true
      && (schema["dependentRequired"]?.objectValue ?? JSONObject()).allSatisfy { member in
        value[member.key] == nil || (member.value.arrayValue ?? []).allSatisfy(has)
      }
      && (schema["dependentSchemas"]?.objectValue ?? JSONObject()).allSatisfy { member in
        value[member.key] == nil || accepts(value, member.value)
      }
      && (schema["anyOf"]?.arrayValue.map { $0.contains { accepts(value, $0) } } ?? true)
      && (schema["allOf"]?.arrayValue ?? []).allSatisfy { accepts(value, $0) }
      && (schema["not"].map { !accepts(value, $0) } ?? true)
  }
}
