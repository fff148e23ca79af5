import Harness
import PluginKit
import Testing

/// What a `Schema` refuses, and what a service with a schema that cannot be kept does.
@Suite struct SchemaTests {
  private func complaints(_ schema: StructuredValue, _ value: StructuredValue) -> [String] {
    Schema(schema).violations(in: value).map { "\($0)" }
  }

  @Test func `each keyword lets through what JSON Schema lets through`() {
    let cases: [(schema: StructuredValue, good: [StructuredValue], bad: [StructuredValue])] = [
      (["type": "string"], ["", "x"], [1, true, [], [:], nil]),
      (["type": "integer"], [0, -5, 3.0], [1.5, "1", nil]),
      (["type": "number"], [0, 1.5], ["1", true]),
      (["type": "boolean"], [true, false], [0, "true"]),
      (["type": ["string", "null"]], ["", nil], [1]),
      (["enum": ["a", 1]], ["a", 1], ["b", 2, nil]),
      (["pattern": "^[0-9]+$"], ["0", "123", 5], ["", "1x", "1\n", "x1", "१"]),
      (["minLength": 2, "maxLength": 3], ["ab", "äöü", 5], ["a", "abcd"]),
      (["minimum": 1, "maximum": 2], [1, 2, 1.5, "0"], [0, 3, 2.001]),
      (["minItems": 1, "maxItems": 2], [[1], [1, 2], "x"], [[], [1, 2, 3]]),
      (["items": ["type": "string"]], [[], ["a"]], [["a", 1]]),
      (["type": "object", "required": ["a"]], [["a": nil]], [[:], ["b": 1]]),
      (
        ["properties": ["a": ["type": "string"]], "additionalProperties": false],
        [[:], ["a": "x"]], [["a": 1], ["b": "x"]]
      ),
      (
        ["format": "date"], ["2024-02-29", "2026-12-31", 5],
        [
          "2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026-01-01T00:00:00Z",
          "2026/01/01",
        ]
      ),
      (
        ["format": "date-time"],
        ["2026-01-01T00:00:00Z", "2026-01-01t23:59:60.5+02:30", "2026-01-01T00:00:00-00:00"],
        ["2026-01-01", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z"]
      ),
      (
        ["format": "uri"], ["https://example.org/x?y#z", "mailto:a@b"],
        ["", "/path", "no scheme", "https://a b", ":x", "1a:b"]
      ),
      (["additionalProperties": ["type": "integer"]], [[:], ["a": 1]], [["a": "x"]]),
      (["minProperties": 1], [["a": 1], 5], [[:]]),
      (["dependentRequired": ["a": ["b"]]], [[:], ["b": 1], ["a": 1, "b": 1]], [["a": 1]]),
      (
        ["dependentSchemas": ["a": ["not": ["required": ["b"]]]]], [["b": 1], ["a": 1]],
        [["a": 1, "b": 1]]
      ),
      (["anyOf": [["required": ["a"]], ["required": ["b"]]]], [["b": 1], 5], [["c": 1]]),
      (["allOf": [["minimum": 1], ["maximum": 2]]], [1, 2], [0, 3]),
      (["not": ["type": "string"]], [1, nil], ["x"]),
      ([:], [nil, 1, "x", [], [:]], []),
    ]
    for (schema, good, bad) in cases {
      for value in good { #expect(complaints(schema, value) == [], "\(schema) \(value)") }
      for value in bad { #expect(complaints(schema, value) != [], "\(schema) \(value)") }
    }
  }

  @Test func `every violation has its place`() {
    let schema: StructuredValue = [
      "type": "object", "additionalProperties": false, "required": ["z"],
      "properties": [
        "a/b": ["type": "array", "items": ["type": "object", "required": ["gid"]]],
        "z": ["type": "string"],
      ],
    ]
    #expect(
      complaints(schema, ["a/b": [["gid": 1], [:], 5], "~": 1]) == [
        "/a~1b/1/gid: is required", "/a~1b/2: expected an object",
        "/~0: unknown argument; known are a/b, z", "/z: is required",
      ])
  }

  @Test func `a rule between arguments is told in words that help`() {
    let schema: StructuredValue = [
      "dependentRequired": ["url": ["name"]],
      "dependentSchemas": [
        "gid": ["anyOf": [["required": ["text"]], ["required": ["html"]]]],
        "text": ["not": ["required": ["html"]]],
      ],
    ]
    #expect(
      complaints(schema, ["gid": 1, "url": 1]) == [
        "/name: is required with url", ": with gid, the call needs text or html",
      ])
    #expect(
      complaints(schema, ["text": 1, "html": 1]) == [
        ": with text, the call must not have html"
      ])
  }

  @Test func `defaults of arguments are filled in`() {
    let schema = Schema(["properties": ["a": ["default": 5], "b": ["default": "x"], "c": [:]]])
    #expect(schema.filled(["b": "y"]) == ["b": "y", "a": 5])
  }

  @Test(
    arguments: [
      ["oneOf": []], ["anyOf": [["const": 1]]],
      ["properties": ["a": ["const": 1]]], ["items": ["format": "ipv4"]],
      ["pattern": "("], true,
    ] as [StructuredValue])
  func `a service with a schema that is not kept does not start`(schema: StructuredValue) async {
    let tool = Tool("it", "For tests.", input: Schema(schema)) { _, _ in "never" }
    await #expect(throws: ServiceError.self) {
      try await Service("t", version: "1", tools: [tool]).run()
    }
  }
}
