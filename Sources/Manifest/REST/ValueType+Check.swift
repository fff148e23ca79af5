package import RawJSON
import YAML

/// One thing that is wrong with the arguments of a call.
package struct Violation: Hashable, Sendable {
  /// A JSON pointer into the arguments (RFC 6901); of a missing one, to where it would stand.
  package var pointer: String
  /// One sentence without the pointer and without the value.
  package var message: String

  package init(at pointer: String, _ message: String) {
    self.pointer = pointer
    self.message = message
  }

  /// Violations that are told; the first ones are enough to correct a call.
  package static let limit = 20

  /// `pointer` with one more step.
  package static func step(_ pointer: String, _ key: String) -> String {
    var step: [UInt8] = []
    for byte in key.utf8 {
      switch byte {
      case UInt8(ascii: "~"): step += Array("~0".utf8)
      case UInt8(ascii: "/"): step += Array("~1".utf8)
      default: step.append(byte)
      }
    }
    return pointer + "/" + String(decoding: step, as: UTF8.self)
  }
}

/// Where a value stands: nothing but what leads to it, written as a pointer where one is asked for.
///
/// A value and not a closure: of closures that call each other the compiler made 437 copies of the
/// checks below, a tenth of the program.
package indirect enum ValuePlace: Sendable {
  /// A JSON pointer (RFC 6901).
  case pointer(String)
  case member(String, of: ValuePlace)
  case element(Int, of: ValuePlace)

  var pointer: String {
    switch self {
    case .pointer(let pointer): pointer
    case .member(let key, let parent): Violation.step(parent.pointer, key)
    case .element(let index, let parent): "\(parent.pointer)/\(index)"
    }
  }
}

/// Names compared as bytes: a few one by one, many by a set.
struct SeenNames {
  private var few: [String] = []
  private var many: Set<[UInt8]> = []

  /// Whether it is there for the first time.
  mutating func insert(_ name: String) -> Bool {
    guard many.isEmpty else { return many.insert(Array(name.utf8)).inserted }
    guard !contains(name) else { return false }
    few.append(name)
    if few.count > 16 { many = Set(few.map { Array($0.utf8) }) }
    return true
  }

  func contains(_ name: String) -> Bool {
    many.isEmpty
      ? few.contains { $0.utf8.elementsEqual(name.utf8) } : many.contains(Array(name.utf8))
  }
}

extension ValueType {
  /// Adds what is wrong with `value`; takes time in proportion to its size. The pointer is only
  /// written where something is wrong.
  package func check(
    _ value: JSONValue, at place: ValuePlace, into violations: inout [Violation]
  ) {
    guard violations.count < Violation.limit else { return }
    if value.isNull, isNullable || kind == .any { return }
    guard accepts(value) else {
      return violations.append(Violation(at: place.pointer, "must be \(kindText)"))
    }
    if !choices.isEmpty, !choices.contains(value) {
      let words = choices.prefix(40).map { $0.stringValue ?? "\($0)" }.joined(separator: ", ")
      violations.append(Violation(at: place.pointer, "must be one of \(words)"))
    }
    switch value {
    case .string(let text): check(text: text, at: place, into: &violations)
    case .number(let number): check(number: number, at: place, into: &violations)
    case .array(let elements): check(elements: elements, at: place, into: &violations)
    case .object(let object): check(object: object, at: place, into: &violations)
    case .null, .bool: break
    }
  }

  private func accepts(_ value: JSONValue) -> Bool {
    switch (kind, value) {
    case (.any, _), (.string, .string), (.number, .number), (.boolean, .bool), (.array, .array),
      (.object, .object):
      true
    case (.integer, .number(let number)): number.isWhole
    default: false
    }
  }

  private var kindText: String {
    let text =
      switch kind {
      case .string: "a string"
      case .integer: "a whole number"
      case .number: "a number"
      case .boolean: "true or false"
      case .array: "an array"
      case .object: "an object"
      case .any: "a value"
      }
    return isNullable ? text + " or null" : text
  }

  private func check(
    text: String, at place: ValuePlace, into violations: inout [Violation]
  ) {
    if let length {
      let count = text.unicodeScalars.count
      if count < length.lowerBound {
        let least = length.lowerBound
        violations.append(
          Violation(
            at: place.pointer,
            least == 1 ? "must not be empty" : "needs at least \(least) characters"))
      } else if count > length.upperBound {
        violations.append(
          Violation(at: place.pointer, "must not have more than \(length.upperBound) characters"))
      }
    }
    if let pattern, !pattern.matches(text) {
      violations.append(Violation(at: place.pointer, "must match the pattern \(pattern.text)"))
    }
    if let format, !format.accepts(text) {
      violations.append(Violation(at: place.pointer, "must be \(format.text)"))
    }
  }

  private func check(
    number: JSONNumber, at place: ValuePlace, into violations: inout [Violation]
  ) {
    guard minimum != nil || maximum != nil else { return }
    // Beyond the range of doubles there is no bound that it keeps.
    let value = number.double
    if let minimum, value.map({ $0 < minimum }) ?? number.isNegative {
      violations.append(Violation(at: place.pointer, "must be at least \(Self.show(minimum))"))
    }
    if let maximum, value.map({ $0 > maximum }) ?? !number.isNegative {
      violations.append(Violation(at: place.pointer, "must be at most \(Self.show(maximum))"))
    }
  }

  private func check(
    elements: [JSONValue], at place: ValuePlace, into violations: inout [Violation]
  ) {
    if let count {
      if elements.count < count.lowerBound {
        violations.append(Violation(at: place.pointer, "needs at least \(count.lowerBound) items"))
      } else if elements.count > count.upperBound {
        violations.append(
          Violation(at: place.pointer, "must not have more than \(count.upperBound) items"))
      }
    }
    guard let type = items.first else { return }
    for (index, element) in elements.enumerated() {
      type.check(element, at: .element(index, of: place), into: &violations)
      if violations.count >= Violation.limit { return }
    }
  }

  private func check(
    object: JSONObject, at place: ValuePlace, into violations: inout [Violation]
  ) {
    var seen = SeenNames()
    for member in object {
      let own = ValuePlace.member(member.key, of: place)
      if !seen.insert(member.key) {
        violations.append(Violation(at: own.pointer, "is given twice"))
      } else if let property = property(member.key) {
        property.type.check(member.value, at: own, into: &violations)
      } else if !isOpen {
        violations.append(Violation(at: own.pointer, unknown(member.key, "member")))
      } else {
        values.first?.check(member.value, at: own, into: &violations)
      }
      if violations.count >= Violation.limit { return }
    }
    for property in properties where property.isRequired {
      if seen.contains(property.name) { continue }
      violations.append(Violation(at: Violation.step(place.pointer, property.name), "is missing"))
    }
  }

  private func unknown(_ key: String, _ noun: String) -> String {
    let names = properties.map(\.name)
    let nearest = NearestKey.to(key, among: names).map { "; did you mean \($0)?" } ?? ""
    return "is no \(noun) that is known" + nearest
      + " (known: \(names.joined(separator: ", ")))"
  }

  /// The known member of this name, compared as bytes.
  package func property(_ name: String) -> Property? {
    properties.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// A bound without `.0` where it has none.
  static func show(_ bound: Double) -> String {
    Int(exactly: bound).map { "\($0)" } ?? "\(bound)"
  }
}

extension JSONNumber {
  /// Whether the value has no fraction, however it is written (JSON Schema, 4.2.3).
  package var isWhole: Bool {
    let bytes = text.utf8
    if bytes.allSatisfy({ $0 == UInt8(ascii: "-") || TextRule.isDigit($0) }) { return true }
    guard let double else { return false }
    return double.rounded(.towardZero) == double
  }

  fileprivate var isNegative: Bool { text.utf8.first == UInt8(ascii: "-") }
}
