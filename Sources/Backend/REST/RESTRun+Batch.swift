import Loop
import Manifest
import RawJSON

/// One tool call made of many: in the API's own batches, or beside each other.
extension RESTRun {
  /// A call within the batch.
  private struct Action {
    var index: Int
    var tool: REST.Tool
    var operation: REST.Operation
    var arguments: RESTArguments
    var json: JSONValue
  }

  func batch(_ batch: REST.Step.Batch, of step: REST.Step) async throws(RESTFailure) -> StepValue {
    let calls = value(of: batch.of)?.json.value.arrayValue ?? []
    let actions = try self.actions(calls, of: batch)
    meter.known += actions.count
    let size = backend.api.batch?.most ?? 1
    let groups = stride(from: 0, to: actions.count, by: max(1, size)).map { start in
      Array(actions[start..<min(start + max(1, size), actions.count)])
    }
    let stops = batch.stop.map { arguments.satisfies($0) } ?? false
    let results = try await run(groups, atOnce: batch.atOnce, stops: stops)
    let written = actions.map { action in
      results[action.index] ?? Self.result(action, status: nil, "not sent after a failure")
    }
    return StepValue(JSONText(.array(written)))
  }

  /// The calls, checked like calls from outside; one that is wrong keeps all from being sent.
  private func actions(
    _ calls: [JSONValue], of batch: REST.Step.Batch
  ) throws(RESTFailure) -> [Action] {
    var violations: [Violation] = []
    var actions: [Action] = []
    for (index, call) in calls.enumerated() {
      let place = Self.place(of: batch, index)
      let name = call["tool"]?.stringValue ?? ""
      guard let tool = backend.tool(named: name), tool.isBatchable,
        case .operations(let operations) = tool.execution
      else {
        violations.append(Violation(at: place + "/tool", "is no tool that can be part of a batch"))
        continue
      }
      let json = call["arguments"] ?? .object(JSONObject())
      let wrong = tool.violations(in: json)
      violations += wrong.map { Violation(at: place + "/arguments" + $0.pointer, $0.message) }
      guard wrong.isEmpty, case .object(let object) = json else { continue }
      let arguments = RESTArguments(tool.complete(object))
      let chosen = operations.first { $0.condition.map { arguments.satisfies($0) } ?? true }
      guard let chosen else {
        violations.append(Violation(at: place + "/arguments", "choose no way to do this"))
        continue
      }
      let described = describe(
        chosen, of: tool, arguments, at: place + "/arguments", &violations)
      actions.append(
        Action(index: index, tool: tool, operation: chosen, arguments: arguments, json: described))
    }
    guard violations.isEmpty else {
      throw .invalid(Array(violations.prefix(Violation.limit)), tool: tool.name)
    }
    return actions
  }

  private static func place(of batch: REST.Step.Batch, _ index: Int) -> String {
    if case .argument(let name) = batch.of.root { "/\(name)/\(index)" } else { "/\(index)" }
  }

  /// The operation in the words of the API's batches. Lists always say how long a page is.
  private func describe(
    _ operation: REST.Operation, of tool: REST.Tool, _ arguments: RESTArguments, at place: String,
    _ violations: inout [Violation]
  ) -> JSONValue {
    guard let endpoint = backend.api.batch else { return .null }
    var operation = operation
    if let paging = operation.paging, let name = paging.limitParameter {
      let limit = REST.Place(position: .query, name: [.name(name)])
      let isGiven = tool.arguments.contains {
        $0.place?.name == limit.name && arguments[$0.name] != nil
      }
      if !isGiven {
        let size = JSONValue.number(JSONNumber(paging.size))
        operation.values.append(REST.PlacedValue(place: limit, source: .literal(size)))
      }
    }
    let builder = RequestBuilder(tool, arguments: arguments.values) { reference in
      self.value(of: reference)?.json.value
    }
    do throws(RequestBuilder.Refusal) {
      return try builder.action(operation, of: endpoint)
    } catch {
      violations += error.violations.map { Violation(at: place + $0.pointer, $0.message) }
      return .null
    }
  }

  // MARK: Running

  /// Runs groups of actions, at most `atOnce` at a time; the results by the action's index.
  private func run(
    _ groups: [[Action]], atOnce: Int, stops: Bool
  ) async throws(RESTFailure) -> [Int: JSONValue] {
    var results = BatchResults()
    await withTaskGroup(of: (Int, Result<[JSONValue], RESTFailure>).self) { tasks in
      var started = 0
      func startNext() {
        guard started < groups.count, !(stops && results.hasFailed) else { return }
        let index = started
        let actions = groups[index]
        started += 1
        tasks.addTask { await (index, self.outcome(of: actions)) }
      }
      for _ in 0..<max(1, atOnce) { startNext() }
      while let (index, outcome) = await tasks.next() {
        let actions = groups[index]
        results.take(outcome, of: actions)
        meter.done += actions.count
        tell(
          .progress(
            done: meter.done, total: meter.known,
            message: "\(meter.done) of \(meter.known) actions done"))
        startNext()
      }
    }
    if Task.isCancelled { throw .cancelled }
    if let failure = results.failureOfAll { throw failure }
    return results.byIndex
  }

  /// What the groups of actions came to so far.
  private struct BatchResults {
    private(set) var byIndex: [Int: JSONValue] = [:]
    private(set) var hasFailed = false
    private var lastFailure: RESTFailure?

    /// Nothing at all was done: that is the call's failure, not its result.
    var failureOfAll: RESTFailure? {
      byIndex.values.contains { $0["data"] != nil } ? nil : lastFailure
    }

    mutating func take(_ outcome: Result<[JSONValue], RESTFailure>, of actions: [Action]) {
      switch outcome {
      case .success(let values):
        for (action, value) in zip(actions, values) { byIndex[action.index] = value }
        if values.contains(where: { $0["errors"] != nil }) { hasFailed = true }
      case .failure(let failure):
        hasFailed = true
        lastFailure = failure
        for action in actions {
          byIndex[action.index] = RESTRun.result(action, status: failure.status, failure.text)
        }
      }
    }
  }

  private func outcome(of actions: [Action]) async -> Result<[JSONValue], RESTFailure> {
    do throws(RESTFailure) {
      guard let endpoint = backend.api.batch else {
        var results: [JSONValue] = []
        for action in actions { results.append(await alone(action)) }
        return .success(results)
      }
      return .success(try await together(actions, endpoint))
    } catch {
      return .failure(error)
    }
  }

  /// One request for several actions.
  private func together(
    _ actions: [Action], _ endpoint: REST.BatchEndpoint
  ) async throws(RESTFailure) -> [JSONValue] {
    var body = JSONValue.object(JSONObject())
    body.set(.array(actions.map(\.json)), at: endpoint.actions)
    if let envelope = endpoint.operation.requestEnvelope {
      body = .object(JSONObject([.init(key: envelope, value: body)]))
    }
    var path = ""
    for segment in endpoint.operation.path.segments {
      path += "/"
      for case .literal(let text) in segment { path += text }
    }
    let request = RESTRequest(
      method: endpoint.operation.method, path: path, query: "", headers: [],
      body: .json(body.serialized()))
    let answer = try await backend.send(
      Sending(
        request: try http(request), lanes: endpoint.operation.lanes, cost: actions.count,
        isRepeatable: actions.allSatisfy { $0.operation.method.isSafe }),
      for: self)
    let list = try unwrapped(try json(of: answer), endpoint.operation).elements
    return actions.enumerated().map { position, action in
      guard position < list.count else {
        return Self.result(action, status: nil, "the service says nothing about this action")
      }
      let status = list[position].value(at: endpoint.status)?.integer.map { Int($0) }
      let body = list[position].value(at: endpoint.answer) ?? .null
      guard let status, (200..<300).contains(status) else {
        let errors = body["errors"]?.value
        var result = Self.result(action, status: status, "the action failed")
        if let errors { result["errors"] = errors }
        return result
      }
      let data = action.operation.answerEnvelope.flatMap { body[$0] } ?? body
      return Self.result(action, status: status, data: data.value)
    }
  }

  /// The action as a request of its own.
  private func alone(_ action: Action) async -> JSONValue {
    let run = RESTRun(SharedTool(action.tool), on: backend, observer: self)
    switch await run.outcome(JSONValue.object(action.arguments.values).serialized()) {
    case .success(let result):
      let data = (try? JSONValue(parsing: result.text)) ?? .null
      return Self.result(action, status: 200, data: data)
    case .failure(let failure): return Self.result(action, status: failure.status, failure.text)
    }
  }

  private static func result(_ action: Action, status: Int?, data: JSONValue) -> JSONValue {
    [
      "index": .number(JSONNumber(action.index)), "tool": .string(action.tool.name),
      "status_code": .number(JSONNumber(status ?? 0)), "data": data,
    ]
  }

  private nonisolated static func result(_ action: Action, status: Int?, _ message: String)
    -> JSONValue
  {
    [
      "index": .number(JSONNumber(action.index)), "tool": .string(action.tool.name),
      "status_code": .number(JSONNumber(status ?? 0)),
      "errors": [["message": .string(message)]],
    ]
  }
}

extension RESTRun: RESTRunObserver {
  /// A run within this one waits like this one; its parts are counted by this one.
  package func noticed(_ notice: RESTNotice) {
    if case .wait = notice { tell(notice) }
  }

  package func meetsLimit() { observer.meetsLimit() }
}
