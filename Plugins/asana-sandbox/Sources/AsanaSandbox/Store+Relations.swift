import PluginKit

/// What hangs on tasks: tags, dependencies, comments, attachments.
extension Store {
  mutating func createTag(_ input: Input) throws(Refusal) -> Tag {
    let tag = Tag(
      gid: newGid(), name: input.gid("name"),
      workspace: try require(workspace: input.text("workspace_id")).gid, color: input.text("color"),
      notes: input.text("notes") ?? "")
    tags.insert(tag)
    return tag
  }

  mutating func addTag(_ input: Input) throws(Refusal) {
    let task = try require(task: input.gid("task_id"))
    let tag = try require(tag: input.gid("tag_id"))
    guard !task.tags.contains(tag.gid) else { return }
    tasks.update(task.gid) { $0.tags.append(tag.gid) }
    touch(task.gid)
  }

  mutating func removeTag(_ input: Input) throws(Refusal) {
    let task = try require(task: input.gid("task_id"))
    let tag = try require(tag: input.gid("tag_id"))
    tasks.update(task.gid) { $0.tags.removeAll { $0 == tag.gid } }
    touch(task.gid)
  }

  /// How many dependencies and dependents a task may have together.
  static let dependencyLimit = 30

  mutating func addDependencies(_ input: Input) throws(Refusal) {
    let task = try require(task: input.gid("task_id"))
    var dependencies = task.dependencies
    for gid in input.texts("dependency_ids") ?? [] {
      let blocking = try self.require(task: gid)
      if isBlocked(blocking.gid, by: task.gid) {
        throw .invalid(
          "dependencies: \(gid) waits for the task itself",
          help: "Tasks cannot wait for each other in a circle.")
      }
      if !dependencies.contains(blocking.gid) { dependencies.append(blocking.gid) }
    }
    let dependents = tasks.all.count { $0.dependencies.contains(task.gid) }
    if dependencies.count + dependents > Self.dependencyLimit {
      throw .invalid(
        "dependencies: A task has at most \(Self.dependencyLimit), dependents included",
        help: "Give fewer of them.")
    }
    tasks.update(task.gid) { $0.dependencies = dependencies }
    touch(task.gid)
  }

  /// Whether a task is the other one, or waits for it by whatever way.
  private func isBlocked(_ task: Gid, by other: Gid) -> Bool {
    var seen: Set<Gid> = []
    var open = [task]
    while let gid = open.popLast() {
      if gid == other { return true }
      if seen.insert(gid).inserted { open += tasks[gid]?.dependencies ?? [] }
    }
    return false
  }

  mutating func comment(_ input: Input) throws(Refusal) -> Story {
    let task = try require(task: input.gid("task_id"))
    try input.refuseBoth("text", "html_text")
    guard let text = input.text("text") ?? input.text("html_text").map(RichText.plain) else {
      throw .invalid("text: It is missing", help: "Give text or html_text.")
    }
    let story = Story(
      gid: newGid(), task: task.gid, systemSubtype: nil, text: text,
      htmlText: input.text("html_text"), isPinned: input.flag("is_pinned") ?? false,
      createdBy: me, createdAt: now)
    stories.insert(story)
    touch(task.gid)
    return story
  }

  func comments(_ input: Input) throws(Refusal) -> [Story] {
    let task = try require(task: input.gid("task_id"))
    let all = input.flag("include_activity") ?? false
    return stories.all.filter { $0.task == task.gid && (all || $0.systemSubtype == nil) }
  }

  /// - Parameter size: of the file's content, nil for a link.
  mutating func attach(_ input: Input, size: Int?) throws(Refusal) -> Attachment {
    let parent = input.gid("parent_id")
    guard tasks[parent] != nil || projects[parent] != nil else {
      throw .unknown("parent", parent, help: "Give the gid of a task or a project.")
    }
    let attachment = Attachment(
      gid: newGid(), parent: parent, name: input.text("name") ?? input.text("file_name") ?? "file",
      url: input.text("url"), size: size, createdAt: now)
    attachments.insert(attachment)
    return attachment
  }

  func attachmentList(_ input: Input) throws(Refusal) -> [Attachment] {
    let parent = input.gid("task_id")
    if projects[parent] == nil { _ = try require(task: parent) }
    return attachments.all.filter { $0.parent == parent }
  }
}
