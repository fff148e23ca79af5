package import PluginKit

/// What the tools about tasks, tags and dependencies do.
extension Sandbox {
  static let taskTools: [SandboxTool] = [
    SandboxTool(
      .searchTasks,
      list: { store, input throws(Refusal) in
        let found = try TaskSearch.found(input, in: store)
        return found.prefix(input.integer("limit") ?? 50).map { store.render($0) }
      }),
    SandboxTool(
      .getTask,
      one: { store, input throws(Refusal) in
        store.render(try store.require(task: input.gid("task_id")))
      }),
    SandboxTool(
      .createTask,
      one: { store, input throws(Refusal) in
        store.render(try store.createTask(input))
      }),
    SandboxTool(
      .updateTask,
      one: { store, input throws(Refusal) in
        store.render(try store.updateTask(input))
      }),
    SandboxTool(
      .deleteTask,
      one: { store, input throws(Refusal) in
        try store.deleteTask(input.gid("task_id"))
        return [:]
      }),
    SandboxTool(
      .createSubtask,
      one: { store, input throws(Refusal) in
        store.render(try store.createSubtask(input))
      }),
    SandboxTool(
      .moveTaskToSection,
      one: { store, input throws(Refusal) in
        try store.move(input)
        return [:]
      }),
    SandboxTool(
      .setCustomField,
      one: { store, input throws(Refusal) in
        store.render(try store.setCustomField(input))
      }),
    SandboxTool(
      .createTag,
      one: { store, input throws(Refusal) in
        store.render(try store.createTag(input))
      }),
    SandboxTool(
      .addTagToTask,
      one: { store, input throws(Refusal) in
        try store.addTag(input)
        return [:]
      }),
    SandboxTool(
      .removeTagFromTask,
      one: { store, input throws(Refusal) in
        try store.removeTag(input)
        return [:]
      }),
    SandboxTool(
      .getTaskDependencies,
      list: { store, input throws(Refusal) in
        let task = try store.require(task: input.gid("task_id"))
        return task.dependencies.compactMap { store.tasks[$0] }.map { store.render($0) }
      }),
    SandboxTool(
      .addTaskDependency,
      one: { store, input throws(Refusal) in
        try store.addDependencies(input)
        return [:]
      }),
    SandboxTool(.batchOperations, output: Answers.batch, slowly: batch),
  ]

  /// How many calls are begun before a failure stops the rest, as at Asana.
  private static let batchSize = 10

  /// One call after the other; each gets a status as Asana gives one.
  private static let batch:
    @Sendable (Sandbox, Input, CallContext) async throws -> StructuredValue = {
      sandbox, input, context in
      let operations = input["operations"]?.array ?? []
      var results: [StructuredValue] = []
      var hasFailed = false
      for (index, operation) in operations.enumerated() {
        if hasFailed, input.flag("stop_on_error") ?? false, index % batchSize == 0 { break }
        try context.checkCancellation()
        let name = operation["tool"]?.string ?? ""
        var members: [(String, StructuredValue)] = [
          ("index", StructuredValue(index)), ("tool", StructuredValue(name)),
        ]
        do throws(Refusal) {
          members.append(("data", try sandbox.answer(name, operation["arguments"] ?? [:])))
          members.insert(("status_code", 200), at: 2)
        } catch {
          hasFailed = true
          members.append(("status_code", StructuredValue(error.status)))
          members.append(("errors", error.errors))
        }
        results.append(StructuredValue(members))
        context.report(Double(index + 1), of: Double(operations.count), message: name)
      }
      return ["items": StructuredValue(results)]
    }

  /// One call of a batch: what the tool of this name answers.
  /// - Throws: also when a batch may not hold the tool, or the arguments break its schema.
  package func answer(
    _ name: String, _ arguments: StructuredValue
  ) throws(Refusal) -> StructuredValue {
    let tool = Self.tools.first { $0.definition.name.utf8.elementsEqual(name.utf8) }
    guard let tool, let run = tool.runAtOnce, tool.definition.isBatchable else {
      throw .invalid(
        "\(name.prefix(64)) cannot be called in a batch",
        help: tool == nil ? "There is no such tool." : "Call it by itself.")
    }
    let schema = tool.definition.schema
    let violations = schema.violations(in: arguments)
    guard violations.isEmpty else {
      throw .invalid(
        violations.map { "\($0)" }.joined(separator: "; "), help: "Correct these arguments.")
    }
    return try run(self, Input(schema.filled(arguments)))
  }
}
