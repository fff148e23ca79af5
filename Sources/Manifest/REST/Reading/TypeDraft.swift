import RawJSON
import YAML

/// A type while it is read.
struct TypeDraft: Sendable {
  var type = ValueType()
  var isRequired = false
  var leastLength: Int?
  var mostLength: Int?
  var leastCount: Int?
  var mostCount: Int?
  var choices: Node?
  var fallback: Node?
  var examples: Node?
  /// Keys that were written, to be judged once the kind is known.
  var only: [Placed<Constraint>] = []

  /// Keys that some kinds have no use for.
  enum Constraint: String, Sendable {
    case pattern, format, min, max
    case minLength = "min_length"
    case maxLength = "max_length"
    case minItems = "min_items"
    case maxItems = "max_items"
    case items, properties, values

    var kinds: [ValueType.Kind] {
      switch self {
      case .pattern, .format, .minLength, .maxLength: [.string]
      case .min, .max: [.integer, .number]
      case .minItems, .maxItems, .items: [.array]
      case .properties, .values: [.object]
      }
    }
  }
}

extension TypeDraft {
  /// Keys of every type.
  static let fields: [Field<TypeDraft>] = kinds + texts + numbers + inner

  private static let kinds: [Field<TypeDraft>] = [
    .choice("type", \.type.kind, "What kind of value it is; any takes every JSON."),
    .text("description", \.type.description, .prose, "What it means; models read it."),
    .flag("nullable", \.type.isNullable, "Whether null is accepted; in a body it clears."),
    .node("enum", \.choices, "The only values accepted."),
    .node("examples", \.examples, "A list of values that are right."),
  ]

  private static let texts: [Field<TypeDraft>] = [
    .constraint(.pattern, .text(.word), "A regular expression that a string must match.") {
      node, draft, reader in
      draft.type.pattern = reader.pattern(node)
    },
    .constraint(.format, .choice(formats), "What a string is.") { node, draft, reader in
      draft.type.format = reader.parsed(
        node, expected: "one of " + formats.joined(separator: ", ")
      ) { ValueType.Format(rawValue: $0.text) }
    },
    .bound(.minLength, \.leastLength, "The fewest characters of a string."),
    .bound(.maxLength, \.mostLength, "The most characters of a string."),
  ]

  private static let numbers: [Field<TypeDraft>] = [
    .constraint(.min, .json, "The least number.") { node, draft, reader in
      draft.type.minimum = reader.number(node)
    },
    .constraint(.max, .json, "The greatest number.") { node, draft, reader in
      draft.type.maximum = reader.number(node)
    },
  ]

  private static let inner: [Field<TypeDraft>] = [
    .bound(.minItems, \.leastCount, "The fewest items of an array."),
    .bound(.maxItems, \.mostCount, "The most items of an array."),
    .constraint(.items, .type, "The type of an array's items.") { node, draft, reader in
      draft.type.items = reader.valueType(node).map { [$0] } ?? []
    },
    .constraint(.properties, .table(keys: nil, .type), "An object's members.") {
      node, draft, reader in
      draft.type.properties = reader.properties(node) ?? []
    },
    .constraint(.values, .type, "The type of an object's other members.") { node, draft, reader in
      draft.type.values = reader.valueType(node).map { [$0] } ?? []
    },
  ]

  /// Keys of a member of an object.
  static let propertyFields: [Field<TypeDraft>] =
    fields + [.flag("required", \.isRequired, "Whether it must be there.")]

  private static let formats: [String] = ValueType.Format.allCases.map(\.rawValue)
}

extension Field<TypeDraft> {
  fileprivate static func constraint(
    _ constraint: TypeDraft.Constraint, _ shape: KeyDescription.Shape, _ about: String,
    _ edit: @escaping @Sendable (Node, inout TypeDraft, inout Reader) -> Void
  ) -> Field {
    value(
      constraint.rawValue, about, shape,
      edit: { node, draft, reader in
        draft.only.append(Placed(value: constraint, position: node.position))
        edit(node, &draft, &reader)
      })
  }

  fileprivate static func bound(
    _ constraint: TypeDraft.Constraint, _ path: @autoclosure @escaping Path<Int?>, _ about: String
  ) -> Field {
    value(
      constraint.rawValue, about, .integer(0...1_000_000_000),
      edit: { node, draft, reader in
        draft.only.append(Placed(value: constraint, position: node.position))
        draft[keyPath: path()] = reader.whole(node, in: 0...1_000_000_000)
      })
  }
}

extension Reader {
  /// A number of JSON.
  mutating func number(_ node: Node) -> Double? {
    guard case .number(let number) = node.json, let value = number.double else {
      report("\(subject) must be a number", at: node.position)
      return nil
    }
    return value
  }

  /// A whole number.
  mutating func whole(_ node: Node, in range: ClosedRange<Int>) -> Int? {
    parsed(
      node, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
    ) { scalar in
      guard scalar.style == .plain, let quantity = Quantity.parse(scalar.text),
        quantity.unit.isEmpty, let number = Int(exactly: quantity.number)
      else { return nil }
      return range.contains(number) ? number : nil
    }
  }

  fileprivate mutating func pattern(_ node: Node) -> TextPattern? {
    guard let text = text(node, .word) else { return nil }
    do throws(TextPattern.Malformed) {
      return try TextPattern(text)
    } catch {
      report("\(subject) \(error.message)", at: node.position)
      return nil
    }
  }

  /// A type: one word, or a mapping.
  mutating func valueType(_ node: Node) -> ValueType? {
    var draft = TypeDraft()
    if let scalar = node.scalar {
      let words = ValueType.Kind.allCases.map(\.rawValue)
      let kind = parsed(
        node, expected: "a type: a mapping, or one of \(words.joined(separator: ", "))"
      ) {
        _ in ValueType.Kind(rawValue: scalar.text)
      }
      return kind.map { ValueType($0) }
    }
    read(node, into: &draft, by: TypeDraft.fields)
    return finished(draft, node.position)
  }

  fileprivate mutating func properties(_ node: Node) -> [ValueType.Property]? {
    table(node, keys: .foreignName) { pair, reader in
      if pair.value.scalar != nil {
        return reader.valueType(pair.value).map {
          ValueType.Property(name: pair.key, type: $0, isRequired: false)
        }
      }
      var draft = TypeDraft()
      reader.read(pair.value, into: &draft, by: TypeDraft.propertyFields)
      let type = reader.finished(draft, pair.value.position)
      return ValueType.Property(name: pair.key, type: type, isRequired: draft.isRequired)
    }
  }

  /// The type that a draft describes; reports what does not fit together.
  mutating func finished(_ draft: TypeDraft, _ position: Position) -> ValueType {
    var type = draft.type
    for constraint in draft.only where !constraint.value.kinds.contains(type.kind) {
      let kinds = constraint.value.kinds.map(\.rawValue).joined(separator: " or ")
      report(
        "'\(constraint.value.rawValue)' in \(subject) is for the type \(kinds), "
          + "not for \(type.kind.rawValue)", at: constraint.position)
    }
    type.length = range(draft.leastLength, draft.mostLength, "length", position)
    type.count = range(draft.leastCount, draft.mostCount, "items", position)
    if let low = type.minimum, let high = type.maximum, low > high {
      report("'min' in \(subject) is greater than 'max'", at: position)
    }
    if !type.properties.isEmpty { type.isOpen = !type.values.isEmpty }
    // Its own values are checked against the bare type first, then against each other.
    type.choices = literals(draft.choices, "enum", type)
    type.examples = literals(draft.examples, "examples", type)
    return type
  }

  private mutating func range(
    _ low: Int?, _ high: Int?, _ what: String, _ position: Position
  ) -> ClosedRange<Int>? {
    guard low != nil || high != nil else { return nil }
    let (low, high) = (low ?? 0, high ?? .max)
    guard low <= high else {
      report("'min_\(what)' in \(subject) is greater than 'max_\(what)'", at: position)
      return nil
    }
    return low...high
  }

  private mutating func literals(
    _ node: Node?, _ key: String, _ type: ValueType
  ) -> [JSONValue] {
    guard let node else { return [] }
    var values: [JSONValue] = []
    within(key) { reader in
      values = reader.list(node) { $1.literal($0, of: type) } ?? []
    }
    return values
  }

  /// A value of the manifest that must be one of `type`.
  mutating func literal(_ node: Node, of type: ValueType) -> JSONValue? {
    let value = node.json(as: type)
    var violations: [Violation] = []
    type.check(value, at: .pointer(""), into: &violations)
    guard let first = violations.first else { return value }
    let place = first.pointer.isEmpty ? "" : " at \(quoted(first.pointer))"
    report("\(subject)\(place) \(first.message)", at: node.position)
    return nil
  }
}
