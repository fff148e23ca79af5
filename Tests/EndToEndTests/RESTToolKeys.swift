import RawJSON

/// Keys of a tool, but for its arguments and steps.
enum RESTToolKeys {
  static let all = words + annotations + requests + values + keeping + results

  private static func tool(
    _ key: String, _ view: RESTKey.View, _ first: (String, String), _ second: (String, String),
    _ lines: [String]
  ) -> RESTKey {
    RESTKey("tools.NAME.\(key)", view, first, second).with { $0.tool = lines }
  }

  private static func listed(
    _ key: String, _ first: (String, String), _ second: (String, String),
    _ lines: [String] = ["get: /x"]
  ) -> RESTKey {
    tool(key, .listing, first, second, ["\(key): VALUE"] + lines)
  }

  private static let words: [RESTKey] = [
    listed("title", ("One", #""title":"One""#), ("Two", #""title":"Two""#)),
    listed("category", ("one", #""switchyard/category":"one""#), ("two", #"category":"two""#)),
    listed("estimate", ("1s", #"/estimateMs":1000"#), ("2s", #"/estimateMs":2000"#)),
    // A batch step may call it, or may not.
    tool(
      "batch", .verdict, ("true", "served"), ("false", "refused"),
      ["arguments: {calls: array}", "steps: [{name: a, batch: {of: arguments.calls}}]"]
    ).with {
      $0.others = [
        "u: {description: Another., batch: VALUE, get: /u}",
        "v: {description: A third., batch: true, get: /v}",
      ]
      $0.arguments = ["calls": [["tool": "u"]]]
    },
    listed("aliases", ("[one]", "_one\""), ("[two]", "_two\"")),
    tool("task", .tasks, ("true", "task"), ("false", "-32601"), ["task: VALUE", "get: /x"]),
    RESTKey("tools.NAME.description", .listing, ("One.", "One."), ("Two.", "Two.")).with {
      $0.others = ["u: {description: VALUE, get: /x}"]
    },
    // What goes first where two wait for the one place.
    tool("priority", .order, ("high", "utu"), ("low", "uut"), ["priority: VALUE", "get: /t"])
      .with {
        $0.rest = ["lanes: {all: {in_flight: 1}}"]
        $0.others = ["u: {description: Another., get: /u}"]
        $0.answers = ["/u": ["slow {}"]]
        $0.calls = ["u", "u", "t"]
        $0.isTogether = true
      },
  ]

  private static func annotation(_ key: String) -> RESTKey {
    let hint = "\(key)Hint"
    return tool(
      "annotations.\(key)", .listing, ("true", "\"\(hint)\":true"), ("false", "\"\(hint)\":false"),
      ["annotations: {\(key): VALUE}", "post: /x"])
  }

  private static let annotations = ["readOnly", "destructive", "idempotent", "openWorld"]
    .map(annotation)

  private static func method(_ name: String) -> RESTKey {
    let sent = name.uppercased()
    return tool(
      name, .requests, ("/one", "\(sent) /one\n"), ("/two", "\(sent) /two\n"), ["\(name): VALUE"])
  }

  private static let requests: [RESTKey] =
    ["get", "post", "put", "patch", "delete"].map(method) + [
      tool(
        "operations", .requests, ("[{when: q, get: /one}, {get: /two}]", "GET /one?"),
        ("[{unless: q, get: /one}, {get: /two}]", "GET /two?"),
        ["arguments: {q: {type: string, in: query}}", "operations: VALUE"]
      ).with { $0.arguments = ["q": "v"] },
      tool("lanes", .most, ("[one]", "1"), ("[two]", "2"), ["lanes: VALUE", "get: /x"]).with {
        $0.rest = [
          "lanes: {one: {scope: named, in_flight: 1}, two: {scope: named, in_flight: 2}}"
        ]
        $0.answers = ["/x": ["slow {}"]]
        $0.calls = ["t", "t", "t"]
        $0.isTogether = true
      },
      tool(
        "any_of", .verdict, ("[q]", "refused"), ("[q, r]", "served"),
        ["any_of: VALUE", "arguments: {q: string, r: string}", "get: /x"]
      ).with { $0.arguments = ["r": "v"] },
    ]

  private static let values: [RESTKey] = [
    tool(
      "path", .requests, ("{p: one}", "GET /x/one\n"), ("{p: two}", "GET /x/two\n"),
      ["get: '/x/{p}'", "path: VALUE"]),
    tool(
      "query", .requests, ("{q: one}", "/x?q=one"), ("{q: two}", "/x?q=two"),
      ["get: /x", "query: VALUE"]),
    tool(
      "headers", .requests, ("{X-Q: one}", "X-Q: one"), ("{X-Q: two}", "X-Q: two"),
      ["get: /x", "headers: VALUE"]),
    tool(
      "body", .requests, ("{q: one}", #"{"q":"one"}"#), ("{q: two}", #"{"q":"two"}"#),
      ["post: /x", "body: VALUE"]),
    tool(
      "form", .requests, ("{q: one}", "\nq=one"), ("{q: two}", "\nq=two"),
      ["post: /x", "form: VALUE"]),
    tool(
      "envelope", .requests, ("data", #"{"data":{"q":"v"}}"#), ("''", "\n{\"q\":\"v\"}"),
      ["post: /x", "body: {q: v}", "envelope: VALUE"]
    ).with { $0.rest = ["envelope: other"] },
    tool("paging", .count, ("true", "2"), ("false", "1"), ["get: /x", "paging: VALUE"]).with {
      $0.rest = ["paging: {style: offset, limit: limit, parameter: from, size: 2}"]
      $0.answers = ["/x": ["[1, 2]", "[3]"]]
    },
  ]

  private static let items = #"[{"n": "one", "k": 1}, {"n": "two", "k": 2}, {"n": "none"}]"#

  private static func keep(
    _ key: String, _ first: (String, String), _ second: (String, String), _ test: String
  ) -> RESTKey {
    tool(
      "keep.\(key)", .answer, first, second,
      ["arguments: {q: boolean, r: boolean}", "get: /x"] + ["keep: [{\(test)}]"]
    ).with {
      $0.answers = ["/x": [items]]
      $0.arguments = ["q": true]
    }
  }

  private static let keeping: [RESTKey] = [
    keep("field", ("n", #"\"one\""#), ("k", #"\"items\":[]"#), "field: VALUE, equals: one"),
    keep("equals", ("one", #"\"one\""#), ("two", #"\"two\""#), "field: n, equals: VALUE"),
    keep("differs", ("one", #"\"two\""#), ("two", #"\"one\""#), "field: n, differs: VALUE"),
    keep("above", ("0", #"\"one\""#), ("2", #"\"items\":[]"#), "field: k, above: VALUE"),
    keep("missing", ("true", #"\"none\""#), ("false", #"\"one\""#), "field: k, missing: VALUE"),
    // With a test that does not hold everything is kept.
    keep(
      "when", ("q", #"\"items\":[{\"n\": \"one\", \"k\": 1}]"#), ("r", #"\"two\""#),
      "field: n, equals: one, when: VALUE"),
    keep(
      "unless", ("q", #"\"two\""#), ("r", #"\"items\":[{\"n\": \"one\", \"k\": 1}]"#),
      "field: n, equals: one, unless: VALUE"),
  ]

  private static let results: [RESTKey] = [
    tool(
      "result.fields", .answer, ("[a]", #"{\"a\":1}"#), ("[b]", #"{\"b\":2}"#),
      ["get: /x", "result: {fields: VALUE}"]),
    tool(
      "result.schema", .listing, ("{type: object, properties: {a: integer}}", #""a":{"#),
      ("{type: object, properties: {b: integer}}", #""b":{"#),
      ["get: /x", "result: {schema: VALUE}"]),
    tool(
      "max_items", .answer, ("1", #"[1]"#), ("2", #"[1,2]"#),
      ["get: /x", "paging: true", "max_items: VALUE"]
    ).with {
      $0.rest = ["paging: {style: offset, limit: limit, parameter: from, size: 3}"]
      $0.answers = ["/x": ["[1,2,3]"]]
    },
    tool("cache", .count, ("1h", "1"), ("1ms", "2"), ["get: /x", "cache: VALUE"]).with {
      $0.calls = ["t", "t"]
    },
    tool(
      "timeout", .answer, ("50ms", "-31003"), ("1m", "\"result\""), ["get: /x", "timeout: VALUE"]
    )
    .with { $0.answers = ["/x": ["slow {}"]] },
    tool(
      "stream", .noteCount, ("progress", "3"), ("none", "0"),
      [
        "stream: VALUE",
        "steps: [{name: a, call: {get: /a}}, {name: b, call: {get: /b}}, {collect: {r: steps.b}}]",
      ]
    ),
  ]
}
