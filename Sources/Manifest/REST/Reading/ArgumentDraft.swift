import RawJSON
import YAML

/// An argument of a tool while it is read.
struct ArgumentDraft: Sendable {
  var type = TypeDraft()
  var isRequired = false
  var fallback: Node?
  var configName: Placed<String>?
  var fallbackUnless: [Placed<String>] = []
  var position: Placed<Target>?
  /// The name in the request; nil is the argument's own.
  var alias: Placed<String>?
  var style: Placed<REST.ListStyle>?
  var wraps = false
  var file: Placed<FileDraft>?
  var notWith: [Placed<String>] = []
  var needs: [Placed<String>] = []

  /// The words of `in`.
  enum Target: String, CaseIterable, Sendable {
    case path, query, header, body, form, none

    var position: REST.Position? { REST.Position(rawValue: rawValue) }
  }

  struct FileDraft: Sendable {
    var name: Placed<String>?
    var type: Placed<String>?

    static let fields: [Field<FileDraft>] = [
      .name("name", \.name, .foreignName, "The argument that holds the file's name."),
      .name("type", \.type, .foreignName, "The argument that holds its media type."),
    ]
  }

  init() {}

  /// An argument that is a word, its type.
  init?(word node: Node, _ reader: inout Reader) {
    guard let kind = reader.valueType(node)?.kind else { return nil }
    type.type.kind = kind
  }

  static let fields: [Field<ArgumentDraft>] =
    TypeDraft.fields.map { $0.lifted(to: \.type) } + [
      .flag("required", \.isRequired, "Whether a call must give it."),
      .node("default", \.fallback, "What is used when a call gives none."),
      .name("default_from", \.configName, .foreignName, "The name in rest.config of its default."),
      .names(
        "default_unless", \.fallbackUnless, .foreignName,
        "Arguments that, when given, leave this one without its default."),
      .placed(
        "in", \.position,
        "Where it goes; by default into the path if that has its name, else into the query of "
          + "get and delete and the body of others, and nowhere with steps."),
      .name("as", \.alias, .foreignName, "Its name there, if it is another one."),
      .placed(
        "style", \.style,
        "How a list is written: as a,b or once for each or as JSON; by default json in a body."),
      .flag("wrap", \.wraps, "Whether the value is put into a list of one."),
      .part(
        "file", \.file, "Makes it a file of a form: the value is its content in base64.",
        { FileDraft.fields }, { FileDraft() }),
      .names("not_with", \.notWith, .foreignName, "Arguments that must not be given beside it."),
      .names("needs", \.needs, .foreignName, "Arguments of which one must have a value."),
    ]
}

extension Field {
  /// A word of an enumeration, with its place.
  static func placed<Choice>(
    _ key: String, _ path: @autoclosure @escaping Path<Placed<Choice>?>, _ about: String
  ) -> Field
  where Choice: RawRepresentable<String> & CaseIterable & Sendable {
    let words = Choice.allCases.map(\.rawValue)
    return value(
      key, path(), about, .choice(words), show: { _ in nil },
      parse: { node, reader in
        let word = reader.parsed(node, expected: "one of " + words.joined(separator: ", ")) {
          scalar in
          Choice.allCases.first { $0.rawValue.utf8.elementsEqual(scalar.text.utf8) }
        }
        return word.map { Placed(value: $0, position: node.position) }
      })
  }
}

extension Reader {
  /// The argument without its place in the request.
  mutating func argument(_ name: String, _ draft: ArgumentDraft, _ position: Position)
    -> REST.Argument
  {
    var argument = REST.Argument(name: name)
    argument.type = finished(draft.type, position)
    argument.isRequired = draft.isRequired
    argument.notWith = draft.notWith.map(\.value)
    argument.needs = draft.needs.map(\.value)
    argument.fallbackUnless = draft.fallbackUnless.map(\.value)
    if let first = draft.fallbackUnless.first, draft.fallback == nil, draft.configName == nil {
      report("'default_unless' in \(subject) needs 'default' or 'default_from'", at: first.position)
    }
    if let node = draft.fallback {
      within("default") { reader in
        argument.fallback = reader.literal(node, of: argument.type)
      }
      argument.showsFallback = argument.fallback != nil
      if draft.isRequired {
        report("\(subject) is required, so its default is never used", at: node.position)
      }
    }
    return argument
  }
}
