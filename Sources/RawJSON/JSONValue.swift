/// A JSON text as a tree: for tests, configuration and other slow paths.
///
/// Messages on their way through never become one of these. Numbers keep their
/// text, objects keep their order and their repeated keys. Two values are equal
/// if they have the same bytes in strings, the same text in numbers and the
/// same members in whatever order.
package indirect enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  /// A lone surrogate escape of the source has become U+FFFD.
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  // Swift's own `==` holds for strings that differ in bytes (canonical equivalence).
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .number(let value): hasher.combine(value)
    case .string(let value): for byte in value.utf8 { hasher.combine(byte) }
    case .array(let value): hasher.combine(value)
    case .object(let value): hasher.combine(value)
    }
  }
}

// What a value holds, nil if it is of another kind.
extension JSONValue {
  package var isNull: Bool { self == .null }

  package var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  package var numberValue: JSONNumber? {
    if case .number(let value) = self { value } else { nil }
  }

  /// The number as an integer, if it is one and fits; `1.0` is none.
  package var intValue: Int? { numberValue?.int }

  /// The number, rounded to the nearest double; nil beyond their range.
  package var doubleValue: Double? { numberValue?.double }

  package var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var arrayValue: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  package var objectValue: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The member with this key; nil if there is none or this is no object.
  ///
  /// Assigning nil removes the member; assigning to a value that is no object makes it one.
  package subscript(key: String) -> JSONValue? {
    get { objectValue?[key] }
    set {
      var object = objectValue ?? JSONObject()
      object[key] = newValue
      self = .object(object)
    }
  }

  /// The element at `index`; nil if there is none or this is no array.
  package subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// The value that a JSON pointer leads to (RFC 6901); nil if it leads nowhere.
  ///
  /// An empty pointer is the value itself; `~1` stands for `/` and `~0` for `~` in keys.
  package func at(pointer: String) -> JSONValue? {
    if pointer.isEmpty { return self }
    let steps = pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard steps.count > 1, steps[0].isEmpty else { return nil }
    var value = self
    for step in steps.dropFirst() {
      let key = Self.unescaped(step)
      let next: JSONValue? =
        switch value {
        case .object: value[key]
        case .array: Self.index(step).flatMap { value[$0] }
        default: nil
        }
      guard let next else { return nil }
      value = next
    }
    return value
  }

  private static func unescaped(_ step: Substring.UTF8View) -> String {
    var output: [UInt8] = []
    var isEscape = false
    for byte in step {
      if isEscape {
        output.append(byte == UInt8(ascii: "1") ? UInt8(ascii: "/") : UInt8(ascii: "~"))
        isEscape = false
      } else if byte == UInt8(ascii: "~") {
        isEscape = true
      } else {
        output.append(byte)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Digits without a leading zero (RFC 6901 section 4).
  private static func index(_ step: Substring.UTF8View) -> Int? {
    guard step.allSatisfy(\.isDigit), step.count == 1 || step.first != UInt8(ascii: "0") else {
      return nil
    }
    return Int(String(decoding: step, as: UTF8.self))
  }
}

// There is no nil literal on purpose: `isThere ? value : nil` would then be `.null`, not nothing.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  package init(floatLiteral value: Double) { self = .number(JSONNumber(value) ?? JSONNumber(0)) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { .init(key: $0, value: $1) }))
  }
}
