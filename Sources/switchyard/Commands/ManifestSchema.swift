import Manifest
import RawJSON

/// The JSON Schema of manifests, made of the tables that the reader uses.
struct ManifestSchema {
  /// The schema of a mapping with these keys and no others.
  static func schema(of keys: [KeyDescription], title: String) -> JSONValue {
    var root = JSONObject()
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    root["title"] = .string(title)
    for member in section(keys) { root[member.key] = member.value }
    return .object(root)
  }

  /// The schema of manifests: those with `rest` or `http` have other keys than those with `process`.
  static var manifests: JSONValue {
    var root = JSONObject()
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    root["title"] = "Switchyard manifest"
    root["type"] = "object"
    root["if"] = ["required": ["rest"]]
    root["then"] = .object(section(REST.keys))
    var other = JSONObject()
    other["if"] = ["required": ["http"]]
    other["then"] = .object(section(ServiceManifest.remoteKeys))
    other["else"] = .object(section(ServiceManifest.keys))
    root["else"] = .object(other)
    let words = ValueType.Kind.allCases.map { JSONValue.string($0.rawValue) }
    root["$defs"] = [
      "type": ["anyOf": [["enum": .array(words)], .object(section(REST.typeKeys))]]
    ]
    return .object(root)
  }

  private static func section(_ keys: [KeyDescription]) -> JSONObject {
    var properties = JSONObject()
    var required: [JSONValue] = []
    for key in keys {
      properties[key.key] = property(key)
      if key.isRequired { required.append(.string(key.key)) }
    }
    var schema = JSONObject()
    schema["type"] = "object"
    schema["properties"] = .object(properties)
    if !required.isEmpty { schema["required"] = .array(required) }
    schema["additionalProperties"] = false
    return schema
  }

  private static func property(_ key: KeyDescription) -> JSONValue {
    var schema = JSONObject()
    schema["description"] = .string(key.about)
    for member in shape(key.shape) { schema[member.key] = member.value }
    // An empty text stands for a default that depends on something else, such as the file's name.
    if let text = key.defaultText, !text.isEmpty {
      schema["default"] = defaultValue(text, key.shape)
    }
    return .object(schema)
  }

  private static func shape(_ shape: KeyDescription.Shape) -> JSONObject {
    var schema = JSONObject()
    switch shape {
    case .text(let pattern, let length):
      schema["type"] = "string"
      // The rule holds for the value that a template gives, which no editor knows.
      if let pattern {
        schema["anyOf"] = [["pattern": .string(pattern)], ["pattern": #"\$\{"#]]
      }
      if length.lowerBound > 0 { schema["minLength"] = 1 }
    case .boolean: schema["type"] = "boolean"
    case .integer(let range):
      schema["type"] = "integer"
      schema["minimum"] = JSONValue(integerLiteral: range.lowerBound)
      schema["maximum"] = JSONValue(integerLiteral: range.upperBound)
    case .duration:
      schema["type"] = "string"
      schema["pattern"] = #"^(0|[1-9][0-9]*)(ms|s|m|h)$"#
    case .size:
      schema["type"] = "string"
      schema["pattern"] = #"^(0|[1-9][0-9]*)(B|KiB|MiB|GiB)$"#
    case .choice(let words): schema["enum"] = .array(words.map { .string($0) })
    case .section(let keys): return section(keys)
    case .json: break
    case .either(let shapes):
      schema["anyOf"] = .array(shapes.map { .object(self.shape($0)) })
    case .type: schema["$ref"] = "#/$defs/type"
    case .list(let element): return list(of: self.shape(element))
    case .sections(let keys): return list(of: section(keys))
    case .table(let keys, let value): return table(of: self.shape(value), named: keys)
    case .sectionTable(let names, let keys): return table(of: section(keys), named: names)
    }
    return schema
  }

  private static func list(of items: JSONObject) -> JSONObject {
    var schema = JSONObject()
    schema["type"] = "array"
    schema["items"] = .object(items)
    return schema
  }

  /// - Parameter pattern: what its keys look like.
  private static func table(of values: JSONObject, named pattern: String?) -> JSONObject {
    var schema = JSONObject()
    schema["type"] = "object"
    if let pattern { schema["propertyNames"] = ["pattern": .string(pattern)] }
    schema["additionalProperties"] = .object(values)
    return schema
  }

  /// The default as a value of its type: the reference writes it as text.
  private static func defaultValue(_ text: String, _ shape: KeyDescription.Shape) -> JSONValue {
    switch shape {
    case .boolean, .integer, .list, .table:
      (try? JSONValue(parsing: Array(text.utf8))) ?? .string(text)
    default: .string(text)
    }
  }
}
