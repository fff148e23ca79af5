import Manifest
import RawJSON
import Testing

/// Arguments of calls against the types of a manifest.
@Suite struct ArgumentCheckTests {
  private static let types = """
        arguments:
          s: {type: string, min_length: 2, max_length: 3}
          p: {type: string, pattern: "^[0-9]+$"}
          i: {type: integer, min: 1, max: 100}
          n: {type: number, max: 1.5}
          b: {type: boolean}
          e: {type: string, enum: [no, true, x]}
          z: {type: string, nullable: true, in: body}
          a: {type: array, items: {type: integer, min: 0}, min_items: 1, max_items: 2}
          o:
            type: object
            properties:
              gid: {type: string, required: true}
              value: string
          m: {type: object, values: number}
          x: any
          d: {type: string, format: date}
          t: {type: string, format: date-time}
        post: /a

    """

  private static let rows: [(JSONValue, [String])] = [
    ([:], []),
    (["s": "ab", "i": 1, "n": 1.5, "b": true, "e": "no", "a": [0, 1], "x": .null], []),
    (["s": "a"], ["/s needs at least 2 characters"]),
    (["s": "abcd"], ["/s must not have more than 3 characters"]),
    (["s": "😀😀😀"], []),
    (["s": 1], ["/s must be a string"]),
    (["s": .null], ["/s must be a string"]),
    (["p": "12a"], ["/p must match the pattern ^[0-9]+$"]),
    (["i": 0], ["/i must be at least 1"]),
    (["i": 101], ["/i must be at most 100"]),
    (["i": 1.0], []),
    (["i": 1.5], ["/i must be a whole number"]),
    (["i": "1"], ["/i must be a whole number"]),
    (["n": 2], ["/n must be at most 1.5"]),
    (["b": "true"], ["/b must be true or false"]),
    (["e": "yes"], ["/e must be one of no, true, x"]),
    (["e": true], ["/e must be a string"]),
    (["z": .null], []),
    (["z": 1], ["/z must be a string or null"]),
    (["a": []], ["/a needs at least 1 items"]),
    (["a": [1, 2, 3]], ["/a must not have more than 2 items"]),
    (
      ["a": [1, "x", -1]],
      [
        "/a must not have more than 2 items", "/a/1 must be a whole number",
        "/a/2 must be at least 0",
      ]
    ),
    (["o": ["gid": "1", "value": "v"]], []),
    (["o": ["value": 1]], ["/o/value must be a string", "/o/gid is missing"]),
    (
      ["o": ["gid": "1", "vale": "v"]],
      ["/o/vale is no member that is known; did you mean value? (known: gid, value)"]
    ),
    (["m": ["a/b": 1, "c~d": "x"]], ["/m/c~0d must be a number"]),
    (["m": ["a/b": "x"]], ["/m/a~1b must be a number"]),
    (["d": "2026-02-29"], ["/d must be a date such as 2026-12-01"]),
    (["d": "2024-02-29"], []),
    (["t": "2026-12-01T09:30:00Z"], []),
    (["t": "2026-12-01T09:30:00.000+02:00"], []),
    (
      ["t": "2026-12-01"],
      ["/t must be a time with date and zone such as 2026-12-01T09:30:00Z"]
    ),
    ([1], [" must be an object"]),
    ("x", [" must be an object"]),
  ]

  @Test func `a violation is told with its place and one sentence`() throws {
    let tool = try tool(Self.types)
    for (arguments, expected) in Self.rows {
      #expect(tool.complaints(about: arguments) == expected, "\(arguments)")
    }
  }

  @Test func `an argument that there is not is told with the nearest one`() throws {
    let tool = try tool("    arguments:\n      task_id: string\n    get: /a\n")
    #expect(
      tool.complaints(about: ["task_idd": "1"]) == [
        "/task_idd is no argument of this tool; did you mean task_id? (known: task_id)"
      ])
  }

  @Test func `an argument that is given twice is refused`() throws {
    let tool = try tool("    arguments:\n      a: string\n    get: /a\n")
    let twice = try JSONValue(parsing: Array(#"{"a":"1","a":"2"}"#.utf8))
    #expect(tool.complaints(about: twice) == ["/a is given twice"])
    let nested = try self.tool(Self.types)
    let inner = try JSONValue(parsing: Array(#"{"m":{"a":1,"a":2}}"#.utf8))
    #expect(nested.complaints(about: inner) == ["/m/a is given twice"])
  }

  private func tool(_ lines: String) throws -> REST.Tool { try ManifestTests.tool(lines) }

  @Test func `what is needed, excluded or implied by other arguments is checked`() throws {
    let tool = try tool(
      """
          arguments:
            a: {type: string, required: true}
            b: {type: string, not_with: [c]}
            c: string
            d: {type: string, needs: [b, c]}
          any_of: [b, c, e]
          get: /a

      """.replacing("any_of: [b, c, e]", with: "any_of: [b, c]"))
    #expect(tool.complaints(about: ["a": "1", "b": "2"]) == [])
    #expect(tool.complaints(about: ["b": "2"]) == ["/a is missing"])
    #expect(
      tool.complaints(about: ["a": "1", "b": "2", "c": "3"]) == [
        "/b must not be given together with c"
      ])
    #expect(
      tool.complaints(about: ["a": "1", "d": "2"]) == [
        "/d needs b or c in the same call", " needs at least one of b, c",
      ])
  }

  @Test func `a default stands in for an argument, unless another one is given`() throws {
    let text = api(
      """
        t:
          description: x
          arguments:
            w: {type: string, default_from: space, default_unless: [p]}
            p: string
            k: {type: integer, default: 20}
          get: /a

      """, rest: "  config: {space: \"${env:SPACE:-}\"}\n")
    let tool = try #require(try restService(text, ["SPACE": "11"]).tools.first)
    #expect(tool.completed(["k": 3]) == ["k": 3, "w": "11"])
    #expect(tool.completed(["p": "5"]) == ["p": "5", "k": 20])
    let empty = try #require(try restService(text).tools.first)
    #expect(empty.completed([:]) == ["k": 20])
    #expect(empty.arguments[0].absence.contains("space of the service's config"))
  }

  @Test func `no more than twenty violations are told`() throws {
    let tool = try tool("    arguments:\n      a: string\n    get: /a\n")
    let many = JSONObject((0..<50).map { .init(key: "k\($0)", value: 1) })
    #expect(tool.violations(in: .object(many)).count == Violation.limit)
  }

  private static let formats: [(String, yes: [String], no: [String])] = [
    ("date", ["2026-12-01"], ["2026-13-01", "2026-00-10", "2026-1-1", "26-12-01", "2026-12-01T"]),
    (
      "time", ["09:30:00Z", "23:59:60z", "01:02:03.5-08:00"], ["9:30:00Z", "24:00:00Z", "09:30:00"]
    ),
    ("date-time", ["2026-12-01t09:30:00z"], ["2026-12-01 09:30:00Z", "2026-12-01T09:30Z"]),
    (
      "uri", ["https://a/b?c#d", "urn:x"], ["/a", "a b:c", "https://a b", "x:", "1a:b", "a:\u{7F}"]
    ),
    ("email", ["a@b.c", "a+b@c"], ["a", "@b", "a@", "a b@c", "a@b,c"]),
    ("uuid", ["0aF5be05-c57b-491c-ad18-2ab0c4f7d8f5"], ["0aF5be05c57b491cad182ab0c4f7d8f5", ""]),
    ("base64", ["", "aGk=", "aA==", "aGkh"], ["aGk", "a===", "aG k", "=aGk", "aA=a", "-_=="]),
  ]

  @Test(arguments: formats.indices) func `a format takes what it names`(_ index: Int) throws {
    let (format, yes, no) = Self.formats[index]
    let tool = try tool("    arguments:\n      a: {type: string, format: \(format)}\n    get: /a\n")
    for text in yes { #expect(tool.complaints(about: ["a": .string(text)]) == [], "\(text)") }
    for text in no { #expect(tool.complaints(about: ["a": .string(text)]).count == 1, "\(text)") }
  }
}
