import PluginKit

/// What happens to projects and their sections.
extension Store {
  mutating func createProject(_ input: Input) throws(Refusal) -> Project {
    let workspace = try require(workspace: input.text("workspace_id"))
    var project = Project(
      gid: newGid(), name: input.gid("name"), workspace: workspace.gid,
      team: try input.text("team_id").map { gid throws(Refusal) in try require(team: gid).gid },
      owner: me, createdAt: now, modifiedAt: now)
    project.members = [me]
    project.followers = try gids(ofUsers: input.texts("followers"))
    try change(&project, input)
    let first = Section(
      gid: newGid(), name: "Untitled section", project: project.gid, createdAt: now)
    project.sections = [first.gid]
    sections.insert(first)
    projects.insert(project)
    return project
  }

  mutating func updateProject(_ input: Input) throws(Refusal) -> Project {
    var project = try require(project: input.gid("project_id"))
    if let name = input.text("name") { project.name = name }
    try change(&project, input)
    project.modifiedAt = now
    projects.insert(project)
    return project
  }

  /// The fields that creating and updating share.
  private func change(_ project: inout Project, _ input: Input) throws(Refusal) {
    try input.refuseBoth("notes", "html_notes")
    if input.text("start_on") != nil, input.text("due_on") == nil {
      throw .invalid("start_on: due_on is missing", help: "Give due_on in the same call.")
    }
    if input.has("notes") { (project.notes, project.htmlNotes) = (input.text("notes") ?? "", nil) }
    if let html = input.text("html_notes") {
      (project.notes, project.htmlNotes) = (RichText.plain(html), html)
    }
    if input.has("color") {
      project.color = input.text("color").flatMap { $0 == "none" ? nil : $0 }
    }
    if let view = input.text("default_view") { project.defaultView = view }
    if let privacy = input.text("privacy_setting") { project.privacy = privacy }
    if let isArchived = input.flag("archived") { project.isArchived = isArchived }
    if input.has("due_on") { project.dueOn = input.day("due_on") }
    if input.has("start_on") { project.startOn = input.day("start_on") }
    if input.has("owner") {
      project.owner = try input.text("owner").map { name throws(Refusal) in
        try require(user: name).gid
      }
    }
    try setCustomValues(&project.customValues, input["custom_fields"])
  }

  /// Its tasks go with it, unless they are in another project too.
  mutating func deleteProject(_ gid: Gid) throws(Refusal) {
    let project = try require(project: gid)
    let inside = tasks(in: gid)
    for section in project.sections { sections.remove(section) }
    projects.remove(gid)
    attachments.removeAll { $0.parent == gid }
    for task in inside where memberships(of: task).isEmpty { discard(task) }
  }

  mutating func createSection(_ input: Input) throws(Refusal) -> Section {
    var project = try require(project: input.gid("project_id"))
    let place = try place(in: project.sections, input, kind: "section")
    let section = Section(
      gid: newGid(), name: input.gid("name"), project: project.gid, createdAt: now)
    project.sections.insert(section.gid, at: place)
    project.modifiedAt = now
    projects.insert(project)
    sections.insert(section)
    return section
  }

  /// Where `insert_before` or `insert_after` point to in a list; its end without them.
  func place(in list: [Gid], _ input: Input, kind: String) throws(Refusal) -> Int {
    try input.refuseBoth("insert_before", "insert_after")
    for (name, distance) in [("insert_before", 0), ("insert_after", 1)] {
      guard let gid = input.text(name) else { continue }
      guard let index = list.firstIndex(of: gid) else {
        throw .invalid(
          "\(name): Not a \(kind) of this list: \(gid.prefix(64))",
          help: "asana_get_project_hierarchy shows what is where.")
      }
      return index + distance
    }
    return list.count
  }

  /// The custom fields of a project as settings, or those of the workspace.
  func fieldList(_ input: Input) throws(Refusal) -> [StructuredValue] {
    guard let gid = input.text("project_id") else {
      _ = try require(workspace: input.text("workspace_id"))
      return customFields.all.map(render)
    }
    let project = try require(project: gid)
    return project.customFields.compactMap { customFields[$0] }.map { field in
      [
        "gid": StructuredValue(field.gid), "resource_type": "custom_field_setting",
        "custom_field": render(field), "is_important": false, "project": compact(project),
      ]
    }
  }

  func listProjects(_ input: Input) throws(Refusal) -> [Project] {
    let workspace = try require(workspace: input.text("workspace_id"))
    let team = try input.text("team_id").map { gid throws(Refusal) in try require(team: gid) }
    return projects.all.filter { project in
      project.workspace == workspace.gid && (team == nil || project.team == team?.gid)
        && (input.flag("archived") ?? project.isArchived) == project.isArchived
    }
  }

  /// By part of the name, letters of both cases alike.
  func searchProjects(_ input: Input) throws(Refusal) -> [Project] {
    let workspace = try require(workspace: input.text("workspace_id"))
    let wanted = input.gid("query").lowercased()
    let found = projects.all.filter {
      $0.workspace == workspace.gid && (wanted.isEmpty || $0.name.lowercased().contains(wanted))
    }
    return Array(found.prefix(input.integer("count") ?? 20))
  }
}
