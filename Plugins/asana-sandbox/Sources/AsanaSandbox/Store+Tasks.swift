import PluginKit

/// What happens to tasks.
extension Store {
  mutating func createTask(_ input: Input) throws(Refusal) -> WorkItem {
    let project = try input.text("project_id").map { gid throws(Refusal) in
      try require(project: gid)
    }
    let parent = try input.text("parent").map { gid throws(Refusal) in try require(task: gid) }
    let workspace = try require(
      workspace:
        input.text("workspace_id") ?? project?.workspace ?? parent?.workspace)
    var task = try newTask(input, in: workspace.gid)
    task.parent = parent?.gid
    task.tags =
      try input.texts("tags").map { gids throws(Refusal) in
        var tags: [Gid] = []
        for gid in gids { tags.append(try require(tag: gid).gid) }
        return tags
      } ?? []
    tasks.insert(task)
    if let section = project?.sections.first {
      sections.update(section) { $0.tasks.append(task.gid) }
    }
    note(task.gid, "added_to_project", "created this task")
    return task
  }

  mutating func createSubtask(_ input: Input) throws(Refusal) -> WorkItem {
    let parent = try require(task: input.gid("parent_task_id"))
    var task = try newTask(input, in: parent.workspace)
    task.parent = parent.gid
    tasks.insert(task)
    note(parent.gid, "added_to_task", "added the subtask \(task.name)")
    return task
  }

  private mutating func newTask(_ input: Input, in workspace: Gid) throws(Refusal) -> WorkItem {
    var task = WorkItem(
      gid: newGid(), name: input.gid("name"), workspace: workspace, createdBy: me, createdAt: now,
      modifiedAt: now)
    task.followers = try gids(ofUsers: input.texts("followers"))
    if !task.followers.contains(me) { task.followers.append(me) }
    try change(&task, input)
    return task
  }

  mutating func updateTask(_ input: Input) throws(Refusal) -> WorkItem {
    let before = try require(task: input.gid("task_id"))
    var task = before
    if let name = input.text("name") { task.name = name }
    try change(&task, input)
    task.modifiedAt = now
    tasks.insert(task)
    if task.isCompleted != before.isCompleted {
      note(
        task.gid, task.isCompleted ? "marked_complete" : "marked_incomplete",
        task.isCompleted ? "completed this task" : "opened this task again")
    }
    if task.assignee != before.assignee { note(task.gid, "assigned", "changed the assignee") }
    return task
  }

  /// The fields that creating and updating share; null clears one.
  private func change(_ task: inout WorkItem, _ input: Input) throws(Refusal) {
    try input.refuseBoth("notes", "html_notes")
    if input.has("notes") { (task.notes, task.htmlNotes) = (input.text("notes") ?? "", nil) }
    if let html = input.text("html_notes") {
      (task.notes, task.htmlNotes) = (RichText.plain(html), html)
    }
    if input.has("assignee") {
      task.assignee = try input.text("assignee").map { name throws(Refusal) in
        try require(user: name).gid
      }
    }
    try changeDates(&task, input)
    if let subtype = input.text("resource_subtype") {
      task.subtype = subtype
      task.approvalStatus = subtype == "approval" ? task.approvalStatus ?? "pending" : nil
    }
    if let isCompleted = input.flag("completed"), isCompleted != task.isCompleted {
      task.completedAt = isCompleted ? now : nil
    }
    if let status = input.text("approval_status") {
      guard task.subtype == "approval" else {
        throw .invalid(
          "approval_status: The task is not an approval",
          help: "Set resource_subtype to approval first.")
      }
      task.approvalStatus = status
      task.completedAt = status == "pending" ? nil : task.completedAt ?? now
    }
    try setCustomValues(&task.customValues, input["custom_fields"])
  }

  private func changeDates(_ task: inout WorkItem, _ input: Input) throws(Refusal) {
    try input.refuseBoth("due_on", "due_at")
    if input.text("start_on") != nil, input.text("due_on") == nil, input.text("due_at") == nil {
      throw .invalid(
        "start_on: due_on or due_at is missing", help: "Give one of them in the same call.")
    }
    if input.has("due_on") { (task.dueOn, task.dueAt) = (input.day("due_on"), nil) }
    if input.has("due_at") { (task.dueAt, task.dueOn) = (input.time("due_at"), nil) }
    if input.has("start_on") { task.startOn = input.day("start_on") }
    if let start = task.startOn, let due = task.dueDay, start > due {
      throw .invalid("start_on: It is after the due date", help: "Give an earlier start_on.")
    }
  }

  mutating func deleteTask(_ gid: Gid) throws(Refusal) { discard(try require(task: gid).gid) }

  /// Removes a task with its subtasks and everything that refers to it.
  mutating func discard(_ gid: Gid) {
    var doomed = [gid]
    var index = 0
    while index < doomed.count {
      doomed += subtasks(of: doomed[index]).map(\.gid)
      index += 1
    }
    let gone = Set(doomed)
    for gid in doomed { tasks.remove(gid) }
    for section in sections.all where !gone.isDisjoint(with: section.tasks) {
      sections.update(section.gid) { $0.tasks.removeAll { gone.contains($0) } }
    }
    for task in tasks.all where !gone.isDisjoint(with: task.dependencies) {
      tasks.update(task.gid) { $0.dependencies.removeAll { gone.contains($0) } }
    }
    stories.removeAll { gone.contains($0.task) }
    attachments.removeAll { gone.contains($0.parent) }
  }

  /// Puts a task into a section and takes it out of the other sections of that project.
  mutating func move(_ input: Input) throws(Refusal) {
    let target = try require(section: input.gid("section_id"))
    let task = try require(task: input.gid("task_id"))
    let others = target.tasks.filter { $0 != task.gid }
    let place = try place(in: others, input, kind: "task")
    for section in sections.all where section.project == target.project {
      sections.update(section.gid) { $0.tasks.removeAll { $0 == task.gid } }
    }
    sections.update(target.gid) { $0.tasks.insert(task.gid, at: place) }
    touch(task.gid)
    note(task.gid, "section_changed", "moved this task to \(target.name)")
  }

  mutating func touch(_ gid: Gid) {
    let now = now
    tasks.update(gid) { $0.modifiedAt = now }
  }

  /// Writes down what happened to a task.
  mutating func note(_ task: Gid, _ subtype: String, _ text: String) {
    let name = users[me]?.name ?? ""
    stories.insert(
      Story(
        gid: newGid(), task: task, systemSubtype: subtype, text: "\(name) \(text)", createdBy: me,
        createdAt: now))
  }
}
