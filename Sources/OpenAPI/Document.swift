import RawJSON

/// A document whose references can be followed.
struct Document: Sendable {
  let root: JSONValue
  /// Whole sections by name, so that a reference is found without a walk.
  private let components: [String: JSONValue]

  /// References inside each other that are followed.
  static let depth = 32

  init(_ bytes: [UInt8]) throws(ImportError) {
    root = try OpenAPI.parse(bytes)
    guard let version = root["openapi"]?.stringValue ?? root["openapi"].map({ "\($0)" }),
      version.hasPrefix("3.0") || version.hasPrefix("3.1")
    else {
      throw ImportError(
        message: "not an OpenAPI document of version 3.0 or 3.1"
          + (root["swagger"] == nil ? "" : "; convert it from Swagger 2.0 first"))
    }
    guard root["paths"]?.objectValue != nil else {
      throw ImportError(message: "the document has no paths")
    }
    var components: [String: JSONValue] = [:]
    for section in root["components"]?.objectValue ?? JSONObject() {
      for member in section.value.objectValue ?? JSONObject() {
        components["#/components/\(section.key)/\(member.key)"] = member.value
      }
    }
    self.components = components
  }

  /// The value itself, or what its `$ref` leads to; nil when that is nowhere, or elsewhere.
  func resolved(_ value: JSONValue) -> JSONValue? {
    var value = value
    for _ in 0..<Self.depth {
      guard let reference = value["$ref"]?.stringValue else { return value }
      guard let target = target(of: reference) else { return nil }
      value = target
    }
    return nil
  }

  private func target(of reference: String) -> JSONValue? {
    if let component = components[reference] { return component }
    guard reference.utf8.first == UInt8(ascii: "#") else { return nil }
    return root.at(pointer: String(reference.dropFirst()))
  }

  /// A schema with its `$ref` followed and its `allOf` put into one object.
  ///
  /// - Returns: nil when a reference leads nowhere or in a circle.
  func schema(_ value: JSONValue, level: Int = 0) -> JSONValue? {
    guard level < Self.depth, let schema = resolved(value) else { return nil }
    guard let parts = schema["allOf"]?.arrayValue else { return schema }
    var merged = JSONObject()
    var properties = JSONObject()
    var required: [JSONValue] = []
    for part in parts.map({ self.schema($0, level: level + 1) }) + [withoutAllOf(schema)] {
      guard let part = part?.objectValue else { return nil }
      for member in part {
        switch member.key {
        case "properties":
          for property in member.value.objectValue ?? JSONObject() {
            properties[property.key] = property.value
          }
        case "required": required += member.value.arrayValue ?? []
        default: merged[member.key] = member.value
        }
      }
    }
    if !properties.isEmpty { merged["properties"] = .object(properties) }
    if !required.isEmpty { merged["required"] = .array(required) }
    return .object(merged)
  }

  private func withoutAllOf(_ schema: JSONValue) -> JSONValue {
    var rest = schema
    rest["allOf"] = nil
    return rest
  }
}
