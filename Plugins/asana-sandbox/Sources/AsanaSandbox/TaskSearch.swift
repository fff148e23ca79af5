import PluginKit

/// The filters of a search for tasks. A filter that was not given lets everything through.
struct TaskSearch: Sendable {
  private let input: Input
  private let store: Store

  /// - Throws: when a user is not known, or a filter of a custom field is not one.
  static func found(_ input: Input, in store: Store) throws(Refusal) -> [WorkItem] {
    let workspace = try store.require(workspace: input.text("workspace_id"))
    let search = TaskSearch(input: input, store: store)
    var found: [WorkItem] = []
    for task in store.tasks.all where task.workspace == workspace.gid {
      if try search.accepts(task) { found.append(task) }
    }
    return search.sorted(found)
  }

  private func accepts(_ task: WorkItem) throws(Refusal) -> Bool {
    guard try acceptsPeople(task), acceptsPlaces(task), acceptsTimes(task), acceptsState(task)
    else { return false }
    if let text = input.text("text")?.lowercased(), !text.isEmpty {
      guard task.name.lowercased().contains(text) || task.notes.lowercased().contains(text) else {
        return false
      }
    }
    return try acceptsCustomFields(task)
  }

  private func acceptsPeople(_ task: WorkItem) throws(Refusal) -> Bool {
    if input.has("assignee_any") {
      guard let assignee = task.assignee,
        try store.gids(ofUsers: input.texts("assignee_any")).contains(assignee)
      else { return false }
    }
    if let assignee = task.assignee {
      guard try !store.gids(ofUsers: input.texts("assignee_not")).contains(assignee) else {
        return false
      }
    }
    if input.has("created_by_any") {
      guard try store.gids(ofUsers: input.texts("created_by_any")).contains(task.createdBy) else {
        return false
      }
    }
    guard input.has("followers_any") else { return true }
    return try store.gids(ofUsers: input.texts("followers_any")).contains {
      task.followers.contains($0)
    }
  }

  private func acceptsPlaces(_ task: WorkItem) -> Bool {
    let memberships = store.memberships(of: task.gid)
    let projects = Set(memberships.map(\.project))
    let teams = Set(projects.compactMap { store.projects[$0]?.team })
    return any("projects_any", of: projects) && all("projects_all", in: projects)
      && !(input.texts("projects_not") ?? []).contains { projects.contains($0) }
      && any("sections_any", of: Set(memberships.map(\.gid))) && any("teams_any", of: teams)
      && any("tags_any", of: Set(task.tags)) && all("tags_all", in: Set(task.tags))
  }

  private func any(_ name: String, of gids: Set<Gid>) -> Bool {
    input.texts(name)?.contains { gids.contains($0) } ?? true
  }

  private func all(_ name: String, in gids: Set<Gid>) -> Bool {
    input.texts(name)?.allSatisfy { gids.contains($0) } ?? true
  }

  private func acceptsTimes(_ task: WorkItem) -> Bool {
    if let day = input.day("due_on_before") {
      guard let due = task.dueDay, due < day else { return false }
    }
    if let day = input.day("due_on_after") {
      guard let due = task.dueDay, due > day else { return false }
    }
    if let time = input.time("created_at_before"), task.createdAt >= time { return false }
    if let time = input.time("created_at_after"), task.createdAt <= time { return false }
    if let time = input.time("modified_at_after"), task.modifiedAt <= time { return false }
    return true
  }

  private func acceptsState(_ task: WorkItem) -> Bool {
    let isBlocked = task.dependencies.contains { store.tasks[$0]?.isCompleted == false }
    let hasAttachment = store.attachments.all.contains { $0.parent == task.gid }
    return (input.flag("completed") ?? task.isCompleted) == task.isCompleted
      && (input.flag("is_subtask") ?? (task.parent != nil)) == (task.parent != nil)
      && (input.flag("is_blocked") ?? isBlocked) == isBlocked
      && (input.flag("has_attachment") ?? hasAttachment) == hasAttachment
      && input.text("resource_subtype").map { $0 == task.subtype } ?? true
  }

  /// Keys are `GID.value`, `GID.is_set`, `GID.contains`, `GID.less_than` and `GID.greater_than`.
  private func acceptsCustomFields(_ task: WorkItem) throws(Refusal) -> Bool {
    for (key, wanted) in input["custom_field_filters"]?.object ?? [] {
      let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
      guard parts.count == 2,
        ["value", "is_set", "contains", "less_than", "greater_than"]
          .contains(parts[1])
      else {
        throw .invalid(
          "custom_fields: \(key.prefix(64)) is not a filter",
          help: "Write GID.value, GID.is_set, GID.contains, GID.less_than or GID.greater_than.")
      }
      let field = try store.require(customField: parts[0])
      let value = task.customValues[field.gid]
      let isMatch =
        switch parts[1] {
        case "value": value.map { $0 == wanted || "\($0)" == wanted.string } ?? false
        case "is_set": (value != nil) == wanted.bool
        case "contains":
          wanted.string.map { value?.string?.contains($0) ?? false } ?? false
        case "less_than": Self.isLess(value, wanted)
        default: Self.isLess(wanted, value)
        }
      if !isMatch { return false }
    }
    return true
  }

  private static func isLess(_ left: StructuredValue?, _ right: StructuredValue?) -> Bool {
    guard let left = number(left), let right = number(right) else { return false }
    return left < right
  }

  /// Filters come as text from some callers.
  private static func number(_ value: StructuredValue?) -> Double? {
    value?.double ?? value?.string.flatMap { Double($0) }
  }

  /// By `sort_by`, the newest first unless `sort_ascending`; ties in the order of making.
  private func sorted(_ tasks: [WorkItem]) -> [WorkItem] {
    let key: (WorkItem) -> Int =
      switch input.text("sort_by") {
      case "due_date": { $0.dueDay?.number ?? .min }
      case "created_at": { $0.createdAt.milliseconds }
      case "completed_at": { $0.completedAt?.milliseconds ?? .min }
      case "likes", "relevance": { _ in 0 }
      default: { $0.modifiedAt.milliseconds }
      }
    let isAscending = input.flag("sort_ascending") ?? false
    let ordered = tasks.enumerated().sorted { left, right in
      let (a, b) = (key(left.element), key(right.element))
      if a == b { return left.offset < right.offset }
      return isAscending ? a < b : a > b
    }
    return ordered.map(\.element)
  }
}
