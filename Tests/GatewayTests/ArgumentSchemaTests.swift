import Manifest
import RawJSON
import Testing

@testable import Gateway

/// C18: arguments of tools of processes, by the schema that their service lists.
@Suite struct ArgumentSchemaTests {
  private func pointers(_ schema: String, _ arguments: String) throws -> [String] {
    let tool = Array(#"{"name":"t","inputSchema":\#(schema)}"#.utf8)
    let schema = try #require(ArgumentSchema(tool: tool))
    return schema.violations(in: try JSONValue(parsing: Array(arguments.utf8))).map(\.pointer)
  }

  /// A schema, what it takes and what it does not.
  struct Rule: Sendable, CustomTestStringConvertible {
    var schema: String
    var takes: [String]
    var refuses: [String]
    var testDescription: String { schema }

    init(_ schema: String, takes: [String], refuses: [String]) {
      self.schema = schema
      self.takes = takes
      self.refuses = refuses
    }
  }

  private static let rules = [
    Rule(
      #"{"type":"integer"}"#, takes: ["1", "-7", "1.0", "1e3"], refuses: ["1.5", #""1""#, "null"]),
    Rule(#"{"type":["string","null"]}"#, takes: [#""""#, "null"], refuses: ["0", "{}"]),
    Rule(#"{"type":"boolean"}"#, takes: ["true", "false"], refuses: ["0", #""true""#]),
    Rule(
      #"{"enum":[1,"a",null]}"#, takes: ["1", "1.0", #""a""#, "null"], refuses: ["2", #""A""#]),
    Rule(#"{"const":{"a":1}}"#, takes: [#"{"a":1.0}"#], refuses: [#"{"a":2}"#, "{}"]),
    Rule(
      #"{"minLength":2,"maxLength":3}"#, takes: [#""ab""#, #""日本語""#, "7"],
      refuses: [#""a""#, #""abcd""#]),
    Rule(#"{"pattern":"^[0-9]+$"}"#, takes: [#""12""#, "true"], refuses: [#""1a""#]),
    Rule(
      #"{"minimum":0,"exclusiveMaximum":10,"multipleOf":2}"#, takes: ["0", "8"],
      refuses: ["-1", "10", "3"]),
    Rule(#"{"maximum":1.5,"exclusiveMinimum":0}"#, takes: ["1.5"], refuses: ["0", "1.6"]),
    Rule(
      #"{"minItems":1,"maxItems":2,"uniqueItems":true,"items":{"type":"integer"}}"#,
      takes: ["[1]", "[1,2]"], refuses: ["[]", "[1,1]", "[1,2,3]", #"["a"]"#]),
    Rule(
      #"{"prefixItems":[{"type":"integer"}],"items":false}"#, takes: ["[1]", "[]"],
      refuses: ["[1,2]", "[true]"]),
    Rule(
      #"{"items":[{"type":"integer"}],"additionalItems":{"type":"string"}}"#,
      takes: [#"[1,"a"]"#], refuses: ["[1,2]"]),
    Rule(
      #"{"required":["a"],"minProperties":1,"maxProperties":2}"#, takes: [#"{"a":null}"#],
      refuses: ["{}", #"{"a":1,"b":2,"c":3}"#]),
    Rule(
      #"{"properties":{"a":{"type":"string"}},"additionalProperties":false}"#,
      takes: ["{}", #"{"a":""}"#], refuses: [#"{"a":1}"#, #"{"b":1}"#]),
    Rule(
      #"{"patternProperties":{"^x":{"type":"integer"}},"additionalProperties":{"type":"string"}}"#,
      takes: [#"{"x1":1,"y":""}"#], refuses: [#"{"x1":""}"#, #"{"y":1}"#]),
    Rule(#"{"propertyNames":{"maxLength":1}}"#, takes: [#"{"a":1}"#], refuses: [#"{"ab":1}"#]),
    Rule(
      #"{"dependentRequired":{"a":["b"]}}"#, takes: [#"{"b":1}"#, #"{"a":1,"b":1}"#],
      refuses: [#"{"a":1}"#]),
    Rule(#"{"dependentSchemas":{"a":{"required":["c"]}}}"#, takes: ["{}"], refuses: [#"{"a":1}"#]),
    Rule(#"{"allOf":[{"type":"integer"},{"minimum":3}]}"#, takes: ["3"], refuses: ["2", #""3""#]),
    Rule(
      #"{"anyOf":[{"type":"integer"},{"type":"null"}]}"#, takes: ["3", "null"], refuses: [#""""#]),
    Rule(
      #"{"oneOf":[{"type":"integer"},{"minimum":3}]}"#, takes: ["2", "3.5"], refuses: ["3", "2.5"]),
    Rule(#"{"not":{"type":"integer"}}"#, takes: [#""a""#], refuses: ["1"]),
    Rule(
      #"{"if":{"type":"string"},"then":{"minLength":2},"else":{"type":"null"}}"#,
      takes: [#""ab""#, "null"], refuses: [#""a""#, "1"]),
    Rule(
      ##"{"$defs":{"n":{"type":"integer"}},"properties":{"a":{"$ref":"#/$defs/n"}}}"##,
      takes: [#"{"a":1}"#], refuses: [#"{"a":"1"}"#]),
    Rule(
      ##"{"definitions":{"l":{"items":{"$ref":"#/definitions/l"},"type":"array"}},"##
        + ##""$ref":"#/definitions/l"}"##,
      takes: ["[[],[[]]]"], refuses: ["[[],[1]]"]),
  ]

  @Test(arguments: rules)
  func `C18: a keyword takes what it should take and nothing else`(rule: Rule) throws {
    for text in rule.takes { #expect(try pointers(rule.schema, text) == [], "\(text)") }
    for text in rule.refuses { #expect(try !pointers(rule.schema, text).isEmpty, "\(text)") }
  }

  @Test func `C18: each mistake has its place, escaped as RFC 6901 says`() throws {
    let schema = #"""
      {"type":"object","required":["id"],"additionalProperties":false,"properties":{
      "id":{"type":"string"},"list":{"items":{"properties":{"a/b~c":{"type":"integer"}}}}}}
      """#
    let wrong = #"{"list":[{"a/b~c":1},{"a/b~c":"x"}],"more":1}"#
    #expect(try pointers(schema, wrong) == ["/id", "/list/1/a~1b~0c", "/more"])
    #expect(try pointers(schema, "[]") == [""])
  }

  @Test(arguments: [
    #"{"format":"email"}"#, #"{"pattern":"(?=x)y"}"#, #"{"$ref":"https://a.example/s.json"}"#,
    ##"{"$ref":"#/nowhere"}"##, ##"{"type":"whatever"}"##, ##"{"unevaluatedProperties":false}"##,
    "{}",
    ##"{"$ref":"#"}"##, ##"{"not":{"$ref":"#"}}"##, ##"{"oneOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
  ])
  func `C18 M10: what is unknown, elsewhere or without end is left to the service`(
    schema: String
  ) throws {
    #expect(try pointers(schema, #"{"a":"b"}"#) == [])
    #expect(ArgumentSchema(tool: Array(#"{"name":"t","inputSchema":true}"#.utf8)) == nil)
  }

  @Test func `S18: a schema that doubles itself is given up after so many steps`() throws {
    // Every level asks twice for the next one: 2^60 schemas in all.
    let levels = (0..<60).map { level in
      let next = ##"{"$ref":"#/$defs/l\##(level + 1)"}"##
      return #""l\#(level)":{"allOf":[\#(next),\#(next)]}"#
    }
    let schema = ##"{"$defs":{\##(levels.joined(separator: ","))},"$ref":"#/$defs/l0"}"##
    #expect(try pointers(schema, "{}") == [])
    // A string of the largest size that is checked, and a pattern with many states.
    let text = String(repeating: "a", count: ArgumentSchema.sizeLimit)
    #expect(try pointers(#"{"pattern":"^(a|aa){0,400}$"}"#, "\"\(text)\"") == [])
  }

  @Test func `C18: of many mistakes the first twenty are told`() throws {
    let many = "[" + Array(repeating: "1", count: 1_000).joined(separator: ",") + "]"
    #expect(try pointers(#"{"items":{"type":"string"}}"#, many).count == 20)
  }
}
