import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Openings and questions for the tests of what services ask of the client.
extension GatewayRun {
  static let everything: JSONValue = [
    "roots": ["listChanged": true], "sampling": ["tools": [:]],
    "elicitation": ["form": [:], "url": [:]],
  ]

  /// A run whose client can do what `capabilities` say.
  static func open(
    _ services: [Service], capabilities: JSONValue, revision: Revision = .newestLegacy,
    settings: String = ""
  ) throws -> GatewayRun {
    let run = try GatewayRun(services, settings: settings, revision: revision)
    run.client.capabilities = capabilities
    try run.client.handshake()
    return run
  }

  /// Calls the tool `ask` and does not wait for its answer.
  func ask(
    _ tool: String, _ method: String, _ params: JSONValue? = nil, more: [String: JSONValue] = [:],
    request: [String: JSONValue] = [:]
  ) throws -> String {
    var arguments: [String: JSONValue] = ["method": .string(method)]
    if let params { arguments["params"] = params }
    var call: [String: JSONValue] = ["name": .string(tool)]
    call["arguments"] = Self.object(arguments.merging(more) { $1 })
    return try client.request("tools/call", Self.object(call.merging(request) { $1 }))
  }

  /// Has a tool ask a question and answers it; returns its parameters as a client of the run's era
  /// is told them.
  func paramsAsked(
    _ tool: String, _ method: String, _ params: JSONValue, answer: JSONValue
  ) throws -> JSONValue {
    let id = try ask(tool, method, params)
    guard client.revision.era == .legacy else {
      let asking = try client.response(to: id).result?["inputRequests"]?.objectValue
      return asking?.first?.value["params"] ?? .null
    }
    let request = try client.serverRequest()
    try client.answer(request.id ?? "", .result(answer))
    #expect(try client.response(to: id).kind == .result)
    return request.params ?? .null
  }

  static func object(_ members: [String: JSONValue]) -> JSONValue {
    let entries = members.sorted { $0.key < $1.key }
    return .object(JSONObject(entries.map { .init(key: $0.key, value: $0.value) }))
  }

  /// The lines that a service wrote into its ledger.
  func ledger(_ name: String) -> [String] {
    let text = String(decoding: SmallFile.bytes(of: folder.path + "/" + name), as: UTF8.self)
    return text.split(separator: "\n").map(String.init)
  }
}

/// Questions that services ask, and answers to them.
enum Asked {
  static let form: JSONValue = [
    "message": "Who?", "requestedSchema": ["type": "object", "properties": [:]],
  ]
  static let url: JSONValue = [
    "mode": "url", "message": "Go there", "url": "https://a.example/", "elicitationId": "e1",
  ]
  static let sample: JSONValue = ["messages": [], "maxTokens": 5]
  static let accepted: JSONValue = ["action": "accept", "content": ["name": "Ann"]]
  static let sampled: JSONValue = [
    "role": "assistant", "content": ["type": "text", "text": "yes"], "model": "m",
  ]
  static let roots: JSONValue = ["roots": [["uri": "file:///p", "name": "p"]]]

  /// Every kind of question with an answer to it.
  static let kinds: [(method: String, params: JSONValue?, answer: JSONValue)] = [
    ("elicitation/create", form, accepted), ("elicitation/create", url, ["action": "accept"]),
    ("sampling/createMessage", sample, sampled), ("roots/list", nil, roots),
  ]
}
