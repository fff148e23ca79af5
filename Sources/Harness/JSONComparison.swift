package import RawJSON

/// Comparing JSON by value, and saying where two values part.
extension JSONValue {
  /// One line of JSON.
  package var text: String { String(decoding: serialized(), as: UTF8.self) }

  package var isObject: Bool { objectValue != nil }

  /// The member whose key has the same UTF-8 bytes.
  package func member(_ key: String) -> JSONValue? { self[key] }

  package mutating func set(_ key: String, _ value: JSONValue) { self[key] = value }

  mutating func setMissing(_ key: String, _ value: JSONValue) {
    if member(key) == nil { set(key, value) }
  }

  package static func object(pairs: [(String, JSONValue)]) -> JSONValue {
    .object(JSONObject(pairs.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }

  /// Elements, members, or bytes of UTF-8; nil for a scalar that has no length.
  var length: Int? {
    switch self {
    case .array(let elements): elements.count
    case .object(let members): members.count
    case .string(let text): text.utf8.count
    default: nil
    }
  }

  func hasType(_ name: String) -> Bool {
    switch (self, name) {
    case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.string, "string"),
      (.array, "array"), (.object, "object"):
      return true
    case (.number, "integer"): return intValue != nil
    default: return false
    }
  }

  /// Equal as JSON values: members in any order, numbers by value, strings by bytes.
  package func sameValue(as other: JSONValue) -> Bool {
    switch (self, other) {
    case (.null, .null): return true
    case (.bool(let left), .bool(let right)): return left == right
    case (.number, .number): return sameNumber(as: other)
    case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.sameValue(as: $1) }
    case (.object(let left), .object(let right)):
      return left.count == right.count
        && left.allSatisfy { pair in other.member(pair.key)?.sameValue(as: pair.value) ?? false }
    default: return false
    }
  }

  private func sameNumber(as other: JSONValue) -> Bool {
    if text.utf8.elementsEqual(other.text.utf8) { return true }
    if let left = intValue, let right = other.intValue { return left == right }
    guard let left = doubleValue, let right = other.doubleValue else { return false }
    return left == right
  }

  /// The first place where `actual` is not the same value; `self` is what was expected.
  func firstDifference(from actual: JSONValue?, at pointer: String = "") -> Mismatch? {
    guard let actual else { return Mismatch(pointer: pointer, expected: text, actual: "nothing") }
    if sameValue(as: actual) { return nil }
    switch (self, actual) {
    case (.object(let expected), .object(let found)):
      for pair in expected {
        let place = pointer.appending(pair.key)
        if let difference = pair.value.firstDifference(from: actual.member(pair.key), at: place) {
          return difference
        }
      }
      let surplus = found.first { member($0.key) == nil }
      return Mismatch(
        pointer: pointer.appending(surplus?.key ?? ""), expected: "nothing",
        actual: surplus?.value.text ?? "nothing")
    case (.array(let expected), .array(let found)):
      for index in 0..<max(expected.count, found.count) {
        let place = pointer.appending(String(index))
        guard index < expected.count else {
          return Mismatch(
            pointer: place, expected: "the end of the array", actual: found[index].text)
        }
        let element = actual[index]
        if let difference = expected[index].firstDifference(from: element, at: place) {
          return difference
        }
      }
      return nil
    default: return Mismatch(pointer: pointer, expected: text, actual: actual.text)
    }
  }
}

extension String {
  /// This JSON pointer with one more reference token, escaped (RFC 6901, section 4).
  func appending(_ token: String) -> String {
    var escaped = ""
    for scalar in token.unicodeScalars {
      switch scalar {
      case "~": escaped += "~0"
      case "/": escaped += "~1"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return self + "/" + escaped
  }
}

extension [UInt8] {
  /// Whether `part` stands somewhere in these bytes.
  func contains(sequence part: [UInt8]) -> Bool {
    guard !part.isEmpty else { return true }
    guard part.count <= count else { return false }
    return (0...(count - part.count)).contains { self[$0..<$0 + part.count].elementsEqual(part) }
  }
}
