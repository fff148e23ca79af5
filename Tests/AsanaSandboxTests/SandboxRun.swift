import AsanaSandbox
import Harness
import MCP
import PluginKit
import RawJSON
import Testing

/// The real service over real pipes.
struct SandboxRun {
  let client: HarnessClient

  init() throws {
    client = try HarnessClient(
      ServerCommand([Sibling.path(of: "switchyard-asana-sandbox")]), revision: .newestLegacy)
    try client.handshake()
  }

  /// The answer of a call that must work.
  func call(
    _ tool: String, _ arguments: JSONValue = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JSONValue {
    let result = try client.call("asana_" + tool, arguments, within: .seconds(20)).result
    #expect(result?["isError"] == false, "\(result ?? .null)", sourceLocation: sourceLocation)
    try checkOutput(of: tool, result?["structuredContent"], sourceLocation)
    let content = result?["structuredContent"] ?? .null
    let text = result?.at(pointer: "/content/0/text")?.stringValue ?? ""
    #expect(
      try JSONValue(parsing: Array(text.utf8)) == content, sourceLocation: sourceLocation)
    return content
  }

  /// An answer is what the tool's output schema says.
  private func checkOutput(
    of tool: String, _ content: JSONValue?, _ sourceLocation: SourceLocation
  ) throws {
    let schema = try #require(
      Sandbox.tools.first { $0.definition.name == "asana_" + tool }?.output,
      sourceLocation: sourceLocation)
    let violations = Schema(schema).violations(in: StructuredValue(content ?? .null))
    #expect(violations == [], "\(tool)", sourceLocation: sourceLocation)
  }

  /// The gid of what a call answers.
  func gid(
    _ tool: String, _ arguments: JSONValue, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JSONValue {
    try #require(
      try call(tool, arguments, sourceLocation: sourceLocation)["gid"],
      sourceLocation: sourceLocation)
  }

  /// The names in a list.
  func names(
    _ tool: String, _ arguments: JSONValue = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    try call(tool, arguments, sourceLocation: sourceLocation)["items"]?.arrayValue?
      .compactMap { $0["name"]?.stringValue } ?? []
  }

  /// The text of a call that must be refused.
  func refusal(
    _ tool: String, _ arguments: JSONValue, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let result = try client.call("asana_" + tool, arguments, within: .seconds(20)).result
    #expect(result?["isError"] == true, "\(result ?? .null)", sourceLocation: sourceLocation)
    return result?.at(pointer: "/content/0/text")?.stringValue ?? ""
  }

  /// A call with a progress token: its answer and the progress before it.
  func watch(_ tool: String, _ arguments: JSONValue) throws -> (JSONValue, [JSONValue]) {
    let answer = try client.roundTrip(
      "tools/call",
      [
        "name": .string("asana_" + tool), "arguments": arguments,
        "_meta": ["progressToken": .string(tool)],
      ], within: .seconds(20))
    var progress: [JSONValue] = []
    while !client.transcript.pendingNotifications.isEmpty {
      progress.append(
        try client.notification("notifications/progress").params ?? .null)
    }
    return (answer.result?["structuredContent"] ?? .null, progress)
  }

  /// Ends the service and proves that nothing but MCP came out.
  func finish(sourceLocation: SourceLocation = #_sourceLocation) throws {
    client.closeInput()
    #expect(
      try client.waitForExit(within: .seconds(20)) == .code(0), sourceLocation: sourceLocation)
    #expect(
      WireRules.violations(in: client.transcript, unfinished: client.partialLine) == [],
      sourceLocation: sourceLocation)
  }
}

extension StructuredValue {
  fileprivate init(_ json: JSONValue) {
    switch json {
    case .null: self = .null
    case .bool(let truth): self.init(truth)
    case .number: self.init(json.doubleValue ?? 0)
    case .string(let text): self.init(text)
    case .array(let values): self.init(values.map { StructuredValue($0) })
    case .object(let members): self.init(members.map { ($0.key, StructuredValue($0.value)) })
    }
  }
}
