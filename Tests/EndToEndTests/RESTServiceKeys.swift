import RawJSON

/// Keys below `rest`.
enum RESTServiceKeys {
  static let all = access + answers + paging + lanes + batch + connections

  private static let access: [RESTKey] = [
    RESTKey("rest.url", .requests, ("one", "GET /one/x"), ("two", "GET /two/x")).with {
      $0.rest = ["url: URL/SERVICE/VALUE"]
    },
    RESTKey(
      "rest.auth.bearer", .requests, ("one", "Authorization: Bearer one"),
      ("two", "Authorization: Bearer two")
    ).with { $0.rest = ["auth: {bearer: VALUE}"] },
    // base64 of one:p and two:p
    RESTKey(
      "rest.auth.basic.user", .requests, ("one", "Basic b25lOnA="), ("two", "Basic dHdvOnA=")
    ).with { $0.rest = ["auth: {basic: {user: VALUE, password: p}}"] },
    // base64 of u:one and u:two
    RESTKey(
      "rest.auth.basic.password", .requests, ("one", "Basic dTpvbmU="), ("two", "Basic dTp0d28=")
    ).with { $0.rest = ["auth: {basic: {user: u, password: VALUE}}"] },
    RESTKey(
      "rest.auth.header.name", .requests, ("X-One", "X-One: v"), ("X-Two", "X-Two: v")
    ).with { $0.rest = ["auth: {header: {name: VALUE, value: v}}"] },
    RESTKey(
      "rest.auth.header.value", .requests, ("one", "X-Key: one"), ("two", "X-Key: two")
    ).with { $0.rest = ["auth: {header: {name: X-Key, value: VALUE}}"] },
    RESTKey(
      "rest.auth.query", .requests, ("{name: k, value: one}", "/x?k=one"),
      ("{name: q, value: two}", "/x?q=two")
    ).with { $0.rest = ["auth: {query: VALUE}"] },
    RESTKey("rest.headers", .requests, ("{X-A: one}", "X-A: one"), ("{X-B: two}", "X-B: two")).with
    { $0.rest = ["headers: VALUE"] },
    RESTKey("rest.config", .requests, ("{d: one}", "/x?q=one"), ("{d: two}", "/x?q=two")).with {
      $0.rest = ["config: VALUE"]
      $0.tool = ["arguments: {q: {type: string, default_from: d}}", "get: /x"]
    },
  ]

  private static let wrong = #"400 {"m": "words of m", "n": "words of n"}"#

  private static let answers: [RESTKey] = [
    RESTKey(
      "rest.envelope", .requests, ("data", #"{"data":{"q":"v"}}"#), ("''", "\n{\"q\":\"v\"}")
    ).with {
      $0.rest = ["envelope: VALUE"]
      $0.tool = ["arguments: {q: string}", "post: /x"]
      $0.arguments = ["q": "v"]
    },
    RESTKey("rest.errors.message", .answer, ("m", ": words of m"), ("n", ": words of n")).with {
      $0.rest = ["errors: {message: VALUE}"]
      $0.answers = ["/x": [wrong]]
    },
    RESTKey("rest.errors.hint", .answer, ("m", "words of m"), ("o", "other")).with {
      $0.rest = ["errors: {message: n, hint: VALUE}"]
      $0.answers = ["/x": [#"400 {"m": "words of m", "n": "none", "o": "other"}"#]]
    },
  ]

  private static func paged(
    _ key: String, _ view: RESTKey.View, _ first: (String, String), _ second: (String, String),
    _ keys: String, _ answers: [String], size: String = "2"
  ) -> RESTKey {
    RESTKey("rest.paging.\(key)", view, first, second).with {
      $0.rest = ["paging: {\(keys), size: \(size)}"]
      $0.tool = ["get: /x", "paging: true"]
      $0.answers = ["/x": answers]
    }
  }

  private static let token = [#"{"items": [1, 2], "more": "T", "next": "N"}"#, #"{"items": [3]}"#]
  private static let plain = ["[1, 2]", "[3]"]

  private static let paging: [RESTKey] = [
    paged(
      "style", .requests, ("offset", "from=2"), ("page", "from=1"),
      "style: VALUE, limit: limit, parameter: from, first: 0", plain),
    paged(
      "limit", .requests, ("most", "most=2"), ("count", "count=2"),
      "style: offset, limit: VALUE, parameter: from", plain),
    paged(
      "parameter", .requests, ("from", "from=2"), ("skip", "skip=2"),
      "style: offset, limit: limit, parameter: VALUE", plain),
    paged(
      "next", .requests, ("more", "after=T"), ("next", "after=N"),
      "style: token, limit: limit, parameter: after, next: VALUE, items: items", token),
    paged(
      "items", .answer, ("list", "one"), ("other", "two"),
      "style: token, limit: limit, parameter: after, next: next, items: VALUE",
      [#"{"list": ["one"], "other": ["two"]}"#]),
    paged(
      "size", .requests, ("3", "limit=3"), ("4", "limit=4"),
      "style: offset, limit: limit, parameter: from", plain, size: "VALUE"),
    paged(
      "first", .requests, ("0", "page=1"), ("1", "page=2"),
      "style: page, limit: limit, parameter: page, first: VALUE", plain),
  ]

  private static let slow = ["/x": ["slow {}"]]

  private static let lanes: [RESTKey] = [
    RESTKey("rest.lanes.NAME.scope", .most, ("reads", "1"), ("writes", "2")).with {
      $0.rest = ["lanes: {one: {scope: VALUE, in_flight: 1}, two: {in_flight: 2}}"]
      $0.answers = slow
      $0.calls = ["t", "t", "t"]
      $0.isTogether = true
    },
    // One of them would have to wait longer than the call may take.
    RESTKey("rest.lanes.NAME.per_minute", .verdict, ("1", "refused"), ("100", "served")).with {
      $0.rest = ["lanes: {all: {per_minute: VALUE}}"]
      $0.tool = ["get: /x", "timeout: 2s"]
      $0.calls = ["t", "t"]
    },
    RESTKey("rest.lanes.NAME.in_flight", .most, ("1", "1"), ("2", "2")).with {
      $0.rest = ["lanes: {all: {in_flight: VALUE}}"]
      $0.answers = slow
      $0.calls = ["t", "t", "t"]
      $0.isTogether = true
    },
    RESTKey("rest.lanes.NAME.span", .order, ("request", "AABB"), ("call", "ABAB")).with {
      $0.rest = ["lanes: {all: {in_flight: 1, span: VALUE}}"]
      $0.tool = [
        "steps: [{name: a, call: {get: /A}}, {name: b, call: {get: /B}}, {collect: {r: steps.b}}]"
      ]
      $0.answers = ["/A": ["slow {}"], "/B": ["slow {}"]]
      $0.calls = ["t", "t"]
      $0.isTogether = true
    },
  ]

  private static func batched(
    _ key: String, _ first: (String, String), _ second: (String, String), _ keys: String,
    view: RESTKey.View = .requests
  ) -> RESTKey {
    RESTKey("rest.batch.\(key)", view, first, second).with {
      $0.rest = ["batch: {\(keys)}"]
      $0.tool = ["arguments: {calls: array}", "steps: [{name: all, batch: {of: arguments.calls}}]"]
      $0.others = [
        "u: {description: Another., batch: true, arguments: {q: string, limit: {type: integer, in: "
          + "query}}, post: /u}"
      ]
      let call: JSONValue = ["tool": "u", "arguments": ["q": "v", "limit": 7]]
      $0.arguments = ["calls": [call, call]]
      let done = #"{"status": 201, "code": 299, "body": {"is": "body"}, "data": {"is": "data"}}"#
      $0.answers = ["/batch": ["[\(done), \(done)]"], "/other": ["[\(done), \(done)]"]]
    }
  }

  private static let batch: [RESTKey] = [
    batched(
      "post", ("/batch", "POST /batch"), ("/other", "POST /other"),
      "post: VALUE, actions: actions"),
    batched(
      "most", ("1", "2"), ("2", "1"), "post: /batch, actions: actions, most: VALUE", view: .count),
    batched(
      "actions", ("one", #"{"one":[{"#), ("two.of", #"{"two":{"of":[{"#),
      "post: /batch, actions: VALUE"),
    batched(
      "method", ("how", #""how":"post""#), ("verb", #""verb":"post""#),
      "post: /batch, actions: actions, method: VALUE"),
    batched(
      "path", ("where", #""where":"/u""#), ("to", #""to":"/u""#),
      "post: /batch, actions: actions, path: VALUE"),
    batched(
      "body", ("what", #""what":{"q":"v"}"#), ("data", #""data":{"q":"v"}"#),
      "post: /batch, actions: actions, body: VALUE"),
    batched(
      "query", ("asked", #""asked":{"limit""#), ("rest", #""rest":{"limit""#),
      "post: /batch, actions: actions, query: VALUE"),
    batched(
      "options", ("{limit: options.most}", #""options":{"most":"#),
      ("{limit: set.count}", #""set":{"count":"#),
      "post: /batch, actions: actions, query: query, options: VALUE"),
    batched(
      "status", ("status", "201"), ("code", "299"), "post: /batch, actions: actions, status: VALUE",
      view: .answer),
    batched(
      "answer", ("body", "body"), ("data", #"\"is\":\"data"#),
      "post: /batch, actions: actions, answer: VALUE", view: .answer),
  ]

  private static let large = #"{"text": ""# + String(repeating: "x", count: 3_000) + #""}"#

  private static let connections: [RESTKey] = [
    RESTKey(
      "rest.connections.ca_file", .answer, ("AUTHORITY", "secret"), ("STRANGER", "certificate")
    ).with {
      $0.url = "SECURE"
      $0.rest = ["connections: {ca_file: VALUE, attempts: 1}"]
    },
    RESTKey(
      "rest.connections.socket", .verdict, ("FOLDER/socket", "served"),
      ("FOLDER/nothing", "refused")
    ).with { $0.rest = ["connections: {socket: VALUE, attempts: 1}"] },
    RESTKey("rest.connections.most", .most, ("1", "1"), ("2", "2")).with {
      $0.rest = ["connections: {most: VALUE}"]
      $0.answers = slow
      $0.calls = ["t", "t", "t"]
      $0.isTogether = true
    },
    RESTKey("rest.connections.connect_timeout", .answer, ("50ms", "-31001"), ("1m", "-31003")).with
    {
      $0.url = "WALL"
      $0.rest = ["connections: {connect_timeout: VALUE, attempts: 1}"]
      $0.tool = ["get: /x", "timeout: 2s"]
    },
    RESTKey(
      "rest.connections.idle_timeout", .answer, ("50ms", "nothing was sent or received"),
      ("1m", "within")
    ).with {
      $0.rest = ["connections: {idle_timeout: VALUE, attempts: 1}"]
      $0.tool = ["get: /x", "timeout: 2s"]
      $0.answers = ["/x": ["stall"]]
    },
    RESTKey("rest.connections.attempts", .count, ("1", "1"), ("2", "2")).with {
      $0.rest = ["connections: {attempts: VALUE}"]
      $0.answers = ["/x": ["reset"]]
    },
    RESTKey("rest.connections.answer_limit", .verdict, ("1KiB", "refused"), ("1MiB", "served")).with
    {
      $0.rest = ["connections: {answer_limit: VALUE}"]
      $0.answers = ["/x": [large]]
    },
    RESTKey("rest.connections.body_limit", .verdict, ("1KiB", "refused"), ("1MiB", "served")).with {
      $0.rest = ["connections: {body_limit: VALUE}"]
      $0.tool = ["arguments: {q: string}", "post: /x"]
      $0.arguments = ["q": .string(large)]
    },
  ]
}
