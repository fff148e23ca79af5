package import HTTP
package import RawJSON

/// The arguments of a tool that a remote server wants repeated in headers: those whose schema has
/// `x-mcp-header` (2026-07-28, Streamable HTTP, custom headers). A value.
///
/// Such an annotation must stand on a property of the input schema that only `properties` lead to,
/// whose type is string, integer or boolean, and name a token that no other one names. A client
/// must leave a tool out that breaks this, since it cannot be called as it wishes.
package struct ParameterHeaders: Hashable, Sendable {
  struct Parameter: Hashable, Sendable {
    /// Names of properties, from the arguments down.
    var path: [String]
    /// Without `Mcp-Param-`.
    var token: String
  }

  /// What is wrong with an annotation, as part of a sentence.
  package struct Malformed: Error, Hashable, Sendable {
    package var message: String
  }

  static let annotation = "x-mcp-header"
  private(set) var parameters: [Parameter] = []

  /// Reads the JSON of a tool; nil if it has no such annotation.
  package init?(tool: RawSpan, at range: ByteRange) throws(Malformed) {
    let schema = JSON.member("inputSchema", of: range, in: tool)
    guard Self.mayAnnotate(JSON.copy(schema, in: tool)) else { return nil }
    try read(JSONValue(schema, in: tool), path: [])
    if parameters.isEmpty { return nil }
  }

  /// Most schemas have none, and are no tree for that.
  private static func mayAnnotate(_ schema: [UInt8]) -> Bool {
    let wanted = Array(annotation.utf8)
    guard schema.count >= wanted.count else { return false }
    return schema.indices.dropLast(wanted.count - 1).contains {
      schema[$0] == wanted[0] && schema[$0..<($0 + wanted.count)].elementsEqual(wanted)
    }
  }

  // MARK: Reading

  /// Keywords whose value is a schema, a list of them, or an object of them. What stands in
  /// others, such as `default` or `enum`, is data.
  private static let single: Set<String> = [
    "items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames",
    "unevaluatedProperties", "not", "if", "then", "else", "contentSchema",
  ]
  private static let lists: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems"]
  private static let maps: Set<String> = [
    "patternProperties", "dependentSchemas", "$defs", "definitions",
  ]

  /// - Parameter path: nil where something other than `properties` has led here.
  private mutating func read(_ schema: JSONValue, path: [String]?) throws(Malformed) {
    guard let object = schema.objectValue else { return }
    if let token = object[Self.annotation] { try note(token, object, path) }
    for member in object.members {
      switch member.key {
      case "properties":
        for inner in member.value.objectValue?.members ?? [] {
          try read(inner.value, path: path.map { $0 + [inner.key] })
        }
      case let key where Self.single.contains(key): try read(member.value, path: nil)
      case let key where Self.lists.contains(key):
        for inner in member.value.arrayValue ?? [] { try read(inner, path: nil) }
      case let key where Self.maps.contains(key):
        for inner in member.value.objectValue?.members ?? [] { try read(inner.value, path: nil) }
      default: break
      }
    }
  }

  private mutating func note(
    _ token: JSONValue, _ schema: JSONObject, _ path: [String]?
  ) throws(Malformed) {
    guard let path, !path.isEmpty else {
      throw Malformed(message: "\(Self.annotation) stands where no argument is sure to be")
    }
    guard let token = token.stringValue, HTTPHeader.isToken(token) else {
      throw Malformed(message: "its \(Self.annotation) is no name of a header")
    }
    guard let type = schema["type"]?.stringValue,
      ["string", "integer", "boolean"].contains(type)
    else {
      throw Malformed(message: "its \(Self.annotation) is not on a string, integer or boolean")
    }
    guard !parameters.contains(where: { $0.token.lowercased() == token.lowercased() }) else {
      throw Malformed(message: "two of its arguments have the same \(Self.annotation)")
    }
    parameters.append(Parameter(path: path, token: token))
  }

  // MARK: Writing

  /// The headers for the arguments of a call, an object; nothing for those that are absent or null.
  package func headers(of arguments: ByteRange, in bytes: RawSpan) -> [HTTPHeader] {
    parameters.compactMap { parameter in
      var value = arguments
      for key in parameter.path { value = Self.member(key, of: value, in: bytes) }
      return Self.text(value, in: bytes).map {
        HTTPHeader("Mcp-Param-" + parameter.token, RemoteHeader.encoded($0))
      }
    }
  }

  private static func member(_ key: String, of object: ByteRange, in bytes: RawSpan) -> ByteRange {
    var found = ByteRange.absent
    JSON.forEachMember(of: object, in: bytes) { name, value in
      guard found.isAbsent, let text = JSON.string(name, in: bytes),
        text.elementsEqual(key.utf8)
      else { return }
      found = value
    }
    return found
  }

  /// Text decoded, numbers and booleans as they are written; nil for everything else.
  private static func text(_ value: ByteRange, in bytes: RawSpan) -> [UInt8]? {
    if let text = JSON.string(value, in: bytes) { return text }
    let raw = JSON.copy(value, in: bytes)
    guard let first = raw.first, first != UInt8(ascii: "n"), first != UInt8(ascii: "{"),
      first != UInt8(ascii: "[")
    else { return nil }
    return raw
  }
}
