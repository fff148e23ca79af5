import RawJSON

/// Reads one operation.
struct OperationReader: Sendable {
  let document: Document
  private var schemas: SchemaReader
  private var tool: ImportedTool
  private var taken: Set<String> = []

  var notes: [String] { schemas.notes }

  init(_ document: Document, name: String, method: String, path: String) {
    self.document = document
    schemas = SchemaReader(document: document)
    schemas.subject = name
    tool = ImportedTool(name: name, description: "", method: method, path: path)
  }

  /// - Parameter item: what the path says for all its methods.
  mutating func read(_ operation: JSONValue, in item: JSONValue) -> ImportedTool? {
    guard isPath(tool.path) else {
      schemas.note("the path \(tool.path) cannot be written; the operation is left out")
      return nil
    }
    tool.description =
      operation["summary"]?.stringValue ?? operation["description"]?.stringValue ?? tool.name
    if operation["deprecated"]?.boolValue ?? false { tool.description += " Deprecated." }
    readParameters(operation, item)
    if let body = operation["requestBody"] { readBody(body) }
    if let servers = (operation["servers"] ?? item["servers"])?.arrayValue, !servers.isEmpty {
      schemas.note("its own servers are left out")
    }
    readAnswer(operation)
    return tool
  }

  /// Segments that the manifest takes: no query, no empty one.
  private func isPath(_ path: String) -> Bool {
    path.utf8.first == UInt8(ascii: "/")
      && !path.utf8.contains { $0 <= 0x20 || $0 > 0x7E || "?#\"<>\\^`|".utf8.contains($0) }
      && path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  private mutating func readParameters(_ operation: JSONValue, _ item: JSONValue) {
    var parameters: [(place: String, name: String, value: JSONValue)] = []
    for value in (item["parameters"]?.arrayValue ?? [])
      + (operation["parameters"]?.arrayValue ?? [])
    {
      guard let parameter = document.resolved(value), let name = parameter["name"]?.stringValue,
        let place = parameter["in"]?.stringValue, !name.isEmpty
      else {
        schemas.note("a parameter refers to nothing and is left out")
        continue
      }
      // What an operation says about a parameter goes before what its path says.
      parameters.removeAll { $0.place == place && $0.name == name }
      parameters.append((place, name, parameter))
    }
    // What stands in the path comes first, be it declared or not.
    for (place, name, parameter) in parameters where place == "path" {
      add(parameter, name, in: place)
    }
    let declared = Set(tool.arguments.map(\.apiName))
    for name in pathNames where !declared.contains(name) {
      add(["required": true, "schema": ["type": "string"]], name, in: "path")
    }
    for (place, name, parameter) in parameters where place != "path" {
      add(parameter, name, in: place)
    }
  }

  private var pathNames: [String] {
    tool.path.split(separator: "{").dropFirst().map { String($0.prefix { $0 != "}" }) }
  }

  private mutating func add(_ parameter: JSONValue, _ name: String, in place: String) {
    guard ["path", "query", "header"].contains(place) else {
      schemas.note("the parameter '\(name)' in \(place) is left out")
      return
    }
    if place == "path", !pathNames.contains(name) { return }
    if place == "header" {
      let ours = ["accept", "content-type", "authorization", "host", "content-length"]
      if ours.contains(name.lowercased()) { return }
    }
    guard !name.utf8.contains(where: { "{}*".utf8.contains($0) || $0 < 0x20 }) else {
      schemas.note("the parameter '\(name)' cannot be written and is left out")
      return
    }
    let schema = parameter["schema"] ?? parameter["content"]?.objectValue?.first?.value["schema"]
    var type = schemas.type(schema ?? [:], name, level: 2)
    type.isNullable = false
    type.description = parameter["description"]?.stringValue ?? type.description
    var argument = ImportedArgument(
      name: uniqueName(name), type: type,
      isRequired: place == "path" || parameter["required"]?.boolValue ?? false, position: place,
      apiName: name)
    if type.kind == "array" {
      let isExploded = parameter["explode"]?.boolValue ?? (place == "query")
      argument.style = place == "query" && isExploded ? "repeat" : "comma"
      let style = parameter["style"]?.stringValue ?? "form"
      if style != "form", style != "simple" {
        schemas.note("the style \(style) of '\(name)' is written as \(argument.style ?? "comma")")
      }
    }
    if type.kind == "object" || type.kind == "any" {
      schemas.note("'\(name)' is sent as JSON text; look whether the API wants that")
    }
    tool.arguments.append(argument)
  }

  private mutating func uniqueName(_ name: String) -> String {
    let name = ImportedName.unique(name, most: 64, taken: taken)
    taken.insert(name)
    return name
  }

  private mutating func readBody(_ value: JSONValue) {
    guard let body = document.resolved(value), let content = body["content"]?.objectValue else {
      schemas.note("the body refers to nothing and is left out")
      return
    }
    let isRequired = body["required"]?.boolValue ?? false
    if let json = content.first(where: { Self.isJSON($0.key) }) {
      return readJSON(json.value["schema"] ?? [:], isRequired)
    }
    let forms = ["multipart/form-data", "application/x-www-form-urlencoded"]
    if let form = content.first(where: { forms.contains($0.key) }) {
      return readForm(form.value["schema"] ?? [:])
    }
    let names = content.keys.joined(separator: ", ")
    schemas.note("a body of \(names) cannot be sent; it is left out")
  }

  static func isJSON(_ type: String) -> Bool {
    let name = type.split(separator: ";").first.map { $0.lowercased() } ?? ""
    return name == "application/json" || name.hasSuffix("+json") || name == "*/*"
  }

  private mutating func readJSON(_ value: JSONValue, _ isRequired: Bool) {
    tool.hasBody = true
    var schema = document.schema(value) ?? [:]
    if let only = schema["properties"]?.objectValue, only.count == 1, let member = only.first,
      let inner = document.schema(member.value), inner["properties"] != nil,
      Envelope.names.contains(member.key)
    {
      tool.requestEnvelope = member.key
      schema = inner
    }
    let members = schema["properties"]?.objectValue ?? JSONObject()
    guard !members.isEmpty else {
      var type = schemas.type(schema, "body")
      type.description = type.description ?? "The body of the request."
      guard type.kind == "object" || type.kind == "any" else {
        schemas.note("a body that is no object cannot be written; it is left out")
        return
      }
      type.kind = "object"
      tool.arguments.append(
        ImportedArgument(
          name: uniqueName("body"), type: type, isRequired: isRequired, position: "body",
          apiName: "*"))
      return
    }
    let required = schema["required"]?.arrayValue ?? []
    for member in members where !schemas.isReadOnly(member.value) {
      add(member, in: "body", isRequired: isRequired && required.contains(.string(member.key)))
    }
  }

  private mutating func readForm(_ value: JSONValue) {
    let schema = document.schema(value) ?? [:]
    let required = schema["required"]?.arrayValue ?? []
    for member in schema["properties"]?.objectValue ?? JSONObject()
    where !schemas.isReadOnly(member.value) {
      add(member, in: "form", isRequired: required.contains(.string(member.key)))
    }
  }

  private mutating func add(_ member: JSONObject.Member, in place: String, isRequired: Bool) {
    guard !member.key.utf8.contains(where: { "{}*.".utf8.contains($0) || $0 < 0x20 }),
      !member.key.isEmpty
    else {
      schemas.note("the member '\(member.key)' of the body cannot be written and is left out")
      return
    }
    tool.arguments.append(
      ImportedArgument(
        name: uniqueName(member.key), type: schemas.type(member.value, member.key, level: 1),
        isRequired: isRequired, position: place, apiName: member.key))
  }

  /// The answer says where the data is and how the next page is found.
  private mutating func readAnswer(_ operation: JSONValue) {
    let responses = operation["responses"]?.objectValue ?? JSONObject()
    let good = responses.first { $0.key.hasPrefix("2") } ?? responses.first { $0.key == "default" }
    guard let good, let response = document.resolved(good.value) else { return }
    let content = response["content"]?.objectValue ?? JSONObject()
    guard let json = content.first(where: { Self.isJSON($0.key) }) else {
      if !content.isEmpty {
        schemas.note("the answer is not JSON: \(content.keys.joined(separator: ", "))")
      }
      return
    }
    guard let schema = document.schema(json.value["schema"] ?? [:]) else { return }
    tool.hasAnswer = true
    tool.answerEnvelope = Envelope.name(in: schema, document)
    let hasLink = response["headers"]?.objectValue?.contains { $0.key.lowercased() == "link" }
    if tool.method == "get" {
      tool.paging = Envelope.paging(
        of: tool, schema, document, hasLink: hasLink ?? false)
    }
  }
}
