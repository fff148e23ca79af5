import Backend
import Manifest
import RawJSON
import Testing

/// Values of a call at the places of a request.
@Suite struct RequestBuilderTests {
  private func place(
    _ position: REST.Position, _ name: String..., spreads: Bool = false, wraps: Bool = false,
    style: REST.ListStyle? = nil
  ) -> REST.Place {
    var place = REST.Place(position: position, name: name.map { .name($0) })
    place.spreads = spreads
    place.wraps = wraps
    if let style { place.style = style }
    return place
  }

  private func tool(_ places: [(String, REST.Place)]) -> REST.Tool {
    var tool = REST.Tool(name: "t")
    tool.arguments = places.map { name, place in
      var argument = REST.Argument(name: name)
      argument.place = place
      return argument
    }
    return tool
  }

  private func operation(
    _ method: REST.Method, _ segments: [[REST.PathTemplate.Part]], envelope: String? = nil
  ) -> REST.Operation {
    var operation = REST.Operation(method: method, path: REST.PathTemplate(segments: segments))
    operation.requestEnvelope = envelope
    return operation
  }

  private func request(
    _ places: [(String, REST.Place)], _ operation: REST.Operation, _ arguments: JSONValue,
    page: RequestBuilder.Page = .init()
  ) throws(RequestBuilder.Refusal) -> RESTRequest {
    let object = arguments.objectValue ?? JSONObject()
    return try RequestBuilder(tool(places), arguments: object) { _ in nil }
      .request(operation, page: page)
  }

  private func body(_ request: RESTRequest) -> String {
    switch request.body {
    case .json(let bytes), .form(let bytes): String(decoding: bytes, as: UTF8.self)
    case .none: "none"
    case .multipart(let parts): "\(parts.map(\.name))"
    }
  }

  @Test func `S10: a path value stays in its segment`() throws {
    let path: [[REST.PathTemplate.Part]] = [[.literal("a")], [.parameter("x"), .literal(".json")]]
    let places = [("x", place(.path, "x"))]
    for (value, expected) in [
      ("1", "/a/1.json"), ("a/b", "/a/a%2Fb.json"), ("a b?c#d", "/a/a%20b%3Fc%23d.json"),
      ("%2e%2e", "/a/%252e%252e.json"), ("\u{E9}", "/a/%C3%A9.json"), ("..", "/a/...json"),
    ] {
      let request = try request(places, operation(.get, path), ["x": .string(value)])
      #expect(request.path == expected)
    }
  }

  @Test func `S10: what cannot be a segment is a violation of its argument`() {
    let operation = operation(.get, [[.literal("a")], [.parameter("x")]])
    for value: JSONValue in ["", ".", "..", "a\u{0}b", "a\r\nb", "\u{7F}", [], .null] {
      #expect(throws: RequestBuilder.Refusal.self, "\(value)") {
        try request([("x", place(.path, "x"))], operation, ["x": value])
      }
    }
    do {
      _ = try request([("x/y", place(.path, "x"))], operation, [:])
      Issue.record("there is a request without its path")
    } catch {
      #expect(error.violations.map(\.pointer) == ["/x~1y"])
    }
  }

  @Test func `a query takes texts, numbers and lists in three styles`() throws {
    let places = [
      ("a", place(.query, "a", "b")), ("c", place(.query, "c")),
      ("r", place(.query, "r", style: .repeat)), ("j", place(.query, "j", style: .json)),
      ("s", place(.query, "f", spreads: true)), ("n", place(.query, "n")),
    ]
    let arguments: JSONValue = [
      "a": "x&y=z", "c": [1, "b c", true], "r": ["1", "2"], "j": ["q\"", 1],
      "s": ["123.value": "x", "=&": "y"], "n": .null,
    ]
    let request = try request(places, operation(.get, [[.literal("p")]]), arguments)
    #expect(
      request.query
        == "a.b=x%26y%3Dz&c=1,b%20c,true&r=1&r=2&j=%5B%22q%5C%22%22%2C1%5D"
        + "&f.123.value=x&f.%3D%26=y")
    #expect(throws: RequestBuilder.Refusal.self, "an item with a comma would be two") {
      try self.request(places, operation(.get, [[.literal("p")]]), ["c": ["a,b"]])
    }
  }

  @Test func `a body is a tree, in its envelope`() throws {
    var dynamic = REST.Place(position: .body, name: [.name("fields"), .argument("key")])
    dynamic.style = .json
    let places = [
      ("a", place(.body, "a")), ("d", place(.body, "d", "e")),
      ("w", place(.body, "w", wraps: true)),
      ("c", place(.body, "c", style: .comma)), ("v", dynamic),
    ]
    let post = operation(.post, [[.literal("p")]], envelope: "data")
    let arguments: JSONValue = [
      "a": .null, "d": "\"}", "w": "1", "c": ["x", "y"], "key": "1.2\"", "v": [1],
    ]
    #expect(
      body(try request(places, post, arguments))
        == #"{"data":{"a":null,"d":{"e":"\"}"},"w":["1"],"c":"x,y","fields":{"1.2\"":[1]}}}"#)
    #expect(body(try request(places, post, [:])) == #"{"data":{}}"#)
    let bare = operation(.post, [[.literal("p")]])
    #expect(body(try request(places, bare, [:])) == "none")
    #expect(
      body(try request(places, operation(.delete, [[.literal("p")]], envelope: "data"), [:]))
        == "none")
    #expect(throws: RequestBuilder.Refusal.self, "the name is missing") {
      try request(places, post, ["v": 1])
    }
  }

  @Test func `an object can be the body or a part of it`() throws {
    let post = operation(.post, [[.literal("p")]])
    let whole = [("o", place(.body, spreads: true)), ("x", place(.body, "x"))]
    #expect(
      body(try request(whole, post, ["o": ["a": 1, "x": 2], "x": 3])) == #"{"a":1,"x":2}"#)
    #expect(body(try request(whole, post, ["o": ["a": 1], "x": 3])) == #"{"a":1,"x":3}"#)
    #expect(body(try request(whole, post, ["o": [1, 2]])) == "[1,2]")
    let part = [("o", place(.body, "in", spreads: true))]
    #expect(body(try request(part, post, ["o": ["a": 1]])) == #"{"in":{"a":1}}"#)
  }

  @Test func `S10: a header takes no control characters`() throws {
    let places = [("h", place(.header, "X-H"))]
    let get = operation(.get, [[.literal("p")]])
    #expect(
      try request(places, get, ["h": ["a", "b"]]).headers == [.init(name: "X-H", value: "a,b")])
    for text in ["a\r\nX: b", "\n", "\u{0}", "\u{7F}", "a\tb"] {
      #expect(throws: RequestBuilder.Refusal.self, "\(text.utf8)") {
        try request(places, get, ["h": .string(text)])
      }
    }
  }

  @Test func `a form is encoded, and one with a file is in parts`() throws {
    let post = operation(.post, [[.literal("p")]])
    let plain = [("a", place(.form, "a")), ("b", place(.form, "b", style: .repeat))]
    #expect(body(try request(plain, post, ["a": "x y&", "b": [1, 2]])) == "a=x%20y%26&b=1&b=2")
    var file = place(.form, "file")
    file.file = REST.FilePart()
    file.file?.nameArgument = "n"
    let request = try request(
      [("f", file), ("parent", place(.form, "parent"))], post,
      ["f": "aGk=", "n": "x.txt", "parent": "1"])
    guard case .multipart(let parts) = request.body else {
      Issue.record("no parts")
      return
    }
    #expect(
      parts == [
        .init(name: "parent", content: .text("1")),
        .init(name: "file", content: .file(argument: "f", name: "x.txt", type: nil)),
      ])
  }

  @Test func `values of the manifest go before arguments, if their condition holds`() throws {
    var get = operation(.get, [[.literal("p")]])
    get.values = [
      .init(place: place(.query, "k"), source: .literal("mine")),
      .init(
        place: place(.query, "since"), source: .literal("now"),
        condition: .init(argument: "all", isNegated: true)),
      .init(place: place(.query, "c"), source: .reference(.init(root: .config("c")))),
      .init(place: place(.query, "a"), source: .reference(.init(root: .argument("x")))),
    ]
    let tool = tool([("k", place(.query, "k"))])
    func query(_ arguments: JSONValue) throws -> String {
      let object = arguments.objectValue ?? JSONObject()
      return try RequestBuilder(tool, arguments: object) { reference in
        reference.root == .config("c") ? "7" : nil
      }.request(get).query
    }
    #expect(try query(["k": "yours"]) == "k=mine&since=now&c=7")
    #expect(try query(["all": true, "x": "1"]) == "k=mine&c=7&a=1")
    #expect(try query(["all": false]) == "k=mine&since=now&c=7")
  }

  @Test func `paging gives way to arguments at first and then wins`() throws {
    let places = [("limit", place(.query, "limit")), ("offset", place(.query, "offset"))]
    var page = RequestBuilder.Page()
    page.defaults = [("limit", "100")]
    let get = operation(.get, [[.literal("p")]])
    #expect(try request(places, get, [:], page: page).query == "limit=100")
    #expect(try request(places, get, ["limit": 5], page: page).query == "limit=5")
    page.overrides = [("offset", "a&b")]
    #expect(
      try request(places, get, ["limit": 5, "offset": "x"], page: page).query
        == "limit=5&offset=a%26b")
    page.query = "after=1"
    #expect(try request(places, get, ["limit": 5], page: page).query == "after=1")
  }
}
