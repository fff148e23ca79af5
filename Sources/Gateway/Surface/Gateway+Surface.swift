import Backend
import Health
import Loop
import MCP
import Manifest
import RawJSON

/// Answers to what clients ask the gateway about itself.
extension Gateway {
  /// A call of one of our tools.
  func callSurface(_ request: Incoming, _ entry: Catalogue.Entry) throws(CallError) {
    guard let tool = SurfaceTool(rawValue: String(decoding: entry.ownName, as: UTF8.self)) else {
      throw .unknown("tool", "of the gateway")
    }
    var argument: String?
    if let (name, _) = tool.argument {
      let arguments = try? JSONValue(
        parsing: JSON.copy(request.envelope.arguments, in: request.line.bytes))
      argument = arguments?[name]?.stringValue
      if argument == nil, tool.needsArgument {
        throw .invalidParams("arguments.\(name) must be a string.")
      }
    }
    if tool == .explain, let name = argument { argument = try wholeName(of: name, for: request) }
    let answer = try answer(tool, argument)
    let result = RESTResult(pieces: [.bytes(JSONValue.object(answer).serialized())])
    session.reply(to: request.id, ToolResult(result, for: request.client, from: session.identity))
  }

  /// Answers a read of one of our resources; false if it is none.
  func readSurface(_ uri: [UInt8], _ request: Incoming) throws(CallError) -> Bool {
    guard configuration.gateway.surface.resources, let (tool, argument) = Surface.question(in: uri),
      shows(Surface.index, to: request)
    else { return false }
    var named = argument
    if tool == .explain, let name = argument { named = try wholeName(of: name, for: request) }
    let text = JSONValue.object(try answer(tool, named)).serialized()
    var result: [UInt8] = [UInt8(ascii: "{")]
    if request.client.era == .modern {
      result += (ModernResult.complete + "," + ModernResult.uncached + ",").utf8
      result += session.identity.meta + [UInt8(ascii: ",")]
    }
    result += #""contents":[{"uri":"#.utf8
    JSON.appendQuoted(uri, to: &result)
    result += #","mimeType":"application/json","text":"#.utf8
    JSON.appendQuoted(text, to: &result)
    session.reply(to: request.id, result: result + Array("}]}".utf8))
    return true
  }

  private func answer(_ tool: SurfaceTool, _ argument: String?) throws(CallError) -> JSONObject {
    switch tool {
    case .status: return health.statusAnswer
    case .services: return health.servicesAnswer
    case .health:
      guard let record = try record(argument) else { return health.healthAnswer }
      return health.healthAnswer(of: record)
    case .metrics:
      guard let record = try record(argument) else { return health.metricsAnswer }
      return health.metricsAnswer(of: record)
    case .explain: return try explain(tool: argument ?? "")
    case .enable, .disable: return try turn(argument ?? "", on: tool == .enable)
    }
  }

  /// Does what `switchyard enable` and `switchyard disable` do.
  private func turn(_ name: String, on: Bool) throws(CallError) -> JSONObject {
    let isChanged: Bool
    switch turnEverywhere(name, on: on) {
    case .done: isChanged = true
    case .unchanged: isChanged = false
    case .impossible(let why): throw .invalidParams(why, reason: "not_possible")
    }
    var answer = JSONObject()
    answer["service"] = .string(name)
    answer["state"] = on ? "on" : "off"
    answer["changed"] = .bool(isChanged)
    return answer
  }

  private func record(_ name: String?) throws(CallError) -> HealthRecord? {
    guard let name else { return nil }
    guard let record = health.record(named: name) else { throw .unknown("service", "'\(name)'") }
    return record
  }

  /// Which service has a tool, and whether a call would get there now.
  private func explain(tool name: String) throws(CallError) -> JSONObject {
    let bytes = Array(name.utf8)
    guard let entry = bytes.withUnsafeBytes({ catalogue.entry(.tools, named: $0) }) else {
      throw refusal(.tools, name: bytes)
    }
    var answer = JSONObject()
    answer["tool"] = .string(name)
    guard let record = health.records.first(where: { $0.index == entry.service }) else {
      answer["service"] = "the gateway itself"
      return answer
    }
    answer["service"] = .string(record.name)
    answer["ownName"] = .string(String(decoding: entry.ownName, as: UTF8.self))
    answer["state"] = .string(record.health.state.rawValue)
    answer["reason"] = .string(record.health.reason.rawValue)
    answer["breaker"] = record.isBreakerClosed ? "closed" : "open"
    answer["priority"] = .count(record.manifest.priority)
    answer["route"] = explanation(of: entry)["route"] ?? .array([])
    if let why = record.service?.lastFailure?.detail { answer["why"] = .string(why) }
    return answer
  }
}
