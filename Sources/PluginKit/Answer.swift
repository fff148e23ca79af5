import MCP
import RawJSON

/// The messages that answer a request, in the shape its era wants.
enum Answer {
  /// A response with a result; `members` gets what 2026-07-28 adds.
  static func result(
    _ members: JSONObject, to request: Request, from service: Service, isCacheable: Bool = false
  ) -> [UInt8] {
    var result = JSONObject()
    if request.isModern { result["resultType"] = "complete" }
    for member in members { result[member.key] = member.value }
    if request.isModern {
      if isCacheable {
        // What a service offers does not change while it runs, but the next one may differ.
        result["ttlMs"] = 0
        result["cacheScope"] = "private"
      }
      result["_meta"] = [Request.serverInfoKey: service.information]
    }
    return message(id: request.id, member: "result", .object(result))
  }

  /// A response with an error.
  static func failure(_ failure: Failure, id: [UInt8]?) -> [UInt8] {
    var error = JSONObject()
    error["code"] = JSONValue(integerLiteral: failure.code.rawValue)
    error["message"] = .string(failure.message)
    if let data = failure.data { error["data"] = data }
    return message(id: id, member: "error", .object(error))
  }

  private static func message(id: [UInt8]?, member: String, _ value: JSONValue) -> [UInt8] {
    var line = Array(#"{"jsonrpc":"2.0""#.utf8)
    if let id { line += Array(#","id":"#.utf8) + id }
    line += Array(#","\#(member)":"#.utf8)
    return line + value.serialized() + Array("}".utf8)
  }
}

extension Service {
  /// `serverInfo` on the wire.
  var information: JSONValue {
    var information = JSONObject()
    information["name"] = .string(name)
    if let title { information["title"] = .string(title) }
    information["version"] = .string(version)
    return .object(information)
  }

  /// The capabilities on the wire: what was declared, and nothing that may change.
  var capabilities: JSONValue {
    var capabilities = JSONObject()
    if !tools.isEmpty { capabilities["tools"] = [:] }
    if !prompts.isEmpty { capabilities["prompts"] = [:] }
    if !resources.isEmpty { capabilities["resources"] = [:] }
    return .object(capabilities)
  }
}

extension Content {
  var json: JSONValue {
    switch self {
    case .text(let text): ["type": "text", "text": .string(text)]
    case .image(let data, let mimeType):
      ["type": "image", "data": .string(data), "mimeType": .string(mimeType)]
    case .link(let uri, let name):
      ["type": "resource_link", "uri": .string(uri), "name": .string(name)]
    }
  }
}

extension ToolResult {
  var members: JSONObject {
    var members = JSONObject()
    members["content"] = .array(content.map(\.json))
    if let structured { members["structuredContent"] = structured.json }
    members["isError"] = .bool(isError)
    return members
  }
}

extension Tool {
  /// The tool as `tools/list` shows it.
  var json: JSONValue {
    var tool = JSONObject()
    tool["name"] = .string(name)
    if let title { tool["title"] = .string(title) }
    tool["description"] = .string(description)
    tool["inputSchema"] = inputSchema.value.json
    if let outputSchema { tool["outputSchema"] = outputSchema.json }
    var annotations = JSONObject()
    if hints.contains(.readOnly) { annotations["readOnlyHint"] = true }
    if !hints.isEmpty { annotations["destructiveHint"] = .bool(hints.contains(.destructive)) }
    if hints.contains(.idempotent) { annotations["idempotentHint"] = true }
    if !hints.isEmpty { annotations["openWorldHint"] = .bool(hints.contains(.openWorld)) }
    if !hints.isEmpty { tool["annotations"] = .object(annotations) }
    if let meta { tool["_meta"] = meta.json }
    return .object(tool)
  }
}

extension Prompt {
  /// The prompt as `prompts/list` shows it.
  var json: JSONValue {
    let arguments = arguments.map { argument -> JSONValue in
      [
        "name": .string(argument.name), "description": .string(argument.description),
        "required": .bool(argument.isRequired),
      ]
    }
    return [
      "name": .string(name), "description": .string(description), "arguments": .array(arguments),
    ]
  }
}

extension Resource {
  /// The resource as `resources/list` shows it.
  var json: JSONValue {
    [
      "uri": .string(uri), "name": .string(name), "description": .string(description),
      "mimeType": .string(mimeType),
    ]
  }
}
