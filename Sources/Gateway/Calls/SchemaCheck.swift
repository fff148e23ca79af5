import Manifest
import RawJSON

/// One check of arguments by a schema: what was found, and how much has been looked at.
struct SchemaCheck {
  private let schema: ArgumentSchema
  private(set) var found: [Violation] = []
  private var steps = 0

  init(_ schema: ArgumentSchema) { self.schema = schema }

  /// Whether the check has taken its steps; what is left is not looked at.
  private var isExhausted: Bool {
    steps > ArgumentSchema.stepLimit || found.count >= Violation.limit
  }

  mutating func check(_ value: JSONValue, by rule: JSONValue, at pointer: String, depth: Int) {
    steps += depth < ArgumentSchema.depthLimit ? 1 : ArgumentSchema.stepLimit
    guard !isExhausted else { return }
    if rule.boolValue == false { return add(pointer, "must not be there") }
    guard let rules = rule.objectValue else { return }
    checkValue(value, rules, pointer)
    switch value {
    case .string(let text): checkText(text, rules, pointer)
    case .number(let number): checkNumber(number, rules, pointer)
    case .array(let elements): checkItems(elements, rules, pointer, depth)
    case .object(let object): checkMembers(object, rules, pointer, depth)
    case .null, .bool: break
    }
    checkCombinations(value, rules, pointer, depth)
  }

  private mutating func add(_ pointer: String, _ message: String) {
    guard found.count < Violation.limit else { return }
    found.append(Violation(at: pointer, message))
  }

  // MARK: Values

  private mutating func checkValue(_ value: JSONValue, _ rules: JSONObject, _ pointer: String) {
    if let type = rules["type"] {
      let names = (type.arrayValue ?? [type]).compactMap(\.stringValue)
      if !names.isEmpty, !names.contains(where: { value.isOf(type: $0) }) {
        add(pointer, "must be of type \(names.joined(separator: " or "))")
      }
    }
    if let choices = rules["enum"]?.arrayValue, !choices.contains(where: { $0.means(value) }) {
      let words = choices.prefix(40).map { $0.stringValue ?? "\($0)" }.joined(separator: ", ")
      add(pointer, "must be one of \(words)")
    }
    if let only = rules["const"], !only.means(value) { add(pointer, "must be \(only)") }
  }

  private mutating func checkText(_ text: String, _ rules: JSONObject, _ pointer: String) {
    let least = rules["minLength"]?.doubleValue
    let most = rules["maxLength"]?.doubleValue
    if least != nil || most != nil {
      let count = Double(text.unicodeScalars.count)
      if let least, count < least { add(pointer, "must have at least \(show(least)) characters") }
      if let most, count > most { add(pointer, "must have at most \(show(most)) characters") }
    }
    guard text.utf8.count <= ArgumentSchema.textLimit,
      let source = rules["pattern"]?.stringValue, let pattern = schema.pattern(source),
      !pattern.matches(text)
    else { return }
    add(pointer, "must match \(source)")
  }

  private mutating func checkNumber(_ number: JSONNumber, _ rules: JSONObject, _ pointer: String) {
    guard let value = number.double else { return }
    if let least = rules["minimum"]?.doubleValue, value < least {
      add(pointer, "must be at least \(show(least))")
    }
    if let most = rules["maximum"]?.doubleValue, value > most {
      add(pointer, "must be at most \(show(most))")
    }
    if let bound = rules["exclusiveMinimum"]?.doubleValue, value <= bound {
      add(pointer, "must be greater than \(show(bound))")
    }
    if let bound = rules["exclusiveMaximum"]?.doubleValue, value >= bound {
      add(pointer, "must be less than \(show(bound))")
    }
    // Of fractions the remainder depends on rounding.
    if let part = rules["multipleOf"]?.intValue, part > 0, let whole = number.int,
      whole % part != 0
    {
      add(pointer, "must be a multiple of \(part)")
    }
  }

  private func show(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }

  // MARK: Items and members

  private mutating func checkItems(
    _ elements: [JSONValue], _ rules: JSONObject, _ pointer: String, _ depth: Int
  ) {
    let count = Double(elements.count)
    if let least = rules["minItems"]?.doubleValue, count < least {
      add(pointer, "must have at least \(show(least)) items")
    }
    if let most = rules["maxItems"]?.doubleValue, count > most {
      add(pointer, "must have at most \(show(most)) items")
    }
    if rules["uniqueItems"]?.boolValue == true, Set(elements).count < elements.count {
      add(pointer, "must not have one item twice")
    }
    // Before 2020-12 a list of `items` was what `prefixItems` is now.
    let listed = rules["prefixItems"]?.arrayValue ?? rules["items"]?.arrayValue ?? []
    let others = rules["items"]?.arrayValue == nil ? rules["items"] : rules["additionalItems"]
    for (index, element) in elements.enumerated() {
      guard let rule = index < listed.count ? listed[index] : others, !isExhausted else { continue }
      check(element, by: rule, at: pointer + "/\(index)", depth: depth + 1)
    }
  }

  private mutating func checkMembers(
    _ object: JSONObject, _ rules: JSONObject, _ pointer: String, _ depth: Int
  ) {
    let count = Double(object.count)
    if let least = rules["minProperties"]?.doubleValue, count < least {
      add(pointer, "must have at least \(show(least)) members")
    }
    if let most = rules["maxProperties"]?.doubleValue, count > most {
      add(pointer, "must have at most \(show(most)) members")
    }
    for name in (rules["required"]?.arrayValue ?? []).compactMap(\.stringValue)
    where object[name] == nil {
      add(Violation.step(pointer, name), "is required")
    }
    for member in object {
      let place = Violation.step(pointer, member.key)
      checkMember(member.key, member.value, rules, place, depth)
      if let rule = rules["propertyNames"], !accepts(.string(member.key), rule, depth) {
        add(place, "has a name that is not allowed")
      }
    }
    checkDependents(object, rules, pointer, depth)
  }

  /// By what its name says, or by what is said of all others.
  private mutating func checkMember(
    _ name: String, _ value: JSONValue, _ rules: JSONObject, _ place: String, _ depth: Int
  ) {
    var isKnown = false
    if let rule = rules["properties"]?.objectValue?[name] {
      isKnown = true
      check(value, by: rule, at: place, depth: depth + 1)
    }
    for rule in rules["patternProperties"]?.objectValue ?? JSONObject() {
      // One that cannot be matched may be meant.
      guard let pattern = schema.pattern(rule.key) else {
        isKnown = true
        continue
      }
      guard pattern.matches(name) else { continue }
      isKnown = true
      check(value, by: rule.value, at: place, depth: depth + 1)
    }
    guard !isKnown, let rule = rules["additionalProperties"] else { return }
    if rule.boolValue == false {
      add(place, "is not known")
    } else {
      check(value, by: rule, at: place, depth: depth + 1)
    }
  }

  private mutating func checkDependents(
    _ object: JSONObject, _ rules: JSONObject, _ pointer: String, _ depth: Int
  ) {
    for rule in rules["dependentRequired"]?.objectValue ?? JSONObject()
    where object[rule.key] != nil {
      for name in (rule.value.arrayValue ?? []).compactMap(\.stringValue)
      where object[name] == nil {
        add(Violation.step(pointer, name), "is required with \(rule.key)")
      }
    }
    for rule in rules["dependentSchemas"]?.objectValue ?? JSONObject()
    where object[rule.key] != nil {
      check(.object(object), by: rule.value, at: pointer, depth: depth + 1)
    }
  }

  // MARK: Combinations

  private mutating func checkCombinations(
    _ value: JSONValue, _ rules: JSONObject, _ pointer: String, _ depth: Int
  ) {
    if let target = rules["$ref"]?.stringValue, let rule = schema.root.referenced(by: target) {
      check(value, by: rule, at: pointer, depth: depth + 1)
    }
    for rule in rules["allOf"]?.arrayValue ?? [] where !isExhausted {
      check(value, by: rule, at: pointer, depth: depth + 1)
    }
    if let choices = rules["anyOf"]?.arrayValue, !choices.isEmpty,
      !choices.contains(where: { accepts(value, $0, depth) })
    {
      add(pointer, "must be as one of its schemas says")
    }
    if let choices = rules["oneOf"]?.arrayValue, !choices.isEmpty {
      let count = choices.count { accepts(value, $0, depth) }
      if count == 0 { add(pointer, "must be as one of its schemas says") }
      if count > 1, !isExhausted { add(pointer, "must be as only one of its schemas says") }
    }
    if let refused = rules["not"], accepts(value, refused, depth), !isExhausted {
      add(pointer, "must not be like this")
    }
    if let condition = rules["if"] {
      let branch = accepts(value, condition, depth) ? rules["then"] : rules["else"]
      if let branch, !isExhausted { check(value, by: branch, at: pointer, depth: depth + 1) }
    }
  }

  /// What cannot be looked at to its end is accepted.
  private mutating func accepts(_ value: JSONValue, _ rule: JSONValue, _ depth: Int) -> Bool {
    let before = found
    found = []
    check(value, by: rule, at: "", depth: depth + 1)
    let isAccepted = found.isEmpty
    found = before
    return isAccepted
  }
}

extension JSONValue {
  /// A type of JSON Schema; a name that it does not know is of everything.
  fileprivate func isOf(type name: String) -> Bool {
    switch name {
    case "null": isNull
    case "boolean": boolValue != nil
    case "string": stringValue != nil
    case "number": numberValue != nil
    case "integer": numberValue != nil && (intValue != nil || doubleValue.map(isWhole) != false)
    case "array": arrayValue != nil
    case "object": objectValue != nil
    default: true
    }
  }

  private func isWhole(_ number: Double) -> Bool { number.rounded() == number }

  /// Equality of JSON Schema: numbers by their value.
  fileprivate func means(_ other: JSONValue) -> Bool {
    switch (self, other) {
    case (.number(let left), .number(let right)):
      left == right || left.double != nil && left.double == right.double
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
    case (.object(let left), .object(let right)):
      left.count == right.count
        && left.allSatisfy { member in right[member.key].map { member.value.means($0) } ?? false }
    default: self == other
    }
  }

  /// The part of a schema that `#`, `#/$defs/NAME` and the like name.
  fileprivate func referenced(by target: String) -> JSONValue? {
    guard target.utf8.first == UInt8(ascii: "#") else { return nil }
    return at(pointer: String(decoding: target.utf8.dropFirst(), as: UTF8.self))
  }
}
