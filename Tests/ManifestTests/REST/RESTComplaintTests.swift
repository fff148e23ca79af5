import Manifest
import Testing

/// M06, M09, M10: what does not fit together in a tool is told where it stands.
@Suite struct RESTComplaintTests {
  private static let rows: [(String, String)] = [
    ("    get: x\n", "must begin with '/'"),
    ("    get: /a/../b\n", "must be segments"),
    ("    get: /a//b\n", "must be segments"),
    ("    get: /a?b=c\n", "must be segments"),
    ("    get: \"/a/{b\"\n", "must be segments"),
    ("    get: /a/%2e%2E/b\n", "must be segments"),
    ("    get: \"/a/{b}\"\n", "nothing goes into {b}"),
    ("    get: /a\n    post: /a\n", "needs exactly one of 'get'"),
    ("    title: x\n", "needs exactly one of 'get'"),
    ("    get: /a\n    steps: [{name: a, call: {get: /a}}]\n", "needs exactly one of"),
    ("    get: /a\n    quer: {}\n", "did you mean 'query'?"),
    ("    get: /a\n    query: {a: {from: nowhere.x}}\n", "is no reference"),
    ("    get: /a\n    query: {a: {from: arguments.x}}\n", "is no argument of this tool"),
    ("    get: /a\n    query: {a: {from: config.x}}\n", "is no name in rest.config"),
    ("    get: /a\n    query: {a: {from: item.x}}\n", "has a meaning in 'each' only"),
    ("    get: /a\n    query: {a: {from: steps.x}}\n", "is no step before this one"),
    ("    get: /a\n    query: {a: {}}\n", "needs one of 'from' and 'value'"),
    ("    get: /a\n    query: {a: {value: 1, when: x}}\n", "is no argument of this tool"),
    ("    get: /a\n    path: {a: 1}\n", "is no name in the path"),
    ("    get: /a\n    paging: true\n", "needs 'rest.paging'"),
    ("    get: /a\n    paging: {style: pages}\n", "must be one of token, offset, page, link, last"),
    ("    get: /a\n    keep: [{field: a}]\n", "needs 'field' and one of"),
    ("    get: /a\n    lanes: [x]\n", "is no lane of rest.lanes"),
    ("    get: /a\n    max_items: 5\n", "needs 'paging' or a step with 'each'"),
    ("    get: /a\n    any_of: [x]\n", "is no argument of this tool"),
    ("    get: /a\n    batch: true\n    headers: {X-A: b}\n", "without form and headers"),
    ("    get: /a\n    timeout: 20h\n", "is longer than deadlines.absolute"),
    ("    get: /a\n    arguments: {a: {}}\n", ""),
    ("    get: /a\n    arguments: {a: sting}\n", "must be a type: a mapping, or one of string"),
    ("    get: /a\n    arguments: {a: {type: sting}}\n", "must be one of string, integer"),
    ("    get: /a\n    arguments: {a: {type: string, in: boddy}}\n", "must be one of path, query"),
    ("    get: /a\n    arguments: {a: {type: string, in: body}}\n", "which 'get' does not have"),
    ("    get: /a\n    arguments: {a: {type: string, in: path}}\n", "a path that has no such name"),
    ("    get: /a\n    arguments: {a: {type: string, in: none}}\n", "goes nowhere"),
    ("    get: /a\n    arguments: {a: {type: string, in: none, as: b}}\n", "'as' has no meaning"),
    (
      "    get: /a\n    arguments: {a: {type: string, min: 1}}\n",
      "is for the type integer or number"
    ),
    ("    get: /a\n    arguments: {a: {type: integer, pattern: x}}\n", "is for the type string"),
    ("    get: /a\n    arguments: {a: {type: string, pattern: \"(\"}}\n", "has '(' without ')'"),
    ("    get: /a\n    arguments: {a: {type: string, pattern: \"(?=a)\"}}\n", "may have no groups"),
    ("    get: /a\n    arguments: {a: {type: string, format: dates}}\n", "must be one of date"),
    ("    get: /a\n    arguments: {a: {type: integer, min: 2, max: 1}}\n", "'min' in"),
    (
      "    get: /a\n    arguments: {a: {type: string, min_length: 2, max_length: 1}}\n",
      "min_length"
    ),
    ("    get: /a\n    arguments: {a: {type: integer, default: x}}\n", "must be a whole number"),
    ("    get: /a\n    arguments: {a: {type: integer, max: 1, default: 2}}\n", "must be at most 1"),
    ("    get: /a\n    arguments: {a: {type: integer, enum: [a]}}\n", "must be a whole number"),
    ("    get: /a\n    arguments: {a: {type: string, default: x, required: true}}\n", "never used"),
    (
      "    get: /a\n    arguments: {a: {type: string, default_from: x}}\n", "no name in rest.config"
    ),
    (
      "    get: /a\n    arguments: {a: {type: string, not_with: [b]}}\n", "no argument of this tool"
    ),
    ("    get: /a\n    arguments: {a: {type: string, default_unless: [a]}}\n", "needs 'default'"),
    (
      "    get: /a\n    arguments: {a: string, b: {type: string, as: a}}\n", "the same place as 'a'"
    ),
    ("    post: /a\n    arguments: {a: string, b: {type: string, as: a.b}}\n", "the same place"),
    ("    post: /a\n    arguments: {a: {type: string, as: \"x.*\"}}\n", "must be an object"),
    ("    post: /a\n    arguments: {a: {type: string, as: \"x..y\"}}\n", "is no name of a place"),
    (
      "    post: /a\n    arguments: {a: {type: string, as: \"x.{y}\"}}\n",
      "no argument of this tool"
    ),
    ("    post: /a\n    arguments: {a: {type: string, in: header, as: Host}}\n", "by the gateway"),
    (
      "    post: /a\n    arguments: {a: {type: string, in: header, as: \"b c\"}}\n",
      "no name of a header"
    ),
    ("    get: \"/{a}\"\n    arguments: {a: {type: object}}\n", "must be a scalar"),
    ("    get: /a\n    arguments: {a: {type: string, nullable: true}}\n", "for the body only"),
    (
      "    post: /a\n    arguments: {a: {type: integer, in: form, file: {}}}\n",
      "a string in a form"
    ),
    ("    operations: [{get: /a}, {get: /b}]\n", "those after it are never chosen"),
    ("    operations: [{when: x, get: /a}]\n", "is no argument of this tool"),
    ("    operations: [{get: /a}]\n    query: {a: b}\n", "not beside them"),
    ("    steps: [{call: {get: /a}}]\n", "needs 'name'"),
    ("    steps: [{name: a, call: {get: /a}}, {name: a, call: {get: /a}}]\n", "is named 'a' too"),
    ("    steps: [{name: a}]\n", "needs exactly one of 'call'"),
    ("    steps: [{collect: {a: truncated}}]\n", "needs 'max_items'"),
    ("    steps: [{collect: {a: steps.b}}]\n", "is no step before this one"),
    ("    steps: [{name: a, each: {get: /a}}]\n", "needs 'of'"),
    ("    steps: [{name: a, each: {of: \"steps.a[]\", get: /a}}]\n", "is no step before this one"),
    ("    steps: [{name: a, until: {get: /a}}]\n", "needs 'field' and 'done'"),
    ("    steps: [{name: a, until: {get: /a, field: s, done: [x], every: 5}}]\n", "must be a time"),
    (
      "    steps: [{collect: {a: truncated}}, {name: b, call: {get: /a}}]\n",
      "must be the last step"
    ),
    (
      "    arguments: {a: array}\n    steps: [{name: a, batch: {of: arguments.a}}]\n",
      "needs a tool with 'batch: true'"
    ),
    (
      "    arguments: {a: {type: array, in: body}}\n    steps: [{name: a, batch: {of: arguments.a}}]\n",
      "the first step sends no request"
    ),
  ]

  @Test func `a mistake in a tool is told with its place`() {
    for (lines, expected) in Self.rows where !expected.isEmpty {
      let all = toolComplaints(lines)
      #expect(all.contains { $0.contains(expected) }, "\(lines)\(all)")
    }
  }

  @Test func `all mistakes of a manifest are told at once, in the order of their places`() {
    let all = complaints(
      api(
        """
          one: {description: x, get: a}
          two:
            get: /a
            arguments:
              x: {type: integer, pattern: y, defalt: 1}

        """))
    #expect(
      all == [
        "8:38: unknown key 'defalt' in 'tools.two.arguments.x'; did you mean 'default'? "
          + "(known keys: type, description, nullable, enum, examples, pattern, format, min_length, "
          + "max_length, min, max, min_items, max_items, items, properties, values, required, "
          + "default, default_from, default_unless, in, as, style, wrap, file, not_with, needs)",
        "4:30: the path in 'tools.one' must begin with '/'",
        "6:5: 'description' is missing in 'tools.two'",
        "8:35: 'pattern' in 'tools.two.arguments.x' is for the type string, not for integer",
      ], "\(all)")
  }

  @Test func `a process service has no words of a REST service, and the other way round`() {
    let both = complaints("rest: {url: \"https://a.example\"}\nprocess: {command: x}\ntools: {}\n")
    #expect(both.contains { $0.contains("unknown key 'rest'") }, "\(both)")
    let words = complaints("rest: {url: \"https://a.example\"}\ntools: {prefix: x}\n")
    #expect(words.contains { $0.contains("'tools.prefix' must be a mapping") }, "\(words)")
  }
}
