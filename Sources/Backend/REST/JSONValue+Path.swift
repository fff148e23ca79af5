import Manifest
import RawJSON

extension JSONValue {
  /// A string without quotes, a number or boolean as written; nil for everything else.
  var scalarText: String? {
    switch self {
    case .string(let text): text
    case .number(let number): number.text
    case .bool(let value): value ? "true" : "false"
    case .null, .array, .object: nil
    }
  }

  /// As `scalarText`; lists and objects as JSON.
  var text: String { scalarText ?? description }

  /// The value at the end of a path; `[]` makes a list of the values of all items.
  func value(at path: ValuePath) -> JSONValue? { value(at: path.steps[...]) }

  private func value(at steps: ArraySlice<ValuePath.Step>) -> JSONValue? {
    guard let step = steps.first else { return self }
    switch step {
    case .member(let key): return self[key]?.value(at: steps.dropFirst())
    case .items:
      guard case .array(let elements) = self else { return nil }
      return .array(elements.compactMap { $0.value(at: steps.dropFirst()) })
    }
  }

  /// Sets a member, and makes the objects on the way to it.
  mutating func set(_ value: JSONValue, at path: ValuePath) {
    let names = path.steps.compactMap { if case .member(let name) = $0 { name } else { nil } }
    set(value, at: names[...], replacing: true)
  }

  /// - Parameter replacing: whether a value that is there already is overwritten.
  mutating func set(_ value: JSONValue, at names: ArraySlice<String>, replacing: Bool) {
    guard let name = names.first else {
      self = value
      return
    }
    if !replacing, objectValue == nil, !isNull { return }
    guard names.count > 1 else {
      if replacing || self[name] == nil { self[name] = value }
      return
    }
    var inner = self[name] ?? .object(JSONObject())
    inner.set(value, at: names.dropFirst(), replacing: replacing)
    self[name] = inner
  }
}

extension ValuePath {
  /// The path with one more member.
  func appending(_ name: String) -> ValuePath { ValuePath(steps + [.member(name)]) }
}
