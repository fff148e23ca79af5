import Loop
import Manifest
import RawJSON
import Resilience

/// Tools that are made of several requests.
extension RESTRun {
  func perform(_ plan: [REST.Step]) async throws(RESTFailure) -> RESTResult {
    var last: StepValue?
    for step in plan {
      if let condition = step.condition, !arguments.satisfies(condition) { continue }
      meter.message = step.message ?? step.name
      if tool.stream == .status { tell(.status(meter.message)) }
      switch step.action {
      case .call(let operation): last = try await call(operation, of: step)
      case .each(let each): last = try await self.each(each, of: step)
      case .until(let until): last = try await self.until(until, of: step)
      case .batch(let batch): last = try await self.batch(batch, of: step)
      case .collect(let members):
        tell(.status("putting the result together"))
        last = StepValue(collect(members))
      }
      if let last { steps.set(last, of: step.name) }
    }
    let value = last?.json ?? .emptyObject
    let result = RESTResult(
      Fetched(content: value.isArray ? .items(value.elements) : .value(value)))
    try check(result)
    return result
  }

  private func call(
    _ operation: REST.Operation, of step: REST.Step
  ) async throws(RESTFailure) -> StepValue {
    meter.known += 1
    let fetched = try await fetch(operation, most: nil, telling: false)
    advance()
    switch fetched.content {
    case .value(let value): return StepValue(value)
    case .items(let items):
      steps.count(items.count, of: step.name)
      return .list(items.map { StepNode($0) })
    }
  }

  // MARK: Each

  private func each(_ each: REST.Step.Each, of step: REST.Step) async throws(RESTFailure)
    -> StepValue
  {
    var items = nodes(at: each.of)
    var answers: [StepValue] = []
    let levels = arguments.count(each.levels)
    for level in 0..<max(levels, 0) {
      items = items.filter { passes($0.text, each.only) }
      guard !items.isEmpty else { break }
      if isFull { isTruncated = true }
      meter.known += items.count
      let fetched = try await self.fetch(each.operation, for: items, atOnce: each.atOnce)
      var next: [StepNode] = []
      for (item, content) in zip(items, fetched) {
        let value = attach(content, to: item, each, of: step)
        if case .list(let nodes) = value { next += nodes }
        if level == 0 { answers.append(value) }
      }
      items = next
    }
    // The items themselves stand in the value of the step that got them.
    if each.into != nil { return value(of: each.of) ?? .list([]) }
    return .list(answers.map { StepNode($0.json) })
  }

  /// Puts an answer into its item, as far as `max_items` allows.
  private func attach(
    _ content: Fetched.Content?, to item: StepNode, _ each: REST.Step.Each, of step: REST.Step
  ) -> StepValue {
    let value: StepValue
    switch content {
    case .value(let one): value = StepValue(one)
    case .items(let all):
      let room = most.map { max(0, $0 - itemCount) } ?? all.count
      if all.count > room { isTruncated = true }
      let kept = all.prefix(room).map { StepNode($0) }
      itemCount += kept.count
      steps.count(kept.count, of: step.name)
      value = .list(kept)
    // Never asked for: not the same as empty.
    case nil: return .list([])
    }
    if let key = each.into { item.attach(value, as: key) }
    return value
  }

  /// Whether the run has as many items as it may.
  private var isFull: Bool { most.map { itemCount >= $0 } ?? false }

  /// Sends one operation for each item, at most `atOnce` at a time, and answers in their order.
  ///
  /// Once enough items have come, no further request is begun; what is missing is nil then.
  private func fetch(
    _ operation: REST.Operation, for items: [StepNode], atOnce: Int
  ) async throws(RESTFailure) -> [Fetched.Content?] {
    var contents = [Fetched.Content?](repeating: nil, count: items.count)
    var failure: RESTFailure?
    var got = itemCount
    let most = most
    await withTaskGroup(of: (Int, Result<Fetched, RESTFailure>).self) { group in
      var started = 0
      var done = 0
      func startNext() {
        guard started < items.count, failure == nil, most.map({ got < $0 }) ?? true else { return }
        let index = started
        let item = items[index]
        started += 1
        group.addTask { await (index, self.result(of: operation, for: item)) }
      }
      for _ in 0..<max(1, atOnce) { startNext() }
      while let (index, result) = await group.next() {
        switch result {
        case .success(let fetched):
          contents[index] = fetched.content
          if case .items(let items) = fetched.content { got += items.count }
          done += 1
          advance("\(meter.message) (\(done) of \(items.count))")
        case .failure(let error):
          if failure == nil { failure = error }
          group.cancelAll()
        }
        startNext()
      }
      if started < items.count { isTruncated = true }
    }
    if let failure { throw failure }
    return contents
  }

  private func result(
    of operation: REST.Operation, for item: StepNode
  ) async -> Result<Fetched, RESTFailure> {
    do throws(RESTFailure) {
      let room = most.map { max(1, $0 - itemCount) }
      return .success(try await fetch(operation, item: item, most: room, telling: false))
    } catch {
      return .failure(error)
    }
  }

  // MARK: Until

  private func until(
    _ until: REST.Step.Until, of step: REST.Step
  ) async throws(RESTFailure) -> StepValue {
    let start = EventLoop.now
    while true {
      meter.known += 1
      let fetched = try await fetch(until.operation, most: nil, telling: false)
      guard case .value(let value) = fetched.content else {
        throw RESTFailure(.internal, "The step '\(step.name)' got a list and waits for a state.")
      }
      let state = value.value(at: until.field)?.value ?? .null
      let shown = state.stringValue ?? "\(state)"
      advance("\(step.message ?? step.name): \(shown)")
      let now = EventLoop.now
      let isDone = until.done.contains(state)
      let seconds = (now - start).inMilliseconds / 1000
      tell(.status("\(isDone ? "completing" : "polling"): \(shown) after \(seconds) s"))
      if isDone { return StepValue(value) }
      if until.failed.contains(state) {
        throw RESTFailure(
          .internal, "\(backend.service) says '\(shown)' for what '\(tool.name)' has started.",
          advice: "Check with the service what was done before trying again.")
      }
      guard now + until.every - start <= until.atMost else { return StepValue(value) }
      guard await Pause.over(until.every) else { throw .cancelled }
    }
  }

  // MARK: References

  /// The value of a reference; nil if there is none.
  func value(of reference: REST.Reference, item: StepNode? = nil) -> StepValue? {
    let root: StepValue?
    switch reference.root {
    case .argument(let name): root = arguments[name].map { StepValue(JSONText($0)) }
    case .config(let name):
      root = backend.api.configured(name).map { StepValue(JSONText(.string($0))) }
    case .item: root = item.map { .node($0) }
    case .step(let name): root = steps[name]
    case .count(let name): root = StepValue(JSONText(.number(JSONNumber(steps.count(of: name)))))
    case .truncated: root = StepValue(JSONText(.bool(isTruncated)))
    }
    return root?.value(at: reference.path)
  }

  func nodes(at reference: REST.Reference) -> [StepNode] {
    switch value(of: reference) {
    case .list(let nodes): nodes
    case .node(let node): node.text.isNull ? [] : [node]
    case nil: []
    }
  }

  private func collect(_ members: [REST.Step.Member]) -> JSONText {
    let tree = CollectedObject()
    for member in members {
      guard let value = value(of: member.value) else { continue }
      tree.put(value, at: member.name[...])
    }
    var output: [UInt8] = []
    tree.append(to: &output)
    return JSONText(written: output)
  }
}

/// The object that a `collect` makes, whose members may lie in objects of their own.
private final class CollectedObject {
  private enum Member {
    case value(StepValue)
    case object(CollectedObject)
  }

  private var members: [(key: String, member: Member)] = []

  func put(_ value: StepValue, at path: ArraySlice<String>) {
    guard let key = path.first else { return }
    guard path.count > 1 else { return members.append((key, .value(value))) }
    for (name, member) in members where name.utf8.elementsEqual(key.utf8) {
      if case .object(let inner) = member { return inner.put(value, at: path.dropFirst()) }
    }
    let inner = CollectedObject()
    members.append((key, .object(inner)))
    inner.put(value, at: path.dropFirst())
  }

  func append(to output: inout [UInt8]) {
    output.append(UInt8(ascii: "{"))
    for (index, (key, member)) in members.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      JSON.appendQuoted(key.utf8, to: &output)
      output.append(UInt8(ascii: ":"))
      switch member {
      case .value(let value): value.append(to: &output)
      case .object(let inner): inner.append(to: &output)
      }
    }
    output.append(UInt8(ascii: "}"))
  }
}
