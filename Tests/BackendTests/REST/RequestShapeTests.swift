import Backend
import Manifest
import RawJSON
import TestSupport
import Testing

/// S10: whatever the arguments of the 33 tools are, a request keeps the shape of its operation.
@Suite struct RequestShapeTests {
  private static let nasty = [
    "..", ".", "../..", "a/b", "a/../b", "..%2f", "%2e%2e", "%2F", "/", "//evil.example/", "\\",
    "?x=1",
    "#x", "&admin=1", "a=b", ";", "a b", "a\r\nX-Evil: 1", "\u{0}", "\u{7F}", "\"", "'", "\"}]}",
    "{x}",
    "${env:HOME}", "\u{E9}", "e\u{301}", "\u{202E}", "😀", "a,b", "", "1", "me", "@evil.example",
    "http://evil.example", String(repeating: "x", count: 5_000),
  ]

  private static func text(_ random: inout SplitMix) -> String {
    nasty.randomElement(using: &random) ?? ""
  }

  /// A value of the type's kind, or of any; its texts are chosen to break out.
  private static func value(_ type: ValueType, _ random: inout SplitMix, depth: Int = 0)
    -> JSONValue
  {
    switch type.kind {
    case .string: return .string(text(&random))
    case .integer: return .number(JSONNumber(Int.random(in: -5...5_000, using: &random)))
    case .number: return 1.5
    case .boolean: return .bool(Bool.random(using: &random))
    case .array:
      let item = type.items.first ?? ValueType()
      return .array(
        (0..<Int.random(in: 0...3, using: &random)).map { _ in
          value(item, &random, depth: depth + 1)
        })
    case .object:
      return .object(
        JSONObject(
          (0..<Int.random(in: 0...3, using: &random)).map { _ in
            .init(key: text(&random), value: value(ValueType(), &random, depth: depth + 1))
          }))
    case .any:
      let kinds: [ValueType.Kind] = depth > 2 ? [.string, .boolean] : [.string, .array, .object]
      return value(
        ValueType(kinds.randomElement(using: &random) ?? .string), &random, depth: depth + 1)
    }
  }

  private static func service() throws -> REST.Service {
    let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let loaded = Configuration.check(
      files: [root + "/manifests/asana.yaml"], directory: root + "/nowhere",
      environment: ["ASANA_ACCESS_TOKEN": "t", "ASANA_WORKSPACE": "11"])
    return try #require(loaded.services.first?.manifest?.rest, "\(loaded.diagnostics)")
  }

  @Test func `S10: every request of every tool has the declared shape`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(seed: seed)
    var requests = 0
    let service = try Self.service()
    for tool in service.tools {
      for round in 0..<15 {
        let given = tool.arguments.filter { _ in round == 0 || Bool.random(using: &random) }
        let members = given.map { argument in
          JSONObject.Member(key: argument.name, value: Self.value(argument.type, &random))
        }
        let arguments = tool.complete(JSONObject(members))
        for operation in tool.operations {
          let builder = RequestBuilder(tool, arguments: arguments) { _ in
            .string(Self.nasty[round % Self.nasty.count])
          }
          guard let request = try? builder.request(operation) else { continue }
          requests += 1
          let problem = Self.problem(with: request, of: operation, tool, service.address)
          #expect(problem == nil, "seed \(seed), \(tool.name): \(problem ?? "") \(arguments)")
        }
      }
    }
    #expect(requests > 100, "seed \(seed)")
  }

  /// What of the request's shape is not that of the operation.
  private static func problem(
    with request: RESTRequest, of operation: REST.Operation, _ tool: REST.Tool,
    _ address: REST.Address
  ) -> String? {
    let target = request.target(under: address)
    guard
      target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"#\"<>\\^`{|}".utf8.contains($0) })
    else { return "the target has characters that belong to no URL" }
    guard target.hasPrefix("/api/1.0/") else { return "the target leaves the base" }
    let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard segments.count == operation.path.segments.count else { return "the depth is another" }
    for (segment, template) in zip(segments, operation.path.segments) {
      if PathSegment.isUnsafe(String(segment)) { return "the segment \(segment) is unsafe" }
      if case .literal(let literal)? = template.first, template.count == 1, segment != literal {
        return "a literal segment is \(segment)"
      }
    }
    if request.path.utf8.contains(UInt8(ascii: "?")) { return "the path has a query" }
    let places = operation.values.map(\.place) + tool.arguments.compactMap(\.place)
    if let name = strangeName(in: request.query, places) { return "the query has \(name)" }
    for header in request.headers where header.value.utf8.contains(where: { $0 < 0x20 }) {
      return "a header has control characters"
    }
    guard case .json(let bytes) = request.body else { return nil }
    guard let body = try? JSONValue(parsing: bytes)["data"]?.objectValue else {
      return "the body is not in its envelope"
    }
    let names = places.filter { $0.position == .body }.compactMap(\.name.first)
    for key in body.keys where !names.contains(.name(key)) { return "the body has \(key)" }
    return nil
  }

  /// A query parameter that nothing declares.
  private static func strangeName(in query: String, _ places: [REST.Place]) -> String? {
    if query.isEmpty { return nil }
    for pair in query.split(separator: "&", omittingEmptySubsequences: false) {
      let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let name = parts.first else { return String(pair) }
      let isKnown = places.contains { place in
        guard place.position == .query else { return false }
        let declared = place.name.compactMap { if case .name(let text) = $0 { text } else { nil } }
          .joined(separator: ".")
        return place.spreads ? name.hasPrefix(declared + ".") : name == declared
      }
      if !isKnown { return String(name) }
    }
    return nil
  }

  @Test func `an action of a batch has its query in the body and a bare path`() throws {
    let service = try Self.service()
    let endpoint = try #require(service.batch)
    let tool = try #require(service.tool("asana_list_projects"))
    let operation = try #require(tool.operations.first)
    let arguments = tool.complete(
      JSONObject([
        .init(key: "limit", value: 5), .init(key: "archived", value: false),
        .init(key: "opt_fields", value: ["name"]),
      ]))
    let action = try RequestBuilder(tool, arguments: arguments) { _ in nil }
      .action(operation, of: endpoint)
    #expect(
      action == [
        "method": "get", "relative_path": "/projects",
        "data": ["workspace": "11", "archived": false],
        "options": ["limit": 5, "fields": ["name"]],
      ], "\(action)")
    let create = try #require(service.tool("asana_create_task"))
    let created = try RequestBuilder(
      create, arguments: JSONObject([.init(key: "name", value: "x")])
    ) { _ in nil }.action(try #require(create.operations.first), of: endpoint)
    #expect(
      created == ["method": "post", "relative_path": "/tasks", "data": ["name": "x"]], "\(created)")
  }
}
