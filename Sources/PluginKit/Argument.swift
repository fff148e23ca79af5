/// One argument of a tool, declared once: the schema clients see and the check before the call.
public struct Argument<Value: ArgumentValue>: Sendable {
  /// The member of the arguments object.
  public let name: String
  /// What people and models read about it.
  public let description: String
  /// What a call gets that leaves it out; nil makes it required, unless `Value` is optional.
  public let defaultValue: Value?
  let rules: [Rule]

  /// Something that a value of the right type must fulfil too.
  struct Rule: Sendable {
    var keyword: String
    var bound: StructuredValue
    /// Returns what was expected when the value breaks the rule.
    var check: @Sendable (Value) -> String?
  }

  init(_ name: String, _ description: String, default value: Value?, rules: [Rule]) {
    self.name = name
    self.description = description
    defaultValue = value
    self.rules = rules
  }

  /// An argument that takes every value of its type.
  public init(_ name: String, _ description: String, default value: Value? = nil) {
    self.init(name, description, default: value, rules: [])
  }
}

extension Argument where Value: Comparable & BinaryInteger {
  /// An integer within bounds, both included.
  public init(
    _ name: String, _ description: String, in bounds: ClosedRange<Value>,
    default value: Value? = nil
  ) {
    self.init(name, description, default: value, rules: Self.rules(for: bounds))
  }
}

extension Argument where Value: Comparable & BinaryFloatingPoint {
  /// A number within bounds, both included.
  public init(
    _ name: String, _ description: String, in bounds: ClosedRange<Value>,
    default value: Value? = nil
  ) {
    self.init(name, description, default: value, rules: Self.rules(for: bounds))
  }
}

extension Argument where Value: Comparable {
  private static func rules(for bounds: ClosedRange<Value>) -> [Rule] {
    let (low, high) = (bounds.lowerBound.structured, bounds.upperBound.structured)
    return [
      Rule(keyword: "minimum", bound: low) {
        $0 < bounds.lowerBound ? "must be at least \(bounds.lowerBound)" : nil
      },
      Rule(keyword: "maximum", bound: high) {
        $0 > bounds.upperBound ? "must be at most \(bounds.upperBound)" : nil
      },
    ]
  }
}

extension Argument where Value == String {
  /// A text whose length in Unicode code points lies within bounds, both included.
  public init(
    _ name: String, _ description: String, length: ClosedRange<Int>, default value: Value? = nil
  ) {
    self.init(
      name, description, default: value,
      rules: [
        Rule(keyword: "minLength", bound: StructuredValue(length.lowerBound)) {
          $0.unicodeScalars.count < length.lowerBound
            ? "must have at least \(length.lowerBound) characters" : nil
        },
        Rule(keyword: "maxLength", bound: StructuredValue(length.upperBound)) {
          $0.unicodeScalars.count > length.upperBound
            ? "must have at most \(length.upperBound) characters" : nil
        },
      ])
  }
}

extension Argument {
  var isRequired: Bool { defaultValue == nil && !Value.isOptional }

  var pointer: String { "/" + name.pointerEscaped }

  /// The member of the tool's input schema.
  var schema: StructuredValue {
    var members: [(String, StructuredValue)] = Value.schema.members
    members.append(("description", StructuredValue(description)))
    for rule in rules { members.append((rule.keyword, rule.bound)) }
    if let defaultValue { members.append(("default", defaultValue.structured)) }
    return StructuredValue(members)
  }

  /// The typed value from the arguments of a call.
  func read(_ arguments: StructuredValue) throws(ArgumentViolation) -> Value {
    guard let given = arguments[name] else {
      if let defaultValue { return defaultValue }
      guard Value.isOptional else { throw ArgumentViolation("is required", at: pointer) }
      return try Value(.null, at: pointer)
    }
    let value = try Value(given, at: pointer)
    for rule in rules {
      if let expected = rule.check(value) { throw ArgumentViolation(expected, at: pointer) }
    }
    return value
  }
}

extension String {
  /// The text as one step of a JSON pointer (RFC 6901).
  var pointerEscaped: String {
    var escaped = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "~": escaped += "~0"
      case "/": escaped += "~1"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
