import RawJSON
import YAML

/// A tool of a REST service while it is read.
struct ToolDraft: Sendable {
  var tool = REST.Tool(name: "")
  var annotations = AnnotationsDraft()
  var arguments: [Row<ArgumentDraft>] = []
  var anyOf: [Placed<String>] = []
  var operation = OperationDraft()
  var choices: [Placed<ChoiceDraft>] = []
  var steps: [Placed<StepDraft>] = []
  var fields: [Placed<String>] = []
  var schema: ValueType?
  var maxItems: Node?
  var aliases: [Placed<String>] = []

  struct AnnotationsDraft: Sendable {
    var readOnly: Bool?
    var destructive: Bool?
    var idempotent: Bool?
    var openWorld: Bool?

    static let fields: [Field<AnnotationsDraft>] = [
      .flag("readOnly", \.readOnly, "Changes nothing; by default whether all requests are get."),
      .flag(
        "destructive", \.destructive, "May undo something; by default if not only get and post."),
      .flag(
        "idempotent", \.idempotent, "Twice is the same as once; by default without post, patch."),
      .flag("openWorld", \.openWorld, "Works on a world that others change; true if left out."),
    ]
  }

  static let keys: [Field<ToolDraft>] =
    [
      .text("title", \.tool.title, TextRule(alphabet: nil, length: 1...256), "A name for people."),
      .text("description", \.tool.description, .prose, "What it does; models read it."),
      .text("category", \.tool.category, .foreignName, "A word to sort tools by."),
      .choice("priority", \.tool.priority, "Who goes first where requests wait."),
      .section(
        "annotations", \.annotations, "Hints for clients.", { AnnotationsDraft.fields }),
      .rows(
        "arguments", \.arguments, .foreignName,
        "What a call may give, in this order; a word is a type.",
        { ArgumentDraft.fields }, { ArgumentDraft() }, short: { ArgumentDraft(word: $0, &$1) }),
      .names("any_of", \.anyOf, .foreignName, "Arguments of which at least one must have a value."),
    ] + OperationDraft.fields.map { $0.lifted(to: \.operation) } + [
      .parts(
        "operations", \.choices, "Requests to choose from: the first whose condition holds.",
        { ChoiceDraft.fields }, { ChoiceDraft() }),
      .parts(
        "steps", \.steps, "Several requests, one step after the other.", { StepDraft.fields },
        { StepDraft() }),
      .section("result", \.self, "What the tool gives back.", { resultKeys }),
      .node(
        "max_items", \.maxItems, "Items at most: a number, or the name of an argument."),
      .span(
        "cache", \.tool.cache, in: .milliseconds(1)...GatewayConfiguration.longest,
        "How long an answer stays true: of tools that only read, it is given again."),
      .span(
        "estimate", \.tool.estimate, in: .milliseconds(1)...GatewayConfiguration.longest,
        "How long a call takes; a hint in _meta."),
      .flag("batch", \.tool.isBatchable, "Whether a batch step may call it; also a hint in _meta."),
      .flag("task", \.tool.isTask, "Whether the gateway offers its calls as tasks."),
      .choice("stream", \.tool.stream, "What is told while a call runs."),
      .span(
        "timeout", \.tool.timeout, in: .milliseconds(1)...GatewayConfiguration.longest,
        "Of a call; by default limits.timeout."),
      .names("aliases", \.aliases, .tool, "Further names that the tool is listed under."),
    ]

  private static let resultKeys: [Field<ToolDraft>] = [
    .names("fields", \.fields, .foreignName, "Members to keep of the answer or of each item."),
    .valueType("schema", \.schema, "The type of the answer; the tool's output schema."),
  ]
}

extension Field {
  fileprivate static func valueType(
    _ key: String, _ path: @autoclosure @escaping Path<ValueType?>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .type, show: { _ in nil },
      parse: { node, reader in reader.valueType(node) })
  }
}
