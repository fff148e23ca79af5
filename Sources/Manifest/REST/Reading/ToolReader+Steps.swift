import RawJSON
import YAML

extension ToolReader {
  mutating func readSteps(_ reader: inout Reader) {
    var steps: [REST.Step] = []
    for (index, draft) in draft.steps.enumerated() {
      isFirstStep = index == 0
      reader.within("steps") { reader in
        reader.within(draft.value.name?.value ?? "\(index + 1)") { reader in
          guard let step = step(draft, isLast: index == self.draft.steps.count - 1, &reader) else {
            return
          }
          steps.append(step)
          knownSteps.append(step.name)
        }
      }
    }
    tool.execution = .steps(steps)
  }

  private mutating func step(
    _ draft: Placed<StepDraft>, isLast: Bool, _ reader: inout Reader
  ) -> REST.Step? {
    guard let action = action(draft, isLast: isLast, &reader) else { return nil }
    var name = draft.value.name?.value ?? ""
    if case .collect = action {
      name = "collect"
    } else if draft.value.name == nil {
      reader.report("\(reader.subject) needs 'name'", at: draft.position)
    }
    if let placed = draft.value.name, knownSteps.contains(placed.value) {
      reader.report("a step before it is named \(quoted(placed.value)) too", at: placed.position)
    }
    var step = REST.Step(name: name, action: action)
    step.condition = condition(draft.value.condition, &reader)
    step.message = draft.value.message
    return step
  }

  private mutating func action(
    _ draft: Placed<StepDraft>, isLast: Bool, _ reader: inout Reader
  ) -> REST.Step.Action? {
    let step = draft.value
    let kinds = [
      step.call != nil, step.each != nil, step.until != nil, step.batch != nil,
      !step.collect.isEmpty,
    ]
    guard kinds.filter({ $0 }).count == 1 else {
      reader.report(
        "\(reader.subject) needs exactly one of 'call', 'each', 'until', 'batch' and 'collect'",
        at: draft.position)
      return nil
    }
    if let call = step.call {
      var result: REST.Operation?
      reader.within("call") { result = operation(call.value, at: call.position, &$0) }
      return result.map { .call($0) }
    }
    if let draft = step.each { return each(draft, &reader).map { .each($0) } }
    if let draft = step.until { return until(draft, &reader).map { .until($0) } }
    if let draft = step.batch { return batch(draft, &reader).map { .batch($0) } }
    if !isLast {
      reader.report("'collect' must be the last step", at: draft.position)
    }
    return .collect(members(step.collect, &reader))
  }

  private mutating func each(
    _ draft: Placed<StepDraft.EachDraft>, _ reader: inout Reader
  ) -> REST.Step.Each? {
    var result: REST.Step.Each?
    let each = draft.value
    reader.within("each") { reader in
      guard let text = each.of else {
        return reader.report("\(reader.subject) needs 'of'", at: draft.position)
      }
      guard let of = reader.reference(text) else { return }
      check(of, at: text.position, &reader)
      hasItem = true
      let operation = operation(each.operation, at: draft.position, &reader)
      hasItem = false
      guard let operation else { return }
      var step = REST.Step.Each(of: of, operation: operation)
      step.only = filters(each.only, "only", &reader)
      step.atOnce = each.atOnce ?? 8
      step.into = each.into
      if let node = each.levels {
        step.levels = count(node, "levels", 1...20, &reader) ?? .fixed(1)
        if each.into == nil {
          reader.report("'levels' in \(reader.subject) needs 'into'", at: node.position)
        }
      }
      result = step
    }
    return result
  }

  private mutating func until(
    _ draft: Placed<StepDraft.UntilDraft>, _ reader: inout Reader
  ) -> REST.Step.Until? {
    var result: REST.Step.Until?
    let until = draft.value
    reader.within("until") { reader in
      let operation = operation(until.operation, at: draft.position, &reader)
      guard let text = until.field, let done = until.done else {
        return reader.report("\(reader.subject) needs 'field' and 'done'", at: draft.position)
      }
      guard let operation, let field = reader.valuePath(text) else { return }
      var step = REST.Step.Until(operation: operation, field: field, done: done.alternatives)
      step.failed = until.failed?.alternatives ?? []
      if let every = until.every { step.every = every }
      if let atMost = until.atMost { step.atMost = atMost }
      result = step
    }
    return result
  }

  private func batch(
    _ draft: Placed<StepDraft.BatchDraft>, _ reader: inout Reader
  ) -> REST.Step.Batch? {
    var result: REST.Step.Batch?
    reader.within("batch") { reader in
      guard let text = draft.value.of, let of = reader.reference(text) else {
        return reader.report("\(reader.subject) needs 'of'", at: draft.position)
      }
      check(of, at: text.position, &reader)
      var step = REST.Step.Batch(of: of)
      step.stop = draft.value.stop.map {
        REST.Condition(argument: checked($0, &reader), isNegated: false)
      }
      step.atOnce = draft.value.atOnce ?? 1
      result = step
    }
    return result
  }

  private func members(_ rows: [Row<String>], _ reader: inout Reader) -> [REST.Step.Member] {
    rows.compactMap { row in
      let names = row.name.value.utf8
        .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        .map { String(Substring($0)) }
      let text = Placed(value: row.value, position: row.position)
      guard let reference = reader.reference(text) else { return nil }
      check(reference, at: row.position, &reader)
      guard names.allSatisfy({ !$0.isEmpty }) else {
        reader.report(
          "\(quoted(row.name.value)) in \(reader.subject) has an empty name", at: row.position)
        return nil
      }
      return REST.Step.Member(name: names, value: reference)
    }
  }
}

extension Node {
  /// The values of a list, or the one value that stands for a list of one.
  fileprivate var alternatives: [JSONValue] {
    if case .array(let values) = json { values } else { [json] }
  }
}
