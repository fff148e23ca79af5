package import RawJSON
import YAML

extension REST.Tool {
  /// What is wrong with the arguments of a call; nothing is sent unless this is empty.
  ///
  /// An absent `arguments` is an empty object. The time is bounded by the size of the message.
  package func violations(in arguments: JSONValue) -> [Violation] {
    guard case .object(let object) = arguments else {
      return [Violation(at: "", "must be an object")]
    }
    var violations: [Violation] = []
    var seen = SeenNames()
    for member in object {
      if violations.count >= Violation.limit { break }
      let place = ValuePlace.member(member.key, of: .pointer(""))
      guard let argument = argument(member.key) else {
        violations.append(Violation(at: place.pointer, unknown(member.key)))
        continue
      }
      guard seen.insert(member.key) else {
        violations.append(Violation(at: place.pointer, "is given twice"))
        continue
      }
      argument.type.check(member.value, at: place, into: &violations)
    }
    checkPresence(in: object, into: &violations)
    return Array(violations.prefix(Violation.limit))
  }

  /// The values of all arguments that have one: those given, then the fallbacks of the others.
  package func complete(_ arguments: JSONObject) -> JSONObject {
    var members = arguments.members
    for argument in self.arguments where arguments[argument.name] == nil {
      guard let fallback = argument.fallback,
        !argument.fallbackUnless.contains(where: { arguments[$0] != nil })
      else { continue }
      members.append(.init(key: argument.name, value: fallback))
    }
    return JSONObject(members)
  }

  private func checkPresence(in object: JSONObject, into violations: inout [Violation]) {
    func isGiven(_ name: String) -> Bool { object[name] != nil }
    func hasValue(_ name: String) -> Bool { isGiven(name) || argument(name)?.fallback != nil }
    for argument in arguments {
      var place: String { Violation.step("", argument.name) }
      if argument.isRequired, !hasValue(argument.name) {
        violations.append(Violation(at: place, argument.absence))
      }
      guard isGiven(argument.name) else { continue }
      for other in argument.notWith where isGiven(other) {
        violations.append(Violation(at: place, "must not be given together with \(other)"))
      }
      if !argument.needs.isEmpty, !argument.needs.contains(where: hasValue) {
        let others = argument.needs.joined(separator: " or ")
        violations.append(Violation(at: place, "needs \(others) in the same call"))
      }
    }
    if !anyOf.isEmpty, !anyOf.contains(where: hasValue) {
      violations.append(
        Violation(at: "", "needs at least one of \(anyOf.joined(separator: ", "))"))
    }
  }

  private func unknown(_ key: String) -> String {
    let names = arguments.map(\.name)
    let nearest = NearestKey.to(key, among: names).map { "; did you mean \($0)?" } ?? ""
    let known = names.isEmpty ? "there are none" : "known: " + names.joined(separator: ", ")
    return "is no argument of this tool\(nearest) (\(known))"
  }
}

extension REST.Argument {
  /// The end of a sentence about the argument when it has no value and is needed.
  package var absence: String {
    configName.map {
      "is missing; without it, \($0) of the service's config is used, which is empty"
    }
      ?? "is missing"
  }
}
