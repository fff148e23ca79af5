import RawJSON

/// Keys of steps.
enum RESTStepKeys {
  static let all = words + each + until + batch

  private static func step(
    _ key: String, _ view: RESTKey.View, _ first: (String, String), _ second: (String, String),
    _ steps: [String]
  ) -> RESTKey {
    RESTKey("tools.NAME.steps.\(key)", view, first, second).with {
      $0.tool = ["steps:"] + steps.map { "  - \($0)" }
      $0.answers = [
        "/list": [#"[{"id": "1", "n": "one"}, {"id": "2", "n": "two"}]"#],
        "/two": [#"{"list": [{"id": "7"}]}"#],
      ]
    }
  }

  private static let words: [RESTKey] = [
    // Without a message the progress is told by the step's name.
    step(
      "name", .notes, ("one", #""message":"one"#), ("two", #""message":"two"#),
      ["{name: VALUE, call: {get: /a}}"]
    ).with { $0.tool.append("stream: progress") },
    step(
      "message", .notes, ("One word", "One word"), ("Two words", "Two words"),
      ["{name: a, message: VALUE, call: {get: /a}}"]
    ).with { $0.tool.append("stream: progress") },
    step(
      "call", .requests, ("{get: /one}", "GET /one\n"), ("{post: /two}", "POST /two\n"),
      ["{name: a, call: VALUE}"]),
    step(
      "collect", .answer, ("{one: steps.a.a}", #"{\"one\":1}"#),
      ("{two: steps.a.b}", #"{\"two\":2}"#), ["{name: a, call: {get: /x}}", "{collect: VALUE}"]),
  ]

  private static func each(
    _ key: String, _ view: RESTKey.View, _ first: (String, String), _ second: (String, String),
    _ keys: String
  ) -> RESTKey {
    step(
      "each.\(key)", view, first, second,
      [
        "{name: a, call: {get: /list}}", "{name: c, call: {get: /two}}",
        "{name: b, each: {\(keys), get: '/i/{id}', path: {id: {from: item.id}}}}",
        "{collect: {a: steps.a, b: steps.b}}",
      ])
  }

  private static let each: [RESTKey] = [
    each(
      "of", .requests, ("'steps.a[]'", "GET /i/2"), ("'steps.c.list[]'", "GET /i/7"), "of: VALUE"),
    each(
      "only", .requests, ("[{field: n, equals: one}]", "GET /i/1"),
      ("[{field: n, equals: two}]", "GET /i/2"), "of: 'steps.a[]', only: VALUE"),
    each("at_once", .most, ("1", "1"), ("2", "2"), "of: 'steps.a[]', at_once: VALUE").with {
      $0.answers["/i/1"] = ["slow {}"]
      $0.answers["/i/2"] = ["slow {}"]
    },
    each(
      "into", .answer, ("got", #"\"got\":"#), ("found", #"\"found\":"#),
      "of: 'steps.a[]', into: VALUE"),
    each("levels", .requests, ("1", "1"), ("2", "GET /i/9"), "of: 'steps.a[]', into: got").with {
      $0.tool = $0.tool.map { $0.replacing("into: got", with: "into: got, levels: VALUE") }
      $0.answers["/i/1"] = [#"[{"id": "9"}]"#]
      $0.view = .count
      // Two lists, one request for each of two items, one for what the first of them had.
      $0.values = [("1", "4"), ("2", "5")]
      $0.answers["/i/2"] = ["[]"]
      $0.answers["/i/9"] = ["[]"]
    },
  ]

  private static func until(
    _ key: String, _ view: RESTKey.View, _ first: (String, String), _ second: (String, String),
    _ keys: String, _ states: [String]
  ) -> RESTKey {
    step(
      "until.\(key)", view, first, second, ["{name: a, until: {get: /x, \(keys)}}"]
    ).with { $0.answers = ["/x": states] }
  }

  private static let states = [
    #"{"state": "begun", "other": "over"}"#, #"{"state": "half"}"#, #"{"state": "over"}"#,
  ]

  private static let plainStates = ["begun", "half", "over"].map { #"{"state": "\#($0)"}"# }

  private static let until: [RESTKey] = [
    until(
      "field", .count, ("state", "3"), ("other", "1"), "field: VALUE, done: [over], every: 10ms",
      states),
    until(
      "done", .count, ("[over]", "3"), ("[half]", "2"), "field: state, done: VALUE, every: 10ms",
      states),
    until(
      "failed", .verdict, ("[half]", "refused"), ("[none]", "served"),
      "field: state, done: [over], failed: VALUE, every: 10ms", states),
    // The call has no time for a second request.
    until(
      "every", .count, ("10ms", "3"), ("1h", "1"),
      "field: state, done: [over], every: VALUE, at_most: 2s", states
    ).with { $0.tool.append("timeout: 1s") },
    until(
      "at_most", .answer, ("10ms", #"\"begun\""#), ("1h", #"\"over\""#),
      "field: state, done: [over], every: 200ms, at_most: VALUE", plainStates),
  ]

  private static func batched(
    _ key: String, _ view: RESTKey.View, _ first: (String, String), _ second: (String, String),
    _ keys: String
  ) -> RESTKey {
    step("batch.\(key)", view, first, second, ["{name: a, batch: {\(keys)}}", use]).with {
      $0.tool.append("arguments: {one: array, two: array, yes: boolean, no: boolean}")
      $0.others = [
        "u: {description: Another., batch: true, arguments: {id: {type: string, in: path}}, "
          + "get: '/u/{id}'}"
      ]
      func calls(_ ids: String...) -> JSONValue {
        .array(ids.map { ["tool": "u", "arguments": ["id": .string($0)]] })
      }
      $0.arguments = [
        "one": calls("1", "2", "3"), "two": calls("4"), "yes": true, "no": false,
      ]
      $0.answers = ["/u/1": ["404 {}"], "/u/2": ["slow {}"], "/u/3": ["slow {}"]]
    }
  }

  /// Whatever a step does not refer to must go somewhere.
  private static let use =
    "{name: z, call: {get: /z, query: {a: {value: 1, when: one}, b: {value: 1, when: two}, "
    + "c: {value: 1, when: yes}, d: {value: 1, when: no}}}}"

  private static let batch: [RESTKey] = [
    batched(
      "of", .requests, ("arguments.one", "GET /u/2"), ("arguments.two", "GET /u/4"), "of: VALUE"),
    batched("stop", .count, ("yes", "2"), ("no", "4"), "of: arguments.one, stop: VALUE"),
    batched("at_once", .most, ("1", "1"), ("3", "3"), "of: arguments.one, at_once: VALUE").with {
      $0.answers["/u/1"] = ["slow {}"]
    },
  ]
}
