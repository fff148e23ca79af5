import PluginKit

/// The tree of a project, read section by section.
extension Sandbox {
  static let hierarchy: @Sendable (Sandbox, Input, CallContext) async throws -> StructuredValue = {
    sandbox, input, context in
    let gid = input.gid("project_id")
    let (project, sections) = try sandbox.step { store throws(Refusal) in
      let project = try store.require(project: gid)
      return (store.render(project), project.sections)
    }
    let total = Double(sections.count + 1)
    context.report(1, of: total, message: "project")
    var reader = HierarchyReader(input)
    var rendered: [StructuredValue] = []
    for (index, section) in sections.enumerated() {
      try context.checkCancellation()
      var copy = reader
      let next = try sandbox.step { store throws(Refusal) in
        copy.section(section, in: store).map { ($0, copy) }
      }
      // Nil when somebody deleted the section meanwhile.
      if let (value, changed) = next {
        reader = changed
        rendered.append(value)
      }
      context.report(
        Double(index + 2), of: total,
        message: "section \(index + 1) of \(sections.count), \(reader.tasks) tasks")
    }
    return [
      "project": FieldSelection([Definition.projectSummary]).apply(to: project),
      "sections": StructuredValue(rendered),
      "counts": [
        "sections": StructuredValue(rendered.count), "tasks": StructuredValue(reader.tasks),
        "subtasks": StructuredValue(reader.subtasks),
      ],
      "truncated": StructuredValue(reader.isTruncated),
    ]
  }
}

/// Collects tasks until there are as many as were asked for.
private struct HierarchyReader: Sendable {
  private let selection: FieldSelection
  private let includesCompleted: Bool
  private let depth: Int
  private let most: Int
  private(set) var tasks = 0
  private(set) var subtasks = 0
  private(set) var isTruncated = false

  init(_ input: Input) {
    selection = Definition.getProjectHierarchy.selection(input, argument: "opt_fields_tasks")
    includesCompleted = input.flag("include_completed_tasks") ?? false
    depth = input.flag("include_subtasks") ?? true ? input.integer("max_subtask_depth") ?? 1 : 0
    most = input.integer("max_tasks") ?? 1_000
  }

  /// - Returns: the section with its tasks, nil when it is gone.
  mutating func section(_ gid: Gid, in store: Store) -> StructuredValue? {
    guard let section = store.sections[gid] else { return nil }
    var rendered: [StructuredValue] = []
    for task in section.tasks.compactMap({ store.tasks[$0] }) {
      guard let value = self.task(task, level: 0, in: store) else { continue }
      tasks += 1
      rendered.append(value)
    }
    return [
      "gid": StructuredValue(section.gid), "name": StructuredValue(section.name),
      "tasks": StructuredValue(rendered),
    ]
  }

  private mutating func task(_ task: WorkItem, level: Int, in store: Store) -> StructuredValue? {
    guard includesCompleted || !task.isCompleted else { return nil }
    guard tasks + subtasks < most else {
      isTruncated = true
      return nil
    }
    var members = selection.apply(to: store.render(task)).object?.map { ($0.key, $0.value) } ?? []
    guard level < depth else { return StructuredValue(members) }
    var rendered: [StructuredValue] = []
    for subtask in store.subtasks(of: task.gid) {
      guard let value = self.task(subtask, level: level + 1, in: store) else { continue }
      subtasks += 1
      rendered.append(value)
    }
    if !rendered.isEmpty { members.append(("subtasks", StructuredValue(rendered))) }
    return StructuredValue(members)
  }
}
