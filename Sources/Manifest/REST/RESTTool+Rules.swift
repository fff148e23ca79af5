import RawJSON

/// The rules between the arguments of a tool, in JSON Schema.
///
/// They stand under `dependentRequired` and `dependentSchemas` (JSON Schema 2020-12, validation
/// 6.5.4 and core 10.2.2.4). The interfaces of models refuse whole requests when a tool's schema
/// has `anyOf`, `oneOf`, `allOf` or `not` at its top, so those words stand inside only. What the
/// schema accepts and what `violations(in:)` accepts is the same, which a test proves.
extension REST.Tool {
  /// Adds the rules to the schema of the arguments.
  func addRules(to schema: inout JSONObject) {
    var required = JSONObject()
    var dependent: [(name: String, rules: [JSONObject])] = []
    for argument in arguments {
      var rules: [JSONObject] = []
      if !argument.notWith.isEmpty {
        rules.append(Self.rule("not", Self.any(argument.notWith)))
      }
      let needs = hasFallback(argument.needs) ? [] : argument.needs
      if needs.count == 1 { required[argument.name] = .array(needs.map { .string($0) }) }
      if needs.count > 1 { rules.append(Self.anyRule(needs)) }
      dependent.append((argument.name, rules))
    }
    addAnyOf(to: &schema, &dependent)
    if !required.isEmpty { schema["dependentRequired"] = .object(required) }
    let members = dependent.compactMap { name, rules in
      Self.all(rules).map { JSONObject.Member(key: name, value: .object($0)) }
    }
    if !members.isEmpty { schema["dependentSchemas"] = .object(JSONObject(members)) }
  }

  /// Names that a call must have: an argument with a fallback is never missing.
  var requiredNames: [String] {
    arguments.filter { $0.isRequired && $0.fallback == nil }.map(\.name)
  }

  private func hasFallback(_ names: [String]) -> Bool {
    names.contains { argument($0)?.fallback != nil }
  }

  /// `any_of` without that word at the top. An argument that every call has can carry the rule.
  /// Without one, a call must have some argument, and each that is not one of those wanted
  /// carries the rule.
  private func addAnyOf(
    to schema: inout JSONObject, _ dependent: inout [(name: String, rules: [JSONObject])]
  ) {
    guard !anyOf.isEmpty, !hasFallback(anyOf) else { return }
    let required = requiredNames
    let isWanted: (String) -> Bool = { name in
      anyOf.contains { $0.utf8.elementsEqual(name.utf8) }
    }
    if required.contains(where: isWanted) { return }
    if required.isEmpty { schema["minProperties"] = 1 }
    for index in dependent.indices {
      let name = dependent[index].name
      let carries =
        required.first.map { $0.utf8.elementsEqual(name.utf8) } ?? !isWanted(name)
      if carries { dependent[index].rules.append(Self.anyRule(anyOf)) }
    }
  }

  private static func anyRule(_ names: [String]) -> JSONObject {
    rule("anyOf", .array(names.map { ["required": [.string($0)]] }))
  }

  private static func rule(_ keyword: String, _ value: JSONValue) -> JSONObject {
    JSONObject([.init(key: keyword, value: value)])
  }

  /// A schema for objects that have at least one of these members.
  private static func any(_ names: [String]) -> JSONValue {
    guard names.count == 1 else { return .object(anyRule(names)) }
    return ["required": .array(names.map { .string($0) })]
  }

  /// One schema that says all of these; nil for none.
  private static func all(_ rules: [JSONObject]) -> JSONObject? {
    guard rules.count > 1 else { return rules.first }
    var keys = Set<String>()
    let areApart = rules.allSatisfy { rule in rule.keys.allSatisfy { keys.insert($0).inserted } }
    guard areApart else { return rule("allOf", .array(rules.map { .object($0) })) }
    return JSONObject(rules.flatMap(\.members))
  }
}
