package import RawJSON
package import _StringProcessing

/// What a scenario expects of a JSON value: a subset of it, or a condition on it.
///
/// An object matches when each expected member matches; more members may be
/// there. An array matches element by element. Scalars match by value; `1` and
/// `1.0` are the same number, strings are compared as UTF-8 bytes. A mapping
/// whose keys begin with `$` is a list of conditions that must all hold.
package indirect enum Expectation {
  case value(JSONValue)
  case members([(key: String, value: Expectation)])
  case elements([Expectation])
  /// `$exact`: equal, with no member more.
  case exact(JSONValue)
  /// `$regex`: a string in which the expression is found.
  case regex(String, Regex<AnyRegexOutput>)
  /// `$type`: null, boolean, number, integer, string, array or object.
  case type(String)
  /// `$any`: there, whatever it is.
  case any
  /// `$absent`: not there.
  case absent
  /// `$contains`: a string with this text, or an array with an element for each of these.
  case contains([Expectation])
  /// `$length`: elements of an array, members of an object, bytes of a string.
  case length(Int)
  /// `$min`, `$max`: a number in these bounds.
  case range(min: Double?, max: Double?)
  /// `$pointer`: what lies at JSON pointers below here (RFC 6901).
  case pointers([(pointer: String, value: Expectation)])
  /// `$not`
  case not(Expectation)
  /// `$oneOf`: at least one of them matches.
  case oneOf([Expectation])
  /// Several conditions on the same value.
  case all([Expectation])
}

/// The first place where an answer differs from what was expected.
package struct Mismatch: Error, Equatable, Sendable {
  /// RFC 6901; empty for the whole value.
  package var pointer: String
  /// What was expected there, in words or as JSON.
  package var expected: String
  /// What was there, as JSON; "nothing" if it was not there.
  package var actual: String

  package init(pointer: String, expected: String, actual: String) {
    self.pointer = pointer
    self.expected = expected
    self.actual = actual
  }
}

extension Expectation {
  /// The first difference in the order of the expectation, or nil if `value` matches.
  package func mismatch(in value: JSONValue?, at pointer: String = "") -> Mismatch? {
    if case .absent = self { return value.map { differs(pointer, "nothing", $0) } }
    if case .not(let inner) = self {
      guard inner.mismatch(in: value, at: pointer) == nil else { return nil }
      return differs(pointer, "anything but " + inner.description, value)
    }
    if case .all(let conditions) = self {
      return conditions.lazy.compactMap { $0.mismatch(in: value, at: pointer) }.first
    }
    guard let value else { return differs(pointer, description, nil) }
    return mismatch(inPresent: value, at: pointer)
  }

  private func mismatch(inPresent value: JSONValue, at pointer: String) -> Mismatch? {
    switch self {
    case .value(let expected), .exact(let expected):
      return expected.sameValue(as: value)
        ? nil : expected.firstDifference(from: value, at: pointer)
    case .members(let members):
      guard value.isObject else { return differs(pointer, description, value) }
      return members.lazy.compactMap { member in
        member.value.mismatch(in: value.member(member.key), at: pointer.appending(member.key))
      }.first
    case .elements(let expected): return mismatch(of: expected, in: value, at: pointer)
    case .oneOf(let choices):
      let fits = choices.contains { $0.mismatch(in: value, at: pointer) == nil }
      return fits ? nil : differs(pointer, description, value)
    case .pointers(let places):
      return places.lazy.compactMap { place in
        place.value.mismatch(in: value.at(pointer: place.pointer), at: pointer + place.pointer)
      }.first
    case .contains(let wanted):
      return wanted.allSatisfy { $0.isContained(in: value) }
        ? nil : differs(pointer, description, value)
    default: return holds(for: value) ? nil : differs(pointer, description, value)
    }
  }

  private func mismatch(
    of expected: [Expectation], in value: JSONValue, at pointer: String
  ) -> Mismatch? {
    guard let elements = value.arrayValue else { return differs(pointer, description, value) }
    for (index, expectation) in expected.enumerated() {
      let element = value[index]
      let place = pointer.appending(String(index))
      if let mismatch = expectation.mismatch(in: element, at: place) { return mismatch }
    }
    guard elements.count == expected.count else {
      let place = pointer.appending(String(expected.count))
      return differs(place, "the end of the array", elements[expected.count])
    }
    return nil
  }

  /// Conditions that look at nothing but the value itself.
  private func holds(for value: JSONValue) -> Bool {
    switch self {
    case .regex(_, let regex):
      return value.stringValue.map { $0.firstMatch(of: regex) != nil } ?? false
    case .type(let name): return value.hasType(name)
    case .any: return true
    case .length(let length): return value.length == length
    case .range(let min, let max):
      guard let number = value.doubleValue else { return false }
      return number >= min ?? number && number <= max ?? number
    default: return false
    }
  }

  private func isContained(in value: JSONValue) -> Bool {
    if let elements = value.arrayValue {
      return elements.contains { mismatch(in: $0) == nil }
    }
    guard case .value(let part) = self, let text = value.stringValue, let part = part.stringValue
    else { return false }
    return Array(text.utf8).contains(sequence: Array(part.utf8))
  }

  private func differs(_ pointer: String, _ expected: String, _ actual: JSONValue?) -> Mismatch {
    Mismatch(pointer: pointer, expected: expected, actual: actual?.text ?? "nothing")
  }
}

extension Expectation: CustomStringConvertible {
  /// What a reader is told was expected.
  package var description: String {
    switch self {
    case .value(let value), .exact(let value): value.text
    case .members: "an object"
    case .elements(let elements): "an array of \(elements.count)"
    case .regex(let source, _): "text that matches /\(source)/"
    case .type(let name): name == "null" ? "null" : "a value of type \(name)"
    case .any: "any value"
    case .absent: "nothing"
    case .contains(let wanted):
      "something that contains " + wanted.map(\.description).joined(separator: " and ")
    case .length(let length): "a length of \(length)"
    case .range(let min, let max):
      "a number" + (min.map { " from \($0)" } ?? "") + (max.map { " up to \($0)" } ?? "")
    case .pointers(let places): "a value at " + places.map(\.pointer).joined(separator: ", ")
    case .not(let inner): "anything but " + inner.description
    case .oneOf(let choices): "one of: " + choices.map(\.description).joined(separator: "; ")
    case .all(let conditions): conditions.map(\.description).joined(separator: " and ")
    }
  }
}
