/// A type that an argument of a tool can have.
///
/// `String`, `Int`, `Double`, `Bool`, arrays and optionals of them and
/// `StructuredValue` conform. An enumeration of strings conforms by saying so:
///
///     enum Unit: String, CaseIterable, ArgumentValue { case celsius, kelvin }
public protocol ArgumentValue: Sendable {
  /// The JSON Schema of the values that `init(_:at:)` accepts.
  static var schema: StructuredValue { get }

  /// Whether a call may leave the argument out even without a default.
  static var isOptional: Bool { get }

  /// Reads the argument.
  /// - Parameter pointer: where the value stands in the arguments (RFC 6901), for the error.
  init(_ value: StructuredValue, at pointer: String) throws(ArgumentViolation)

  /// The value as JSON, for the default in the schema.
  var structured: StructuredValue { get }
}

extension ArgumentValue {
  public static var isOptional: Bool { false }
}

/// An argument that is not what its tool declared.
public struct ArgumentViolation: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where in the arguments, as a JSON pointer (RFC 6901).
  public var pointer: String
  /// What was expected.
  public var message: String

  public init(_ message: String, at pointer: String) {
    self.pointer = pointer
    self.message = message
  }

  /// The value that is there, if it is of the type that is wanted.
  static func unwrap<Value>(
    _ value: Value?, expected what: String, at pointer: String
  ) throws(ArgumentViolation) -> Value {
    guard let value else { throw ArgumentViolation("expected \(what)", at: pointer) }
    return value
  }

  /// `/pointer: message`
  public var description: String { "\(pointer): \(message)" }
}

extension String: ArgumentValue {
  public static var schema: StructuredValue { ["type": "string"] }
  public var structured: StructuredValue { StructuredValue(self) }

  public init(_ value: StructuredValue, at pointer: String) throws(ArgumentViolation) {
    self = try ArgumentViolation.unwrap(value.string, expected: "a string", at: pointer)
  }
}

extension Int: ArgumentValue {
  public static var schema: StructuredValue { ["type": "integer"] }
  public var structured: StructuredValue { StructuredValue(self) }

  public init(_ value: StructuredValue, at pointer: String) throws(ArgumentViolation) {
    self = try ArgumentViolation.unwrap(value.integer, expected: "an integer", at: pointer)
  }
}

extension Double: ArgumentValue {
  public static var schema: StructuredValue { ["type": "number"] }
  public var structured: StructuredValue { StructuredValue(self) }

  public init(_ value: StructuredValue, at pointer: String) throws(ArgumentViolation) {
    self = try ArgumentViolation.unwrap(value.double, expected: "a number", at: pointer)
  }
}

extension Bool: ArgumentValue {
  public static var schema: StructuredValue { ["type": "boolean"] }
  public var structured: StructuredValue { StructuredValue(self) }

  public init(_ value: StructuredValue, at pointer: String) throws(ArgumentViolation) {
    self = try ArgumentViolation.unwrap(value.bool, expected: "true or false", at: pointer)
  }
}

extension StructuredValue: ArgumentValue {
  public static var schema: StructuredValue { [:] }
  public var structured: StructuredValue { self }

  public init(_ value: StructuredValue, at pointer: String) throws(ArgumentViolation) {
    self = value
  }
}

extension Array: ArgumentValue where Element: ArgumentValue {
  public static var schema: StructuredValue { ["type": "array", "items": Element.schema] }
  public var structured: StructuredValue { StructuredValue(map(\.structured)) }

  public init(_ value: StructuredValue, at pointer: String) throws(ArgumentViolation) {
    guard let values = value.array else {
      throw ArgumentViolation("expected an array", at: pointer)
    }
    self = []
    for (index, value) in values.enumerated() {
      append(try Element(value, at: "\(pointer)/\(index)"))
    }
  }
}

extension Optional: ArgumentValue where Wrapped: ArgumentValue {
  public static var schema: StructuredValue { Wrapped.schema }
  public static var isOptional: Bool { true }
  public var structured: StructuredValue { self?.structured ?? .null }

  /// `null` counts as left out.
  public init(_ value: StructuredValue, at pointer: String) throws(ArgumentViolation) {
    self = value == .null ? nil : .some(try Wrapped(value, at: pointer))
  }
}

extension ArgumentValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  public static var schema: StructuredValue {
    ["type": "string", "enum": StructuredValue(allCases.map { StructuredValue($0.rawValue) })]
  }

  public var structured: StructuredValue { StructuredValue(rawValue) }

  public init(_ value: StructuredValue, at pointer: String) throws(ArgumentViolation) {
    guard let text = value.string, let known = Self(rawValue: text) else {
      let names = Self.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw ArgumentViolation("expected one of \(names)", at: pointer)
    }
    self = known
  }
}
