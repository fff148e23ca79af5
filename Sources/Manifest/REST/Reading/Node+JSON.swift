import RawJSON
import YAML

extension Node {
  /// The node as JSON without knowing a type: what is unquoted and reads as null, `true`, `false`
  /// or a number of JSON is one; everything else is a string (row M05).
  var json: JSONValue {
    switch content {
    case .sequence(let items): .array(items.map(\.json))
    case .mapping(let pairs):
      .object(JSONObject(pairs.map { .init(key: $0.key, value: $0.value.json) }))
    case .scalar(let scalar): scalar.json
    }
  }

  /// The node as JSON for a value of `type`: where a string is wanted, `no` and `1.0` are strings.
  func json(as type: ValueType) -> JSONValue {
    switch content {
    case .sequence(let items):
      return .array(items.map { $0.json(as: type.items.first ?? ValueType()) })
    case .mapping(let pairs):
      return .object(
        JSONObject(
          pairs.map { pair in
            let inner = type.property(pair.key)?.type ?? type.values.first ?? ValueType()
            return .init(key: pair.key, value: pair.value.json(as: inner))
          }))
    case .scalar(let scalar):
      if type.kind != .string { return scalar.json }
      return scalar.isNull ? .null : .string(scalar.text)
    }
  }
}

extension Scalar {
  fileprivate var json: JSONValue {
    guard style == .plain else { return .string(text) }
    if isNull { return .null }
    switch text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: break
    }
    if let first = text.utf8.first, TextRule.isDigit(first) || first == UInt8(ascii: "-"),
      let value = try? JSONValue(parsing: Array(text.utf8)), case .number = value
    {
      return value
    }
    return .string(text)
  }
}
