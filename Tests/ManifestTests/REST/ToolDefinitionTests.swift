import Manifest
import RawJSON
import Testing

/// What `tools/list` says of a tool.
@Suite struct ToolDefinitionTests {
  private func definition(_ lines: String) throws -> JSONValue {
    try JSONValue(parsing: try tool(lines).definition(named: "it_t"))
  }

  @Test func `a tool is shown with its types, hints and annotations`() throws {
    let shown = try definition(
      """
          title: A title
          category: tasks
          priority: high
          arguments:
            id: {type: string, pattern: "^[0-9]+$", required: true, in: path, description: The id.}
            on: {type: string, format: date, nullable: true}
            k: {type: integer, min: 1, max: 100, default: 20}
            tags: {type: array, items: {type: string, enum: [a, b]}, min_items: 1}
            file: {type: string, format: base64, examples: [aGk=]}
            some: {type: object, properties: {gid: {type: string, required: true}}}
            any: any
          put: /a/{id}
          cache: 15s
          estimate: 350ms
          batch: true
          stream: progress

      """)
    let expected: JSONValue = [
      "name": "it_t", "title": "A title", "description": "x",
      "inputSchema": [
        "type": "object",
        "properties": [
          "id": ["type": "string", "description": "The id.", "pattern": "^[0-9]+$"],
          "on": ["type": ["string", "null"], "format": "date"],
          "k": ["type": "integer", "minimum": 1, "maximum": 100, "default": 20],
          "tags": [
            "type": "array", "items": ["type": "string", "enum": ["a", "b"]], "minItems": 1,
          ],
          "file": ["type": "string", "contentEncoding": "base64", "examples": ["aGk="]],
          "some": [
            "type": "object", "properties": ["gid": ["type": "string"]], "required": ["gid"],
            "additionalProperties": false,
          ],
          "any": [:],
        ],
        "required": ["id"], "additionalProperties": false,
      ],
      "annotations": [
        "readOnlyHint": false, "destructiveHint": true, "idempotentHint": true,
        "openWorldHint": true,
      ],
      "_meta": [
        "switchyard/category": "tasks", "switchyard/priority": "high",
        "switchyard/stream": "progress", "switchyard/batch": true, "switchyard/estimateMs": 350,
        "switchyard/cacheMs": 15000,
      ],
    ]
    #expect(shown == expected, "\(shown)")
    let keys = shown["inputSchema"]?["properties"]?.objectValue?.keys
    #expect(keys == ["id", "on", "k", "tags", "file", "some", "any"], "in the order of the file")
  }

  @Test func `rules between arguments stand in the descriptions too`() throws {
    let shown = try definition(
      """
          arguments:
            a: {type: string, description: One., not_with: [b, c], needs: [d, e]}
            b: string
            c: string
            d: string
            e: string
          any_of: [a, b]
          get: /a

      """)
    #expect(shown["description"] == "x Needs at least one of a, b.")
    #expect(
      shown.at(pointer: "/inputSchema/properties/a/description")
        == "One. Not with b, c. Needs d or e.")
  }

  @Test func `the content of a list stands under items`() throws {
    let list = try definition(
      "    get: /a\n    result: {schema: {type: array, items: {type: object, values: any}}}\n")
    #expect(list["outputSchema"]?["type"] == "object")
    #expect(list.at(pointer: "/outputSchema/properties/items/type") == "array")
    #expect(list["outputSchema"]?["required"] == ["items"])
    let record = try definition(
      "    get: /a\n    result: {schema: {type: object, properties: {gid: string}, values: any}}\n")
    #expect(
      record["outputSchema"] == [
        "type": "object", "properties": ["gid": ["type": "string"]], "additionalProperties": [:],
      ])
    #expect(try definition("    get: /a\n")["outputSchema"] == nil)
  }

  private static let implied: [(String, readOnly: Bool, destructive: Bool, idempotent: Bool)] = [
    ("get", true, false, true), ("post", false, false, false), ("put", false, true, true),
    ("patch", false, true, false), ("delete", false, true, true),
  ]

  @Test func `annotations follow the method and give way to what is written`() throws {
    for (method, readOnly, destructive, idempotent) in Self.implied {
      let annotations = try tool("    \(method): /a\n").annotations
      #expect(annotations.isReadOnly == readOnly, "\(method)")
      #expect(annotations.isDestructive == destructive, "\(method)")
      #expect(annotations.isIdempotent == idempotent, "\(method)")
      #expect(annotations.isOpenWorld)
    }
    let written = try tool(
      "    post: /a\n    annotations: {readOnly: true, destructive: true, idempotent: true, openWorld: false}\n"
    ).annotations
    #expect(written.isReadOnly && written.isDestructive && written.isIdempotent)
    #expect(!written.isOpenWorld)
  }
}
