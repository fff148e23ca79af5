import RawJSON

/// A tool that stands for those beyond the budget of a profile.
enum IndexTool: String, CaseIterable {
  case search = "tools_search"
  case describe = "tools_describe"
  case call = "tools_call"

  /// Bytes of the index in a description; hosts cut descriptions at 2,048.
  static let longIndex = 1_500
  static let shortIndex = 400
  /// Tools that are described at a time.
  static let mostDescribed = 20

  /// As it stands in lists.
  func definition(_ index: ToolIndex) -> [UInt8] {
    let definition: JSONValue = [
      "name": .string(rawValue), "title": .string(title), "description": .string(about(index)),
      "inputSchema": schema,
      "annotations": self == .call
        ? ["openWorldHint": true] : ["readOnlyHint": true, "openWorldHint": false],
    ]
    return definition.serialized()
  }

  private var title: String {
    switch self {
    case .search: "Find tools"
    case .describe: "Describe tools"
    case .call: "Call a tool"
    }
  }

  private func about(_ index: ToolIndex) -> String {
    let count = index.count
    switch self {
    case .search:
      return "Finds tools by words. Beside the tools that are listed there are \(count) more, "
        + "called with tools_call. They are, by service: " + index.text(limit: Self.longIndex)
    case .describe:
      return "Tells what tools do and which arguments they take, for the \(count) tools that are "
        + "not listed. Names come from tools_search, or from here: "
        + index.text(limit: Self.shortIndex)
    case .call:
      return "Calls one of the \(count) tools that are not listed, by its name, with its "
        + "arguments as tools_describe tells them. They are: " + index.text(limit: Self.shortIndex)
    }
  }

  private var schema: JSONValue {
    switch self {
    case .search:
      [
        "type": "object",
        "properties": [
          "query": [
            "type": "string", "description": "Words for what is to be done, or of the name.",
          ],
          "limit": [
            "type": "integer", "minimum": 1,
            "maximum": JSONValue(integerLiteral: ToolSearch.most),
            "description": "Tools in the answer; 10 if left out.",
          ],
        ], "required": ["query"],
      ]
    case .describe:
      [
        "type": "object",
        "properties": [
          "names": [
            "type": "array", "items": ["type": "string"], "minItems": 1,
            "maxItems": JSONValue(integerLiteral: Self.mostDescribed),
            "description": "Names of tools.",
          ]
        ], "required": ["names"],
      ]
    case .call:
      [
        "type": "object",
        "properties": [
          "name": ["type": "string", "description": "The name of the tool."],
          "arguments": ["type": "object", "description": "Its arguments."],
        ], "required": ["name"],
      ]
    }
  }
}
