import PluginKit

/// The schemas of answers. Which fields a record has depends on what the call asks for.
enum Answers {
  /// One thing, or `{}` where nothing is told.
  static let record: StructuredValue = ["type": "object", "additionalProperties": [:]]

  /// What stands in `items`, beside where the next page begins.
  static func list(of item: StructuredValue) -> StructuredValue {
    [
      "type": "object",
      "properties": [
        "items": array(of: item),
        "next": ["type": "string", "description": "Where the next page begins."],
      ],
      "required": ["items"],
    ]
  }

  /// A project with its sections, their tasks and their subtasks.
  static let hierarchy: StructuredValue = [
    "type": "object",
    "properties": [
      "project": record, "sections": array(of: record),
      "counts": ["type": "object", "additionalProperties": ["type": "integer"]],
      "truncated": ["type": "boolean"],
    ],
    "additionalProperties": false,
  ]

  /// The answers of the calls of a batch, in their order.
  static let batch = list(of: [
    "type": "object",
    "properties": [
      "index": ["type": "integer"], "tool": ["type": "string"],
      "status_code": ["type": "integer"],
    ],
    "additionalProperties": [:],
  ])

  private static func array(of item: StructuredValue) -> StructuredValue {
    ["type": "array", "items": item]
  }
}
