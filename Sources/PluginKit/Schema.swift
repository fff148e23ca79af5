/// The JSON Schema of a tool's arguments, for arguments that are better said as
/// data than as Swift types: many of them, or a schema that comes from elsewhere.
///
///     Schema([
///       "type": "object",
///       "properties": ["gid": ["type": "string", "pattern": "^[0-9]+$"]],
///       "required": ["gid"], "additionalProperties": false,
///     ])
///
/// Checked are `type`, `enum`, `pattern`, `format` (`date`, `date-time` and `uri`),
/// `minimum`, `maximum`, `minLength`, `maxLength`, `minItems`, `maxItems`, `items`,
/// `properties`, `required`, `additionalProperties`, `minProperties`, `dependentRequired`,
/// `dependentSchemas`, `not`, `anyOf` and `allOf`. `title`, `description`, `default`,
/// `examples` and `contentEncoding` are for the reader. A service with
/// any other keyword does not start: a constraint that nobody checks would be a lie.
public struct Schema: Hashable, Sendable {
  /// The schema as clients see it.
  public let value: StructuredValue

  public init(_ value: StructuredValue) { self.value = value }

  /// What is wrong with a value, each with a JSON pointer; empty when nothing is.
  public func violations(in value: StructuredValue) -> [ArgumentViolation] {
    var violations: [ArgumentViolation] = []
    Self.check(value, against: self.value, at: "", &violations)
    return violations
  }

  /// The object with the defaults of `properties` in place of what it leaves out.
  public func filled(_ value: StructuredValue) -> StructuredValue {
    var members = value.members
    for (name, property) in self.value["properties"]?.members ?? [] where value[name] == nil {
      if let standard = property["default"] { members.append((name, standard)) }
    }
    return StructuredValue(members)
  }

  static func check(
    _ value: StructuredValue, against schema: StructuredValue, at pointer: String,
    _ violations: inout [ArgumentViolation]
  ) {
    if let expected = expectedType(value, schema) {
      violations.append(ArgumentViolation(expected, at: pointer))
      return
    }
    for rule in [enumeration, length, range, pattern, format] {
      guard let expected = rule(value, schema) else { continue }
      violations.append(ArgumentViolation(expected, at: pointer))
    }
    if let elements = value.array, let items = schema["items"] {
      for (index, element) in elements.enumerated() {
        check(element, against: items, at: "\(pointer)/\(index)", &violations)
      }
    }
    if value.object != nil { checkMembers(value, against: schema, at: pointer, &violations) }
    checkRules(value, against: schema, at: pointer, &violations)
  }

  private static func checkMembers(
    _ value: StructuredValue, against schema: StructuredValue, at pointer: String,
    _ violations: inout [ArgumentViolation]
  ) {
    let properties = schema["properties"]?.members ?? []
    for (name, member) in value.members {
      let place = pointer + "/" + name.pointerEscaped
      if let property = properties.first(where: { $0.0.utf8.elementsEqual(name.utf8) }) {
        check(member, against: property.1, at: place, &violations)
      } else if schema["additionalProperties"]?.bool == false {
        let known = properties.map(\.0).joined(separator: ", ")
        violations.append(ArgumentViolation("unknown argument; known are \(known)", at: place))
      } else if let others = schema["additionalProperties"], others.object != nil {
        check(member, against: others, at: place, &violations)
      }
    }
    for name in schema["required"]?.array ?? [] {
      guard let name = name.string, value[name] == nil else { continue }
      violations.append(
        ArgumentViolation("is required", at: pointer + "/" + name.pointerEscaped))
    }
  }
}

// One rule each: nil when it holds, else what was expected.
extension Schema {
  private static let typeNames = [
    "string": "a string", "integer": "an integer", "number": "a number",
    "boolean": "true or false", "array": "an array", "object": "an object", "null": "null",
  ]

  private static func expectedType(_ value: StructuredValue, _ schema: StructuredValue) -> String? {
    guard let type = schema["type"] else { return nil }
    let names = (type.array ?? [type]).compactMap(\.string)
    if names.contains(where: { isOfType(value, $0) }) { return nil }
    return "expected " + names.map { typeNames[$0] ?? $0 }.joined(separator: " or ")
  }

  private static func isOfType(_ value: StructuredValue, _ name: String) -> Bool {
    switch name {
    case "string": value.string != nil
    case "integer": value.integer != nil
    case "number": value.double != nil
    case "boolean": value.bool != nil
    case "array": value.array != nil
    case "object": value.object != nil
    case "null": value == .null
    default: false
    }
  }

  private static func enumeration(_ value: StructuredValue, _ schema: StructuredValue) -> String? {
    guard let choices = schema["enum"]?.array, !choices.contains(value) else {
      return nil
    }
    return "expected one of " + choices.map { "\($0)" }.joined(separator: ", ")
  }

  private static func length(_ value: StructuredValue, _ schema: StructuredValue) -> String? {
    let bounds: (count: Int, low: String, high: String, unit: String)
    if let text = value.string {
      bounds = (text.unicodeScalars.count, "minLength", "maxLength", "characters")
    } else if let elements = value.array {
      bounds = (elements.count, "minItems", "maxItems", "elements")
    } else {
      return nil
    }
    if let low = schema[bounds.low]?.integer, bounds.count < low {
      return "must have at least \(low) \(bounds.unit)"
    }
    if let high = schema[bounds.high]?.integer, bounds.count > high {
      return "must have at most \(high) \(bounds.unit)"
    }
    return nil
  }

  private static func range(_ value: StructuredValue, _ schema: StructuredValue) -> String? {
    guard let number = value.double else { return nil }
    if let low = schema["minimum"], let bound = low.double, number < bound {
      return "must be at least \(low)"
    }
    if let high = schema["maximum"], let bound = high.double, number > bound {
      return "must be at most \(high)"
    }
    return nil
  }

  private static func pattern(_ value: StructuredValue, _ schema: StructuredValue) -> String? {
    guard let text = value.string, let pattern = schema["pattern"]?.string else { return nil }
    let isMatch =
      (try? Regex(pattern))?.matchingSemantics(.unicodeScalar)
      .isFound(in: text) ?? false
    return isMatch ? nil : "must match \(pattern)"
  }

  private static func format(_ value: StructuredValue, _ schema: StructuredValue) -> String? {
    guard let text = value.string, let name = schema["format"]?.string,
      let format = Format(rawValue: name), !format.accepts(text)
    else { return nil }
    return "expected \(format.expectation)"
  }
}

extension Schema {
  private static let keywords: Set<String> = [
    "type", "enum", "pattern", "format", "minimum", "maximum", "minLength", "maxLength",
    "minItems", "maxItems", "items", "properties", "required", "additionalProperties",
    "title", "description", "default", "examples", "contentEncoding",
  ]

  /// Why the schema cannot be kept, or nil.
  var problem: String? { Self.problem(in: value) }

  private static func problem(in schema: StructuredValue) -> String? {
    guard schema.object != nil else { return "a schema must be an object" }
    for (keyword, _) in schema.members
    where !keywords.contains(keyword) && !ruleKeywords.contains(keyword) {
      return "the keyword '\(keyword)' is not checked"
    }
    if let pattern = schema["pattern"]?.string, (try? Regex(pattern)) == nil {
      return "'\(pattern)' is not a pattern"
    }
    if let name = schema["format"]?.string, Format(rawValue: name) == nil {
      return "the format '\(name)' is not checked"
    }
    let inner =
      (schema["items"].map { [$0] } ?? []) + (schema["properties"]?.members.map(\.1) ?? [])
      + (schema["additionalProperties"].flatMap { $0.object == nil ? nil : [$0] } ?? [])
      + ruleSchemas(of: schema)
    for schema in inner {
      if let problem = problem(in: schema) { return problem }
    }
    return nil
  }
}

extension Regex {
  /// Whether some part of the text matches; an error of the engine is no match.
  fileprivate func isFound(in text: String) -> Bool {
    ((try? firstMatch(in: text)) ?? nil) != nil
  }
}
