import HTTPTesting
import Harness
import MCP
import Manifest
import RawJSON
import TestSupport
import Testing

/// S10 on the wire: whatever the arguments of the 33 tools hold, the requests that reach the
/// server go to paths of the manifest, to this host, with parameters that the manifest names.
@Suite struct AsanaInjectionTests {
  private static let payloads = [
    "a/../../b", "..%2f..%2fx", "%2e%2e", "//evil.example/", "\\..\\x", "a?admin=1", "a#x",
    "a&admin=1&b=2", "a=b;c", "a\r\nX-Evil: 1", "a%0d%0aX-Evil:%201", "a\\u000d\\u000aX-Evil: 1",
    "a\u{0}b", "a\u{7F}b", "@evil.example", "http://evil.example/", "\"},\"admin\":true,\"x\":{\"",
    "${env:ASANA_ACCESS_TOKEN}", "{task_gid}", "\u{202E}a", "e\u{301}", "a,b", "..", ".", "",
  ]

  private static let root =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// A path of the manifest: its method and segments; a segment in braces takes one value.
  private struct Route {
    var method: String
    var segments: [String]

    func matches(_ method: String, _ path: Substring) -> Bool {
      let given = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
      guard method == self.method, given.count == segments.count else { return false }
      return zip(given, segments).allSatisfy { given, segment in
        if segment.hasPrefix("{") { return !["", ".", ".."].contains(given) }
        return segment.utf8.elementsEqual(given.utf8)
      }
    }
  }

  /// The routes as the text of the manifest has them.
  private func routes(_ manifest: String) -> [Route] {
    let word = /\b(get|post|put|patch|delete):\s+"?(\/[^\s,"{}]*(?:\{[a-z_]+\}[^\s,"{}]*)*)/
    return manifest.matches(of: word).map { match in
      Route(
        method: match.1.uppercased(),
        segments: match.2.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
          .map(String.init))
    }
  }

  private func service() throws -> REST.Service {
    let loaded = Configuration.check(
      files: [Self.root + "/manifests/asana.yaml"], directory: Self.root + "/nowhere",
      environment: ["ASANA_ACCESS_TOKEN": "t", "ASANA_WORKSPACE": "11"])
    return try #require(loaded.services.first?.manifest?.rest, "\(loaded.diagnostics)")
  }

  /// A value that the type takes, or one with the payload in it.
  private func value(_ type: ValueType, _ payload: String? = nil) -> JSONValue {
    if payload == nil, let choice = type.choices.first { return choice }
    switch type.kind {
    case .string:
      if let payload { return .string(payload) }
      switch type.format {
      case .date: return "2026-12-01"
      case .dateTime: return "2026-12-01T10:00:00Z"
      case .uri: return "https://example.com/a"
      case .base64: return "aGVsbG8="
      default: return "12"
      }
    case .integer, .number: return 2
    case .boolean: return true
    case .array: return .array([value(type.items.first ?? ValueType(.string), payload)])
    case .object, .any: return payload.map { [$0: .string($0)] } ?? [:]
    }
  }

  /// The same for an argument; some hold more than their type says.
  private func value(_ argument: REST.Argument, _ payload: String? = nil) -> JSONValue {
    if payload == nil, argument.place?.file != nil { return "aGVsbG8=" }
    guard argument.name == "operations" else { return value(argument.type, payload) }
    let task: JSONValue = ["name": .string(payload ?? "x"), "workspace_id": "11"]
    return [["tool": "asana_create_task", "arguments": task]]
  }

  private func calls(_ tool: REST.Tool, _ round: inout Int) -> [JSONValue] {
    let required = tool.arguments.filter { $0.isRequired && $0.fallback == nil }
    func call(_ argument: REST.Argument?, _ payload: String) -> JSONValue {
      var members: [String: JSONValue] = [:]
      let beside = tool.arguments.filter { argument?.needs.contains($0.name) == true }
      // A file is what a tool is about that takes one, unless it is called without.
      let files = tool.arguments.filter { other in
        other.place?.file != nil && !other.notWith.contains { $0 == argument?.name }
      }
      for other in required + beside + files { members[other.name] = value(other) }
      if let argument { members[argument.name] = value(argument, payload) }
      return GatewayRun.object(members)
    }
    return [call(nil, "")]
      + tool.arguments.flatMap { argument in
        (0..<3).map { _ in
          round += 1
          return call(argument, Self.payloads[round % Self.payloads.count])
        }
      }
  }

  @Test func `S10: of every argument of every tool, nothing leaves its place on the wire`() throws {
    let manifest = String(
      decoding: SmallFile.bytes(of: Self.root + "/manifests/asana.yaml", limit: 1 << 20),
      as: UTF8.self)
    let routes = routes(manifest)
    #expect(routes.count > 30)
    let server = try RawHTTPServer(answer: { _, connection in
      APIRun.reply(["data": ["gid": "1", "status": "succeeded"]], to: connection)
      return true
    })
    let folder = try TemporaryFolder()
    try folder.write(manifest, to: "manifests/asana.yaml")
    let run = try GatewayRun(
      [], settings: "deadlines: {call: 1m}\n",
      environment: [
        "ASANA_BASE_URL": server.url, "ASANA_ACCESS_TOKEN": APIRun.canary,
        "ASANA_WORKSPACE": "11", "ASANA_REQUESTS_PER_MINUTE": "1000000",
      ], folder: folder)
    try run.client.handshake()
    var round = Int.random(in: 0..<Self.payloads.count)
    let first = round
    var asked = 0
    for tool in try service().tools {
      let before = server.requests.count
      let ids = try calls(tool, &round).map {
        try run.client.request("tools/call", ["name": .string(tool.name), "arguments": $0])
      }
      asked += ids.count
      for id in ids { _ = try run.client.response(to: id, within: .seconds(60)) }
      let requests = server.requests.dropFirst(before)
      #expect(!requests.isEmpty, "\(tool.name)")
      for request in requests {
        let problem = problem(with: request, routes, tool, port: server.port)
        #expect(problem == nil, "round \(first), \(tool.name): \(problem ?? "") \(request.target)")
      }
    }
    let sent = server.requests.count
    #expect(asked > 500 && sent > asked / 4, "\(sent) requests of \(asked) calls")
    try run.finish()
    server.stop()
    for entry in run.client.transcript.entries {
      #expect(!String(decoding: entry.bytes, as: UTF8.self).contains(APIRun.canary))
    }
    #expect(!run.client.stderr.contains(APIRun.canary))
  }

  private static let headers: Set = [
    "host", "authorization", "accept", "accept-encoding", "user-agent", "content-type",
    "content-length", "transfer-encoding", "expect", "connection",
  ]

  /// What of a request is not as the manifest says.
  private func problem(
    with request: RawRequest, _ routes: [Route], _ tool: REST.Tool, port: Int
  ) -> String? {
    let parts = request.target.split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let path = parts.first, routes.contains(where: { $0.matches(request.method, path) })
    else { return "no such route" }
    guard request.values(of: "Host") == ["127.0.0.1:\(port)"] else { return "another host" }
    for header in request.headers where !Self.headers.contains(header.name.lowercased()) {
      return "the header \(header.name)"
    }
    for header in request.headers where header.value.utf8.contains(where: { $0 < 32 }) {
      return "the value of \(header.name)"
    }
    if request.target.utf8.contains(where: { !(0x21...0x7E).contains($0) }) { return "its bytes" }
    for pair in parts.dropFirst().joined().split(separator: "&") {
      let words = pair.split(separator: "=", omittingEmptySubsequences: false)
      guard words.count == 2 else { return "the pair \(pair)" }
      // Names of custom fields are arguments, too: encoded, and in one piece.
      if words[0].hasPrefix("custom_fields.") { continue }
      if words[0].contains("admin") || words[0].contains("Evil") { return "the name \(words[0])" }
    }
    guard request.body.first == UInt8(ascii: "{") else { return nil }
    guard let body = try? JSONValue(parsing: request.body).objectValue else { return "its body" }
    return body.keys == ["data"] ? nil : "the members \(body.keys)"
  }
}
