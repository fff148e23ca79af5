import Manifest
import RawJSON

/// A type as the manifest writes it: its keys in their order.
struct ImportedType: Sendable {
  var kind = "any"
  var isNullable = false
  /// Further keys of the type.
  var keys: [(String, JSONValue)] = []
  var items: [ImportedType] = []
  var properties: [(name: String, type: ImportedType, isRequired: Bool)] = []
  /// Whether this is the content of a file.
  var isFile = false
  var description: String?
}

/// Reads schemas; what a type cannot say becomes a note.
struct SchemaReader: Sendable {
  let document: Document
  /// What the notes are about.
  var subject = ""
  private(set) var notes: [String] = []

  /// Objects inside each other that keep their members.
  private static let depth = 3
  /// A longer enumeration is for documents, not for models.
  private static let longestEnumeration = 40

  init(document: Document) { self.document = document }

  mutating func note(_ text: String) {
    let note = subject.isEmpty ? text : "\(subject): \(text)"
    if !notes.contains(note) { notes.append(note) }
  }

  mutating func type(_ value: JSONValue, _ name: String, level: Int = 0) -> ImportedType {
    guard let schema = document.schema(value) else {
      note("the schema of '\(name)' refers to nothing or to itself; taken as any value")
      return ImportedType()
    }
    var type = ImportedType()
    type.description = schema["description"]?.stringValue
    for keyword in ["oneOf", "anyOf"] {
      if let variants = schema[keyword]?.arrayValue {
        return self.type(oneOf: variants, description: type.description, name, level)
      }
    }
    readKind(schema, &type)
    switch type.kind {
    case "string": readString(schema, &type, name)
    case "integer", "number": readNumber(schema, &type, name)
    case "array":
      readBounds(schema, [("minItems", "min_items"), ("maxItems", "max_items")], &type)
      if let items = schema["items"] {
        type.items = [self.type(items, name, level: level + 1)]
      }
    case "object": readMembers(schema, &type, name, level)
    default: break
    }
    readEnumeration(schema, &type, name)
    if schema["not"] != nil { note("'not' in the schema of '\(name)' is left out") }
    return type
  }

  private func readKind(_ schema: JSONValue, _ type: inout ImportedType) {
    var names = schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? []
    if let name = schema["type"]?.stringValue { names = [name] }
    type.isNullable = names.contains("null") || schema["nullable"]?.boolValue ?? false
    names.removeAll { $0 == "null" }
    let known = ["string", "integer", "number", "boolean", "array", "object"]
    if names.count == 1, known.contains(names[0]) { type.kind = names[0] }
    if names.isEmpty, schema["properties"] != nil { type.kind = "object" }
    if names.isEmpty, schema["items"] != nil { type.kind = "array" }
  }

  /// One scalar type or object of several; anything when they differ.
  private mutating func type(
    oneOf variants: [JSONValue], description: String?, _ name: String, _ level: Int
  ) -> ImportedType {
    var types = variants.map { self.type($0, name, level: level + 1) }
    let isNullable = variants.contains {
      document.schema($0)?["type"]?.stringValue == "null"
    }
    if isNullable { types.removeAll { $0.kind == "any" && $0.keys.isEmpty } }
    var type = ImportedType()
    if types.count == 1 {
      type = types[0]
    } else if let kind = types.first?.kind, types.allSatisfy({ $0.kind == kind }), kind != "any" {
      type.kind = kind
      note("the variants of '\(name)' are taken as any \(kind)")
    } else {
      note("the variants of '\(name)' are taken as any value")
    }
    type.isNullable = (isNullable || type.isNullable) && type.kind != "any"
    type.description = description ?? type.description
    return type
  }

  private mutating func readString(
    _ schema: JSONValue, _ type: inout ImportedType, _ name: String
  ) {
    readBounds(schema, [("minLength", "min_length"), ("maxLength", "max_length")], &type)
    if let pattern = schema["pattern"]?.stringValue {
      if (try? TextPattern(pattern)) != nil {
        type.keys.append(("pattern", .string(pattern)))
      } else {
        note("the pattern of '\(name)' is left out: \(pattern)")
      }
    }
    switch schema["format"]?.stringValue {
    case "binary": type.isFile = true
    case "byte": type.keys.append(("format", "base64"))
    case let format? where ["date", "date-time", "time", "uri", "email", "uuid"].contains(format):
      type.keys.append(("format", .string(format)))
    default: break
    }
    if schema["contentMediaType"] != nil { type.isFile = schema["contentEncoding"] == nil }
  }

  private mutating func readNumber(
    _ schema: JSONValue, _ type: inout ImportedType, _ name: String
  ) {
    for (keyword, key) in [("minimum", "min"), ("maximum", "max")] {
      if let bound = schema[keyword], bound.numberValue != nil { type.keys.append((key, bound)) }
    }
    for keyword in ["exclusiveMinimum", "exclusiveMaximum", "multipleOf"]
    where schema[keyword] != nil {
      note("'\(keyword)' of '\(name)' is left out")
    }
  }

  private func readBounds(
    _ schema: JSONValue, _ pairs: [(String, String)], _ type: inout ImportedType
  ) {
    for (keyword, key) in pairs {
      guard let bound = schema[keyword]?.intValue, (0...1_000_000_000).contains(bound) else {
        continue
      }
      type.keys.append((key, schema[keyword] ?? .null))
    }
  }

  private mutating func readMembers(
    _ schema: JSONValue, _ type: inout ImportedType, _ name: String, _ level: Int
  ) {
    let members = schema["properties"]?.objectValue ?? JSONObject()
    guard !members.isEmpty else { return }
    guard level < Self.depth else {
      note("the members of '\(name)' are not listed; any object is taken")
      return
    }
    // Members beyond those that are listed cannot be told beside them.
    if let more = schema["additionalProperties"], more != false {
      note("further members of '\(name)' are taken, so the known ones are not listed")
      return
    }
    let required = schema["required"]?.arrayValue ?? []
    for member in members where !isReadOnly(member.value) {
      guard !member.key.isEmpty, member.key.utf8.count <= 256 else { continue }
      let inner = self.type(member.value, "\(name).\(member.key)", level: level + 1)
      type.properties.append(
        (member.key, inner, required.contains(.string(member.key))))
    }
  }

  func isReadOnly(_ schema: JSONValue) -> Bool {
    document.schema(schema)?["readOnly"]?.boolValue ?? false
  }

  private mutating func readEnumeration(
    _ schema: JSONValue, _ type: inout ImportedType, _ name: String
  ) {
    var values = schema["enum"]?.arrayValue ?? []
    if let value = schema["const"] { values = [value] }
    if values.contains(.null) { type.isNullable = type.kind != "any" }
    values.removeAll { $0 == .null }
    guard !values.isEmpty else { return }
    if type.kind == "string" {
      // `yes` and `2` in a list of strings are strings, whatever YAML thinks.
      values = values.map { $0.stringValue == nil ? .string("\($0)") : $0 }
    }
    guard values.count <= Self.longestEnumeration else {
      note("the \(values.count) values of '\(name)' are left out")
      return
    }
    guard ["string", "integer", "number"].contains(type.kind) else { return }
    type.keys.removeAll { $0.0 == "pattern" || $0.0 == "format" }
    type.keys.append(("enum", .array(values)))
  }
}
