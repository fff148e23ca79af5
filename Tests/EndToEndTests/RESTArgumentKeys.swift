import RawJSON

/// Keys of an argument. Its type's keys stand in other places too, and are read by the same code.
enum RESTArgumentKeys {
  static let all = types + limits + presence + places + files

  /// An argument `q`, with one key more, and its value in a call.
  private static func argument(
    _ key: String, _ view: RESTKey.View, _ first: (String, String), _ second: (String, String),
    _ beside: String, given: JSONValue?
  ) -> RESTKey {
    RESTKey("tools.NAME.arguments.NAME.\(key)", view, first, second).with {
      let keys = beside.isEmpty ? "" : ", " + beside
      $0.tool = ["arguments: {q: {\(key): VALUE\(keys)}}", "post: /x"]
      if let given { $0.arguments = ["q": given] }
    }
  }

  private static func checked(
    _ key: String, refusing first: String, taking second: String, _ beside: String,
    _ given: JSONValue
  ) -> RESTKey {
    argument(key, .verdict, (first, "refused"), (second, "served"), beside, given: given)
  }

  private static let types: [RESTKey] = [
    checked("type", refusing: "integer", taking: "string", "", "v"),
    argument(
      "description", .listing, ("One.", #""description":"One.""#),
      ("Two.", #""description":"Two.""#), "type: string", given: nil),
    checked("nullable", refusing: "false", taking: "true", "type: string", .null),
    checked("enum", refusing: "[a, b]", taking: "[a, v]", "type: string", "v"),
    argument(
      "examples", .listing, ("[one]", #"["one"]"#), ("[two]", #"["two"]"#), "type: string",
      given: nil),
    checked("pattern", refusing: "'^[0-9]+$'", taking: "'^[a-z]+$'", "type: string", "v"),
    checked("format", refusing: "date", taking: "email", "type: string", "a@example.com"),
    checked("items", refusing: "integer", taking: "string", "type: array", ["v"]),
    checked(
      "properties", refusing: "{a: integer}", taking: "{b: integer}", "type: object", ["b": 1]),
    checked("values", refusing: "integer", taking: "string", "type: object", ["b": "v"]),
  ]

  private static let limits: [RESTKey] = [
    checked("min_length", refusing: "3", taking: "2", "type: string", "ab"),
    checked("max_length", refusing: "1", taking: "2", "type: string", "ab"),
    checked("min", refusing: "3", taking: "2", "type: integer", 2),
    checked("max", refusing: "1", taking: "2", "type: integer", 2),
    checked("min_items", refusing: "3", taking: "2", "type: array", [1, 2]),
    checked("max_items", refusing: "1", taking: "2", "type: array", [1, 2]),
  ]

  private static let presence: [RESTKey] = [
    argument(
      "required", .verdict, ("true", "refused"), ("false", "served"), "type: string", given: nil),
    argument(
      "default", .requests, ("one", #"{"q":"one"}"#), ("two", #"{"q":"two"}"#), "type: string",
      given: nil),
    argument(
      "default_from", .requests, ("one", #"{"q":"1"}"#), ("two", #"{"q":"2"}"#), "type: string",
      given: nil
    ).with { $0.rest = ["config: {one: '1', two: '2'}"] },
    argument(
      "default_unless", .requests, ("[r]", "\n{\"r\":\"v\"}"), ("[s]", #""q":"d""#),
      "type: string, default: d", given: nil
    ).with { $0 = more($0) },
    argument(
      "not_with", .verdict, ("[r]", "refused"), ("[s]", "served"), "type: string", given: "v"
    ).with { $0 = more($0, ["q": "v", "r": "v"]) },
    argument("needs", .verdict, ("[s]", "refused"), ("[r]", "served"), "type: string", given: "v")
      .with { $0 = more($0, ["q": "v", "r": "v"]) },
  ]

  /// Two arguments more.
  private static func more(_ key: RESTKey, _ given: JSONValue = ["r": "v"]) -> RESTKey {
    key.with {
      $0.tool[0] = String($0.tool[0].dropLast()) + ", r: string, s: string}"
      $0.arguments = given
    }
  }

  private static let places: [RESTKey] = [
    argument(
      "in", .requests, ("query", "/x?q=v"), ("header", "q: v"), "type: string", given: "v"),
    argument(
      "as", .requests, ("one", #"{"one":"v"}"#), ("two.deep", #"{"two":{"deep":"v"}}"#),
      "type: string", given: "v"),
    argument(
      "style", .requests, ("comma", "q=a,b"), ("repeat", "q=a&q=b"),
      "type: array, items: string, in: query", given: ["a", "b"]),
    argument(
      "wrap", .requests, ("true", #"{"q":["v"]}"#), ("false", #"{"q":"v"}"#), "type: string",
      given: "v"),
  ]

  /// A file whose name or type another argument tells.
  private static func file(
    _ key: String, _ first: (String, String), _ second: (String, String), _ keys: String
  ) -> RESTKey {
    RESTKey("tools.NAME.arguments.NAME.file.\(key)", .requests, first, second).with {
      $0.tool = [
        "arguments:", "  q: {type: string, format: base64, in: form, file: {\(keys)}}",
        "  one: {type: string, in: query, default: text/one}",
        "  two: {type: string, in: query, default: text/two}", "post: /x",
      ]
      $0.arguments = ["q": "AAAA"]
    }
  }

  private static let files: [RESTKey] = [
    file("name", ("one", "filename=\"text"), ("two", "two"), "name: VALUE").with {
      $0.tool = $0.tool.map { $0.replacing("text/", with: "name-") }
      $0.values = [("one", #"filename="name-one""#), ("two", #"filename="name-two""#)]
    },
    file(
      "type", ("one", "Content-Type: text/one"), ("two", "Content-Type: text/two"), "type: VALUE"),
  ]
}
