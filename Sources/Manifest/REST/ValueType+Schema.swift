package import RawJSON

extension ValueType {
  /// The type as JSON Schema; `note` is added to the description.
  package func schema(default fallback: JSONValue? = nil, note: String = "") -> JSONObject {
    var schema = JSONObject()
    if kind != .any {
      let name = JSONValue.string(kind.rawValue)
      schema["type"] = isNullable ? .array([name, "null"]) : name
    }
    let words = [description, note.isEmpty ? nil : note].compactMap { $0 }
    if !words.isEmpty { schema["description"] = .string(words.joined(separator: " ")) }
    addText(to: &schema)
    addNumber(to: &schema)
    if let type = items.first { schema["items"] = .object(type.schema()) }
    if let count {
      if count.lowerBound > 0 { schema["minItems"] = .number(JSONNumber(count.lowerBound)) }
      if count.upperBound < .max { schema["maxItems"] = .number(JSONNumber(count.upperBound)) }
    }
    addMembers(to: &schema)
    if !choices.isEmpty {
      schema["enum"] = .array(isNullable && !choices.contains(.null) ? choices + [.null] : choices)
    }
    if let fallback { schema["default"] = fallback }
    if !examples.isEmpty { schema["examples"] = .array(examples) }
    return schema
  }

  private func addText(to schema: inout JSONObject) {
    if let pattern { schema["pattern"] = .string(pattern.text) }
    switch format {
    case .base64: schema["contentEncoding"] = "base64"
    case let format?: schema["format"] = .string(format.rawValue)
    case nil: break
    }
    if let length {
      if length.lowerBound > 0 { schema["minLength"] = .number(JSONNumber(length.lowerBound)) }
      if length.upperBound < .max { schema["maxLength"] = .number(JSONNumber(length.upperBound)) }
    }
  }

  private func addNumber(to schema: inout JSONObject) {
    for (key, bound) in [("minimum", minimum), ("maximum", maximum)] {
      guard let bound else { continue }
      let number = Int(exactly: bound).map { JSONNumber($0) } ?? JSONNumber(bound)
      schema[key] = number.map { .number($0) }
    }
  }

  private func addMembers(to schema: inout JSONObject) {
    guard kind == .object else { return }
    if !properties.isEmpty {
      schema["properties"] = .object(
        JSONObject(properties.map { .init(key: $0.name, value: .object($0.type.schema())) }))
      let required = properties.filter(\.isRequired)
      if !required.isEmpty { schema["required"] = .array(required.map { .string($0.name) }) }
    }
    if let type = values.first {
      schema["additionalProperties"] = .object(type.schema())
    } else if !isOpen {
      schema["additionalProperties"] = false
    }
  }
}

extension REST.Tool {
  /// The tool as `tools/list` shows it, under the name that clients see.
  package func definition(named name: String) -> [UInt8] {
    var tool = JSONObject()
    tool["name"] = .string(name)
    if let title { tool["title"] = .string(title) }
    tool["description"] = .string(
      anyOf.isEmpty
        ? description
        : "\(description) Needs at least one of \(anyOf.joined(separator: ", ")).")
    tool["inputSchema"] = .object(inputSchema)
    if let schema = outputSchema { tool["outputSchema"] = .object(schema) }
    tool["annotations"] = [
      "readOnlyHint": .bool(annotations.isReadOnly),
      "destructiveHint": .bool(annotations.isDestructive),
      "idempotentHint": .bool(annotations.isIdempotent),
      "openWorldHint": .bool(annotations.isOpenWorld),
    ]
    tool["_meta"] = .object(hints)
    return JSONValue.object(tool).serialized()
  }

  /// The schema of the arguments; a further argument is an error.
  package var inputSchema: JSONObject {
    var schema = JSONObject()
    schema["type"] = "object"
    schema["properties"] = .object(
      JSONObject(
        arguments.map { argument in
          let fallback = argument.showsFallback ? argument.fallback : nil
          let type = argument.type.schema(default: fallback, note: argument.note)
          return .init(key: argument.name, value: .object(type))
        }))
    let required = requiredNames
    if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
    schema["additionalProperties"] = false
    addRules(to: &schema)
    return schema
  }

  /// The schema of the structured content, which is always an object; nil if none is declared.
  package var outputSchema: JSONObject? {
    guard let type = result.schema else { return nil }
    guard type.kind == .array else { return type.schema() }
    var schema = JSONObject()
    schema["type"] = "object"
    schema["properties"] = [
      "items": .object(type.schema()),
      "next": ["type": "string", "description": "Where the next page begins."],
    ]
    schema["required"] = ["items"]
    return schema
  }

  private var hints: JSONObject {
    var hints = JSONObject()
    if let category { hints["switchyard/category"] = .string(category) }
    hints["switchyard/priority"] = .string(priority.rawValue)
    hints["switchyard/stream"] = .string(stream.rawValue)
    hints["switchyard/batch"] = .bool(isBatchable)
    if let estimate { hints["switchyard/estimateMs"] = .number(estimate.wholeMilliseconds) }
    if let cache { hints["switchyard/cacheMs"] = .number(cache.wholeMilliseconds) }
    return hints
  }
}

extension REST.Argument {
  /// The rules between arguments in words too: not every client shows those of the schema.
  fileprivate var note: String {
    var sentences: [String] = []
    if !notWith.isEmpty { sentences.append("Not with \(notWith.joined(separator: ", ")).") }
    if !needs.isEmpty { sentences.append("Needs \(needs.joined(separator: " or ")).") }
    return sentences.joined(separator: " ")
  }
}

extension Duration {
  fileprivate var wholeMilliseconds: JSONNumber {
    let (seconds, attoseconds) = components
    return JSONNumber(Int(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
  }
}
