// Rules between the members of an object, and schemas put together of others.
extension Schema {
  static let ruleKeywords: Set<String> = [
    "minProperties", "dependentRequired", "dependentSchemas", "not", "anyOf", "allOf",
  ]

  /// Adds what these keywords find wrong with a value.
  static func checkRules(
    _ value: StructuredValue, against schema: StructuredValue, at pointer: String,
    _ violations: inout [ArgumentViolation]
  ) {
    if value.object != nil { checkDependents(value, schema, at: pointer, &violations) }
    for inner in schema["allOf"]?.array ?? [] {
      check(value, against: inner, at: pointer, &violations)
    }
    if let choices = schema["anyOf"]?.array, !choices.contains(where: { accepts(value, $0) }) {
      let wanted = choices.flatMap { names(in: $0) }
      violations.append(
        ArgumentViolation(
          wanted.isEmpty ? "must be as one of its schemas" : "needs " + list(wanted, "or"),
          at: pointer))
    }
    if let refused = schema["not"], accepts(value, refused) {
      let present = names(in: refused).filter { value[$0] != nil }
      violations.append(
        ArgumentViolation(
          present.isEmpty ? "must not be like this" : "must not have \(list(present, "and"))",
          at: pointer))
    }
  }

  private static func checkDependents(
    _ value: StructuredValue, _ schema: StructuredValue, at pointer: String,
    _ violations: inout [ArgumentViolation]
  ) {
    if let least = schema["minProperties"]?.integer, value.members.count < least {
      violations.append(ArgumentViolation("needs at least \(least) members", at: pointer))
    }
    for (name, needed) in schema["dependentRequired"]?.members ?? [] where value[name] != nil {
      for other in (needed.array ?? []).compactMap(\.string) where value[other] == nil {
        violations.append(
          ArgumentViolation(
            "is required with \(name)", at: pointer + "/" + other.pointerEscaped))
      }
    }
    for (name, inner) in schema["dependentSchemas"]?.members ?? [] where value[name] != nil {
      var found: [ArgumentViolation] = []
      check(value, against: inner, at: pointer, &found)
      violations += found.map {
        ArgumentViolation("with \(name), the call \($0.message)", at: $0.pointer)
      }
    }
  }

  private static func accepts(_ value: StructuredValue, _ schema: StructuredValue) -> Bool {
    Schema(schema).violations(in: value).isEmpty
  }

  /// The members that a schema asks for by `required`, itself or inside an `anyOf`.
  private static func names(in schema: StructuredValue) -> [String] {
    (schema["required"]?.array ?? []).compactMap(\.string)
      + (schema["anyOf"]?.array ?? []).flatMap { names(in: $0) }
  }

  private static func list(_ names: [String], _ word: String) -> String {
    names.joined(separator: " \(word) ")
  }

  /// The schemas that stand inside these keywords.
  static func ruleSchemas(of schema: StructuredValue) -> [StructuredValue] {
    (schema["dependentSchemas"]?.members.map(\.1) ?? []) + (schema["anyOf"]?.array ?? [])
      + (schema["allOf"]?.array ?? []) + (schema["not"].map { [$0] } ?? [])
  }
}
