import RawJSON
import YAML

extension ToolReader {
  /// What a call does: one of `get` and its like, `operations` and `steps`.
  mutating func readExecution(_ reader: inout Reader) {
    let ways = [
      !draft.operation.requests.isEmpty, !draft.choices.isEmpty, !draft.steps.isEmpty,
    ]
    guard ways.filter({ $0 }).count == 1 else {
      let words = "one of 'get', 'post', 'put', 'patch', 'delete', 'operations' and 'steps'"
      return reader.report("\(reader.subject) needs exactly \(words)", at: position)
    }
    if ways[0] {
      let operation = operation(draft.operation, at: position, &reader)
      tool.execution = .operations(operation.map { [$0] } ?? [])
    } else {
      refuseSharedKeys(&reader)
      if ways[1] { readChoices(&reader) } else { readSteps(&reader) }
    }
  }

  /// Keys of a request beside `operations` or `steps` would mean nothing.
  private func refuseSharedKeys(_ reader: inout Reader) {
    let operation = draft.operation
    let place =
      operation.values.first?.name.position ?? operation.lanes.first?.position
      ?? operation.keep.first?.position
    let isUsed = place != nil || operation.paging != nil || operation.envelope != nil
    guard isUsed else { return }
    reader.report(
      "keys of a request\(reader.place) stand in each of 'operations' or 'steps', not beside them",
      at: place ?? position)
  }

  private mutating func readChoices(_ reader: inout Reader) {
    var operations: [REST.Operation] = []
    for (index, choice) in draft.choices.enumerated() {
      reader.within("operations") { reader in
        reader.within("\(index + 1)") { reader in
          guard var operation = operation(choice.value.operation, at: choice.position, &reader)
          else { return }
          operation.condition = condition(choice.value.condition, &reader)
          if operation.condition == nil, index < draft.choices.count - 1 {
            reader.report(
              "\(reader.subject) has no 'when', so those after it are never chosen",
              at: choice.position)
          }
          operations.append(operation)
        }
      }
    }
    tool.execution = .operations(operations)
  }

  /// A request with everything that the service and the file around it say about it.
  mutating func operation(
    _ draft: OperationDraft, at position: Position, _ reader: inout Reader
  ) -> REST.Operation? {
    guard draft.requests.count == 1, let request = draft.requests.first else {
      reader.report(
        "\(reader.subject) needs exactly one of 'get', 'post', 'put', 'patch' and 'delete'",
        at: position)
      return nil
    }
    guard let path = reader.pathTemplate(request.path) else { return nil }
    var operation = REST.Operation(method: request.method, path: path)
    operation.requestEnvelope = context.requestEnvelope
    operation.answerEnvelope = context.answerEnvelope
    if let envelope = draft.envelope {
      if let word = envelope.request { operation.requestEnvelope = word.isEmpty ? nil : word }
      if let word = envelope.answer { operation.answerEnvelope = word.isEmpty ? nil : word }
    }
    operation.paging = paging(draft.paging, of: request.method, &reader)
    operation.keep = filters(draft.keep, "keep", &reader)
    operation.lanes = context.lanes(of: request.method, named: draft.lanes, &reader)
    operation.takesArguments = self.draft.steps.isEmpty || isFirstStep
    operation.values = draft.values.compactMap { placed($0, &reader) }
    for value in draft.values where value.position == .path {
      if !path.parameters.contains(where: { $0.utf8.elementsEqual(value.name.value.utf8) }) {
        reader.reportUnknown("name in the path", value.name, among: path.parameters)
      }
    }
    return operation
  }

  private func paging(
    _ choice: OperationDraft.PagingChoice?, of method: REST.Method, _ reader: inout Reader
  ) -> REST.Paging? {
    var paging: REST.Paging?
    switch choice {
    case nil, .flag(false, _): return nil
    case .flag(true, let position):
      guard let service = context.paging else {
        reader.report("'paging: true'\(reader.place) needs 'rest.paging'", at: position)
        return nil
      }
      // The service's own mistakes have been told.
      var quiet = Reader(file: reader.file, variables: reader.variables)
      paging = quiet.paging(service, position)
    case .keys(let keys, let position):
      reader.within("paging") { paging = $0.paging(keys.over(context.paging), position) }
    }
    return paging
  }

  func filters(
    _ drafts: [Placed<FilterDraft>], _ key: String, _ reader: inout Reader
  ) -> [REST.Filter] {
    drafts.compactMap { draft in
      var filter: REST.Filter?
      reader.within(key) { reader in
        guard let field = draft.value.field, let test = test(draft, &reader) else {
          return reader.report(
            "\(reader.subject) needs 'field' and one of 'equals', 'differs', 'above' and 'missing'",
            at: draft.position)
        }
        guard let path = reader.valuePath(field) else { return }
        filter = REST.Filter(
          field: path, test: test, condition: condition(draft.value.condition, &reader))
      }
      return filter
    }
  }

  /// The one test of a filter; nil if there is none or more than one.
  private func test(_ draft: Placed<FilterDraft>, _ reader: inout Reader) -> REST.Filter.Test? {
    let value = draft.value
    var tests: [REST.Filter.Test] = []
    if let node = value.equals { tests.append(.equals(node.json)) }
    if let node = value.differs { tests.append(.differs(node.json)) }
    if let node = value.above, let number = reader.number(node) { tests.append(.above(number)) }
    if let missing = value.missing { tests.append(missing ? .equals(.null) : .differs(.null)) }
    return tests.count == 1 ? tests[0] : nil
  }

  // MARK: Values of the manifest

  private func placed(
    _ draft: OperationDraft.ValueDraft, _ reader: inout Reader
  ) -> REST.PlacedValue? {
    guard var place = reader.place(draft.position, draft.name) else { return nil }
    for case .argument(let name) in place.name {
      _ = checked(Placed(value: name, position: draft.name.position), &reader)
    }
    guard draft.node.pairs != nil else {
      return REST.PlacedValue(place: place, source: .literal(draft.node.json))
    }
    var value = ValueKeys()
    var source: REST.PlacedValue.Source?
    reader.within(draft.name.value) { reader in
      reader.read(draft.node, into: &value, by: ValueKeys.fields)
      if let from = value.from, let reference = reader.reference(from) {
        check(reference, at: from.position, &reader)
        source = .reference(reference)
      } else if let literal = value.value {
        source = .literal(literal.json)
      }
      if (value.from == nil) == (value.value == nil) {
        reader.report("\(reader.subject) needs one of 'from' and 'value'", at: draft.node.position)
      }
    }
    if let style = value.style { place.style = style.value }
    guard let source else { return nil }
    return REST.PlacedValue(
      place: place, source: source, condition: condition(value.condition, &reader))
  }

  /// Reports a reference to something that is not there, or not there yet.
  func check(_ reference: REST.Reference, at position: Position, _ reader: inout Reader) {
    switch reference.root {
    case .argument(let name): _ = checked(Placed(value: name, position: position), &reader)
    case .config(let name):
      if !context.configNames.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
        reader.reportUnknown(
          "name in rest.config", Placed(value: name, position: position),
          among: context.configNames)
      }
    case .step(let name), .count(let name):
      if !knownSteps.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
        reader.reportUnknown(
          "step before this one", Placed(value: name, position: position), among: knownSteps)
      }
    case .item:
      if !hasItem {
        reader.report("'item' in \(reader.subject) has a meaning in 'each' only", at: position)
      }
    case .truncated:
      if draft.maxItems == nil {
        reader.report("'truncated' in \(reader.subject) needs 'max_items'", at: position)
      }
    }
  }
}

/// The long form of a value of the manifest.
struct ValueKeys: Sendable {
  var value: Node?
  var from: Placed<String>?
  var style: Placed<REST.ListStyle>?
  var condition = ConditionDraft()

  static let fields: [Field<ValueKeys>] =
    [
      .node("value", \.value, "The value."),
      .name("from", \.from, .foreignName, "A reference to it."),
      .placed("style", \.style, "How a list is written."),
    ] + ConditionDraft.fields.map { $0.lifted(to: \.condition) }
}
