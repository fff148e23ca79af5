import RawJSON
import YAML
import _StringProcessing

/// Expectations as they are written in scenarios.
extension ScenarioReader {
  private static let conditions = [
    "$any", "$absent", "$contains", "$exact", "$length", "$max", "$min", "$not", "$oneOf",
    "$pointer", "$regex", "$type",
  ]

  private static let types = [
    "null", "boolean", "number", "integer", "string", "array", "object",
  ]

  mutating func expectation(_ node: Node) -> Expectation {
    switch node.content {
    case .scalar: return .value(JSONValue(node))
    case .sequence(let items): return .elements(items.map { expectation($0) })
    case .mapping(let pairs):
      guard pairs.contains(where: { $0.key.utf8.first == UInt8(ascii: "$") }) else {
        return .members(pairs.map { ($0.key, expectation($0.value)) })
      }
      let known = self.pairs(node, of: "a condition", allowed: Self.conditions)
      let conditions = known.compactMap { condition($0) }
      return conditions.count == 1 ? conditions[0] : .all(conditions)
    }
  }

  private mutating func condition(_ pair: Node.Pair) -> Expectation? {
    let value = pair.value
    switch pair.key {
    case "$any": return .any
    case "$absent": return .absent
    case "$exact": return .exact(JSONValue(value))
    case "$not": return .not(expectation(value))
    case "$contains":
      return .contains((value.items ?? [value]).map { expectation($0) })
    case "$oneOf":
      guard let items = value.items else { return needs("a list", pair) }
      return .oneOf(items.map { expectation($0) })
    case "$pointer":
      guard let places = value.pairs else { return needs("a mapping of JSON pointers", pair) }
      return .pointers(places.map { ($0.key, expectation($0.value)) })
    case "$regex": return regex(pair)
    case "$type":
      guard let name = value.scalar?.text, Self.types.contains(name) else {
        return needs("one of " + Self.types.joined(separator: ", "), pair)
      }
      return .type(name)
    case "$length":
      guard let length = JSONValue(value).intValue, length >= 0 else {
        return needs("a number of elements", pair)
      }
      return .length(Int(length))
    default:
      guard let bound = JSONValue(value).doubleValue else { return needs("a number", pair) }
      return pair.key == "$min" ? .range(min: bound, max: nil) : .range(min: nil, max: bound)
    }
  }

  private mutating func regex(_ pair: Node.Pair) -> Expectation? {
    guard let source = text(pair.value, "$regex") else { return nil }
    do {
      let regex = try Regex(source).matchingSemantics(.unicodeScalar)
      return .regex(source, regex)
    } catch {
      complain("$regex: \(quoted(source)) is no regular expression", at: pair.value.position)
      return nil
    }
  }

  private mutating func needs(_ what: String, _ pair: Node.Pair) -> Expectation? {
    complain("\(pair.key) needs \(what)", at: pair.value.position)
    return nil
  }
}
