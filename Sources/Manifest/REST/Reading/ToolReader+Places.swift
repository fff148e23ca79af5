import RawJSON
import YAML

extension ToolReader {
  /// The requests that arguments with a place belong to: all choices, or the first step.
  private var receivers: [REST.Operation] {
    switch tool.execution {
    case .operations(let operations): operations
    case .steps(let steps): steps.prefix(1).compactMap(\.operation)
    }
  }

  /// Gives each argument its place and reports those that have none or the same one.
  mutating func placeArguments(_ reader: inout Reader) {
    for (index, row) in draft.arguments.enumerated() where index < tool.arguments.count {
      reader.within(row.name.value) { reader in
        tool.arguments[index].place = place(of: row, &reader)
      }
    }
    for operation in receivers { checkPath(operation, &reader) }
    for step in tool.steps.dropFirst() {
      if let operation = step.operation { checkPath(operation, &reader, withArguments: false) }
    }
    checkPathNames(&reader)
    checkCollisions(&reader)
    checkUnused(&reader)
  }

  private func place(of row: Row<ArgumentDraft>, _ reader: inout Reader) -> REST.Place? {
    let draft = row.value
    let name = draft.alias ?? row.name
    guard let position = position(of: draft, name.value) else {
      if let alias = draft.alias {
        reader.report("\(reader.subject) goes nowhere, so 'as' has no meaning", at: alias.position)
      }
      return nil
    }
    guard var place = reader.place(position, name) else { return nil }
    for case .argument(let other) in place.name {
      let other = Placed(value: other, position: name.position)
      _ = checked(other, &reader)
      let kind = tool.argument(other.value)?.type.kind
      if let kind, kind != .string, kind != .integer {
        reader.report(
          "\(quoted(other.value)) in \(reader.subject) must be of type string or integer to be a "
            + "name", at: name.position)
      }
    }
    if let style = draft.style { place.style = style.value }
    place.wraps = draft.wraps
    check(place, of: row, at: position, named: name, &reader)
    if let file = draft.file {
      place.file = filePart(file, position, draft.type.type.kind, &reader)
    }
    if position == .body, receivers.contains(where: { $0.method == .get }) {
      reader.report(
        "\(reader.subject) goes into a body, which 'get' does not have", at: row.position)
    }
    return place
  }

  /// Whether what the argument is can stand where it goes.
  private func check(
    _ place: REST.Place, of row: Row<ArgumentDraft>, at position: REST.Position,
    named name: Placed<String>, _ reader: inout Reader
  ) {
    let type = row.value.type.type
    if place.spreads, type.kind != .object || place.wraps {
      reader.report(
        "\(reader.subject) is spread by '*', so it must be an object", at: name.position)
    }
    if position == .path, [.array, .object, .any].contains(type.kind) {
      reader.report(
        "\(reader.subject) goes into the path, so it must be a scalar", at: row.position)
    }
    if type.isNullable, position != .body {
      reader.report("\(reader.subject) is nullable, which is for the body only", at: row.position)
    }
  }

  private func position(of draft: ArgumentDraft, _ name: String) -> REST.Position? {
    if let word = draft.position { return word.value.position }
    if draft.file != nil { return .form }
    if !draft.operationHasSteps(tool) {
      let isInPath = receivers.contains {
        $0.path.parameters.contains { $0.utf8.elementsEqual(name.utf8) }
      }
      if isInPath { return .path }
      if receivers.isEmpty { return nil }
      return receivers.allSatisfy { $0.method == .get || $0.method == .delete } ? .query : .body
    }
    return nil
  }

  private func filePart(
    _ draft: Placed<ArgumentDraft.FileDraft>, _ position: REST.Position, _ kind: ValueType.Kind,
    _ reader: inout Reader
  ) -> REST.FilePart? {
    if position != .form || kind != .string {
      reader.report(
        "\(reader.subject) is a file, so it must be a string in a form", at: draft.position)
    }
    var part = REST.FilePart()
    part.nameArgument = draft.value.name.map { checked($0, &reader) }
    part.typeArgument = draft.value.type.map { checked($0, &reader) }
    return part
  }

  // MARK: Checks

  /// Every name in a path has exactly one source.
  private func checkPath(
    _ operation: REST.Operation, _ reader: inout Reader, withArguments: Bool = true
  ) {
    for name in operation.path.parameters {
      let isValue = operation.values.contains { $0.place.isPath(name) }
      let isArgument = withArguments && tool.arguments.contains { $0.place?.isPath(name) ?? false }
      guard !isValue, !isArgument else { continue }
      reader.report("nothing goes into {\(name)} of the path of 'tools.\(tool.name)'", at: position)
    }
  }

  /// An argument in the path has a name in some path.
  private func checkPathNames(_ reader: inout Reader) {
    for (argument, row) in zip(tool.arguments, draft.arguments) {
      guard let place = argument.place, place.position == .path else { continue }
      let isInAPath = receivers.contains { operation in
        operation.path.parameters.contains { place.isPath($0) }
      }
      if !isInAPath {
        reader.report(
          "\(quoted(row.name.value)) in \(reader.subject) goes into a path that has no such name",
          at: row.position)
      }
    }
  }

  /// Two arguments that could be in one request must not go to one place.
  private func checkCollisions(_ reader: inout Reader) {
    for (index, argument) in tool.arguments.enumerated() {
      guard let place = argument.place else { continue }
      for (earlier, other) in tool.arguments[..<index].enumerated() {
        guard let otherPlace = other.place, place.collides(with: otherPlace) else { continue }
        let excluded =
          argument.notWith.contains { $0.utf8.elementsEqual(other.name.utf8) }
          || other.notWith.contains { $0.utf8.elementsEqual(argument.name.utf8) }
        if excluded { continue }
        reader.report(
          "\(quoted(argument.name)) in \(reader.subject) goes to the same place as "
            + quoted(draft.arguments[earlier].name.value), at: draft.arguments[index].position)
      }
    }
  }

  /// Arguments that nothing uses are a mistake: a model would give them for nothing.
  private func checkUnused(_ reader: inout Reader) {
    let used = tool.namesInUse
    let sendsNothing = tool.steps.first.map { $0.operation == nil } ?? false
    for (argument, row) in zip(tool.arguments, draft.arguments) {
      if argument.place != nil, sendsNothing {
        reader.report(
          "\(quoted(row.name.value)) in \(reader.subject) has a place, but the first step sends no "
            + "request of its own", at: row.position)
      }
      if argument.place == nil, !used.contains(Array(argument.name.utf8)) {
        reader.report(
          "\(quoted(row.name.value)) in \(reader.subject) goes nowhere and nothing refers to it",
          at: row.position)
      }
    }
  }
}

extension REST.Tool {
  /// The names of arguments that something but a place and `not_with` refers to, as bytes.
  fileprivate var namesInUse: Set<[UInt8]> {
    var names = Set<[UInt8]>()
    func use(_ name: String?) { if let name { names.insert(Array(name.utf8)) } }
    func use(_ reference: REST.Reference) {
      if case .argument(let name) = reference.root { use(name) }
    }
    func use(_ place: REST.Place?) {
      for case .argument(let name) in place?.name ?? [] { use(name) }
      use(place?.file?.nameArgument)
      use(place?.file?.typeArgument)
    }
    func use(_ filters: [REST.Filter]) { for filter in filters { use(filter.condition?.argument) } }
    for argument in arguments { use(argument.place) }
    if case .argument(let name)? = maxItems { use(name) }
    for operation in operations {
      use(operation.condition?.argument)
      use(operation.keep)
      for value in operation.values {
        use(value.place)
        use(value.condition?.argument)
        if case .reference(let reference) = value.source { use(reference) }
      }
    }
    for step in steps {
      use(step.condition?.argument)
      switch step.action {
      case .each(let each):
        use(each.of)
        use(each.only)
        if case .argument(let name) = each.levels { use(name) }
      case .batch(let batch):
        use(batch.of)
        use(batch.stop?.argument)
      case .collect(let members): for member in members { use(member.value) }
      case .call, .until: break
      }
    }
    return names
  }
}

extension ArgumentDraft {
  fileprivate func operationHasSteps(_ tool: REST.Tool) -> Bool { !tool.steps.isEmpty }
}

extension REST.Place {
  fileprivate func isPath(_ parameter: String) -> Bool {
    guard position == .path, case .name(let name)? = name.first else { return false }
    return name.utf8.elementsEqual(parameter.utf8)
  }

  /// Whether both would write the same parameter, header or member.
  fileprivate func collides(with other: REST.Place) -> Bool {
    guard position == other.position, !spreads, !other.spreads else { return false }
    if position != .body { return name == other.name }
    // One member cannot be a value and hold members.
    return name.starts(with: other.name) || other.name.starts(with: name)
  }
}
