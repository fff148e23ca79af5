import RawJSON
import YAML

/// A request while it is read: the keys that tools, steps and choices share.
struct OperationDraft: Sendable {
  /// Methods and paths; exactly one is right.
  var requests: [(method: REST.Method, path: Placed<String>)] = []
  /// Values of the manifest, in the order of the file.
  var values: [ValueDraft] = []
  var envelope: EnvelopeDraft?
  var paging: PagingChoice?
  var keep: [Placed<FilterDraft>] = []
  var lanes: [Placed<String>] = []

  enum PagingChoice: Sendable {
    case flag(Bool, Position)
    case keys(PagingDraft, Position)
  }

  /// A value of the manifest and the name that it goes to.
  struct ValueDraft: Sendable {
    var position: REST.Position
    var name: Placed<String>
    var node: Node
  }

  static let fields: [Field<OperationDraft>] =
    REST.Method.allCases.map { .request($0) } + [
      .values("path", .path, "Values for names in the path."),
      .values("query", .query, "Query parameters with values of the manifest."),
      .values("headers", .header, "Headers with values of the manifest."),
      .values("body", .body, "Members of the body with values of the manifest."),
      .values("form", .form, "Fields of the form with values of the manifest."),
      .envelope("envelope", \.envelope, "In place of rest.envelope; '' is none."),
      .paging("paging", \.paging, "Whether all pages are read; keys of rest.paging change it."),
      .parts(
        "keep", \.keep, "Items of the answer's list that are kept: those that pass every test.",
        { FilterDraft.fields }, { FilterDraft() }),
      .names("lanes", \.lanes, .foreignName, "Lanes of rest.lanes whose scope is named."),
    ]
}

/// A condition while it is read.
struct ConditionDraft: Sendable {
  var when: Placed<String>?
  var unless: Placed<String>?

  static let fields: [Field<ConditionDraft>] = [
    .name("when", \.when, .foreignName, "Only if this argument has a value other than false."),
    .name("unless", \.unless, .foreignName, "Only if this argument has no value or false."),
  ]
}

/// A test of an item while it is read.
struct FilterDraft: Sendable {
  var field: Placed<String>?
  var equals: Node?
  var differs: Node?
  var above: Node?
  var missing: Bool?
  var condition = ConditionDraft()

  static let fields: [Field<FilterDraft>] =
    [
      .name("field", \.field, .foreignName, "The member of the item, such as type."),
      .node("equals", \.equals, "The value that it must have."),
      .node("differs", \.differs, "A value that it must not have."),
      .node("above", \.above, "A number that it must be greater than."),
      .flag("missing", \.missing, "Whether it must be absent or null, or must not."),
    ] + ConditionDraft.fields.map { $0.lifted(to: \.condition) }
}

/// A choice of operations while it is read.
struct ChoiceDraft: Sendable {
  var condition = ConditionDraft()
  var operation = OperationDraft()

  static let fields: [Field<ChoiceDraft>] =
    ConditionDraft.fields.map { $0.lifted(to: \.condition) }
    + OperationDraft.fields.map { $0.lifted(to: \.operation) }
}

/// What bodies are wrapped in while it is read.
struct EnvelopeDraft: Sendable {
  var request: String?
  var answer: String?

  static let fields: [Field<EnvelopeDraft>] = [
    .text("request", \.request, .empty, "The member that a body is put into."),
    .text("answer", \.answer, .empty, "The member that an answer is taken from."),
  ]
}

extension TextRule {
  /// A name of the API's, or nothing.
  static let empty = TextRule(alphabet: nil, length: 0...256)
}

extension Field {
  /// A key whose node is looked at later.
  static func node(_ key: String, _ path: @autoclosure @escaping Path<Node?>, _ about: String)
    -> Field
  {
    value(key, path(), about, .json, show: { _ in nil }, parse: { node, _ in node })
  }

  /// A word for both, or a mapping.
  static func envelope(
    _ key: String, _ path: @autoclosure @escaping Path<EnvelopeDraft?>, _ about: String
  ) -> Field {
    let keys = EnvelopeDraft.fields.compactMap { $0.describe(EnvelopeDraft()) }
    return value(
      key, path(), about, .either([.text(.empty), .section(keys)]), show: { _ in nil },
      parse: { node, reader in
        var envelope = EnvelopeDraft()
        if node.scalar != nil {
          guard let word = reader.text(node, .empty) else { return nil }
          return EnvelopeDraft(request: word, answer: word)
        }
        reader.read(node, into: &envelope, by: EnvelopeDraft.fields)
        return envelope
      })
  }

  fileprivate static func paging(
    _ key: String, _ path: @autoclosure @escaping Path<OperationDraft.PagingChoice?>,
    _ about: String
  ) -> Field {
    let keys = PagingDraft.fields.compactMap { $0.describe(PagingDraft()) }
    return value(
      key, path(), about, .either([.boolean, .section(keys)]), show: { _ in nil },
      parse: { node, reader in
        if case .bool(let flag) = node.json { return .flag(flag, node.position) }
        var paging = PagingDraft()
        reader.read(node, into: &paging, by: PagingDraft.fields)
        return .keys(paging, node.position)
      })
  }
}

extension Field<OperationDraft> {
  fileprivate static func request(_ method: REST.Method) -> Field {
    value(
      method.rawValue, "The path of a request by \(method.rawValue.uppercased()).",
      .text(.path),
      edit: { node, draft, reader in
        guard let text = reader.text(node, .path) else { return }
        draft.requests.append((method, Placed(value: text, position: node.position)))
      })
  }

  fileprivate static func values(
    _ key: String, _ position: REST.Position, _ about: String
  ) -> Field {
    value(
      key, about, .table(keys: nil, .json),
      edit: { node, draft, reader in
        let values = reader.table(node, keys: .foreignName) { pair, _ in
          OperationDraft.ValueDraft(
            position: position, name: Placed(value: pair.key, position: pair.keyPosition),
            node: pair.value)
        }
        draft.values += values ?? []
      })
  }
}
