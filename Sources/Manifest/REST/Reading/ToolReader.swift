import RawJSON
import YAML

/// Makes a tool of its draft and reports what in it does not fit together.
struct ToolReader {
  var context: ServiceContext
  let draft: ToolDraft
  let position: Position
  var tool: REST.Tool
  /// Steps before the one that is read.
  var knownSteps: [String] = []
  /// Whether the step that is read is the first.
  var isFirstStep = true
  /// Whether `item` means something where we are.
  var hasItem = false

  init(_ row: Row<ToolDraft>, in context: ServiceContext) {
    self.context = context
    draft = row.value
    position = row.position
    tool = draft.tool
    tool.name = row.name.value
  }

  var argumentNames: [String] { draft.arguments.map(\.name.value) }

  /// The tool, as far as it could be read.
  mutating func finish(_ reader: inout Reader) -> REST.Tool {
    if tool.description.isEmpty {
      reader.report("'description' is missing\(reader.place)", at: position)
    }
    reader.within("arguments") { readArguments(&$0) }
    tool.maxItems = draft.maxItems.flatMap { count($0, "max_items", 1...1_000_000, &reader) }
    readExecution(&reader)
    reader.within("arguments") { placeArguments(&$0) }
    tool.anyOf = draft.anyOf.map { checked($0, &reader) }
    tool.result.fields = draft.fields.compactMap { reader.valuePath($0) }
    tool.result.schema = draft.schema
    annotate()
    checkUses(&reader)
    return tool
  }

  // MARK: Arguments

  private mutating func readArguments(_ reader: inout Reader) {
    for row in draft.arguments {
      let name = row.name.value
      reader.within(name) { reader in
        var argument = reader.argument(name, row.value, row.position)
        if let config = row.value.configName {
          take(config, for: &argument, &reader)
          if row.value.fallback != nil {
            reader.report(
              "\(reader.subject) has both 'default' and 'default_from'", at: config.position)
          }
        }
        for other in row.value.notWith + row.value.needs + row.value.fallbackUnless {
          _ = checked(other, &reader)
        }
        tool.arguments.append(argument)
      }
    }
  }

  private func take(
    _ config: Placed<String>, for argument: inout REST.Argument, _ reader: inout Reader
  ) {
    guard context.configNames.contains(where: { $0.utf8.elementsEqual(config.value.utf8) }) else {
      return reader.reportUnknown("name in rest.config", config, among: context.configNames)
    }
    argument.configName = config.value
    guard let text = context.service.configured(config.value) else { return }
    let scalar = Scalar(text: text, style: .plain)
    let value = Node(.scalar(scalar), at: config.position).json(as: argument.type)
    var violations: [Violation] = []
    argument.type.check(value, at: .pointer(""), into: &violations)
    if let first = violations.first {
      reader.report(
        "\(reader.subject): its value in rest.config \(first.message)", at: config.position)
    } else {
      argument.fallback = value
    }
  }

  /// The name of an argument; reports one that does not exist.
  func checked(_ name: Placed<String>, _ reader: inout Reader) -> String {
    if !argumentNames.contains(where: { $0.utf8.elementsEqual(name.value.utf8) }) {
      reader.reportUnknown("argument of this tool", name, among: argumentNames)
    }
    return name.value
  }

  func condition(_ draft: ConditionDraft, _ reader: inout Reader) -> REST.Condition? {
    if let when = draft.when, draft.unless != nil {
      reader.report("\(reader.subject) has both 'when' and 'unless'", at: when.position)
    }
    if let when = draft.when {
      return REST.Condition(argument: checked(when, &reader), isNegated: false)
    }
    return draft.unless.map {
      REST.Condition(argument: checked($0, &reader), isNegated: true)
    }
  }

  /// A number, or the name of an argument that always has one.
  func count(
    _ node: Node, _ key: String, _ range: ClosedRange<Int>, _ reader: inout Reader
  ) -> REST.Count? {
    var count: REST.Count?
    reader.within(key) { reader in
      if case .number = node.json {
        count = reader.whole(node, in: range).map { .fixed($0) }
        return
      }
      guard let text = reader.text(node, .foreignName) else { return }
      let name = checked(Placed(value: text, position: node.position), &reader)
      if let argument = tool.argument(name) {
        if argument.type.kind != .integer || argument.fallback?.intValue == nil {
          reader.report(
            "\(reader.subject) needs an argument of type integer with a default",
            at: node.position)
        }
        count = .argument(name)
      }
    }
    return count
  }

  // MARK: Annotations

  private mutating func annotate() {
    let methods = tool.operations.map(\.method)
    // Calls of other tools may do whatever those do.
    let callsTools = tool.batchStep != nil
    let given = draft.annotations
    let isReadOnly = given.readOnly ?? (!callsTools && methods.allSatisfy(\.isSafe))
    tool.annotations.isReadOnly = isReadOnly
    tool.annotations.isDestructive =
      given.destructive
      ?? (!isReadOnly && (callsTools || methods.contains { $0 != .get && $0 != .post }))
    tool.annotations.isIdempotent =
      given.idempotent ?? (isReadOnly || (!callsTools && methods.allSatisfy(\.isIdempotent)))
    tool.annotations.isOpenWorld = given.openWorld ?? true
  }

  // MARK: Keys that need each other

  private func checkUses(_ reader: inout Reader) {
    let operations = tool.operations
    if draft.maxItems != nil, !operations.contains(where: { $0.paging != nil }),
      !tool.steps.contains(where: { if case .each = $0.action { true } else { false } })
    {
      reader.report("'max_items'\(reader.place) needs 'paging' or a step with 'each'", at: position)
    }
    if tool.isBatchable {
      let places =
        tool.arguments.compactMap(\.place) + operations.flatMap { $0.values.map(\.place) }
      let isPlain = places.allSatisfy { $0.position != .form && $0.position != .header }
      if !tool.steps.isEmpty || !isPlain {
        reader.report(
          "'batch'\(reader.place) is for tools of one request without form and headers",
          at: position)
      }
    }
  }
}

extension REST.Tool {
  /// All requests that a call may send by itself.
  package var operations: [REST.Operation] {
    switch execution {
    case .operations(let operations): operations
    case .steps(let steps): steps.compactMap(\.operation)
    }
  }

  /// The steps; empty for a tool of one request.
  package var steps: [REST.Step] {
    if case .steps(let steps) = execution { steps } else { [] }
  }

  /// The step that calls other tools.
  package var batchStep: REST.Step.Batch? {
    for case .batch(let batch) in steps.map(\.action) { return batch }
    return nil
  }
}

extension REST.Step {
  /// The request of the step; nil for `batch` and `collect`.
  package var operation: REST.Operation? {
    switch action {
    case .call(let operation): operation
    case .each(let each): each.operation
    case .until(let until): until.operation
    case .batch, .collect: nil
    }
  }
}
