import PluginKit

extension StructuredValue {
  /// The text, or null.
  static func optional(_ text: String?) -> StructuredValue { text.map { .init($0) } ?? .null }
}

/// Records as Asana shows them, with every field that `opt_fields` may ask for.
extension Store {
  func compact(_ project: Project) -> StructuredValue {
    Self.named(project.gid, "project", project.name)
  }

  private static func named(_ gid: Gid, _ type: String, _ name: String) -> StructuredValue {
    [
      "gid": StructuredValue(gid), "resource_type": StructuredValue(type),
      "name": StructuredValue(name),
    ]
  }

  private func compactUser(_ gid: Gid?) -> StructuredValue {
    guard let user = gid.flatMap({ users[$0] }) else { return .null }
    return [
      "gid": StructuredValue(user.gid), "resource_type": "user",
      "name": StructuredValue(user.name), "email": StructuredValue(user.email),
    ]
  }

  private func compactUsers(_ gids: [Gid]) -> StructuredValue {
    StructuredValue(gids.map { compactUser($0) })
  }

  private func compactWorkspace(_ gid: Gid) -> StructuredValue {
    Self.named(gid, "workspace", workspaces[gid]?.name ?? "")
  }

  private func link(_ gid: Gid) -> StructuredValue { "https://sandbox.invalid/0/\(gid)" }

  func render(_ workspace: Workspace) -> StructuredValue {
    [
      "gid": StructuredValue(workspace.gid), "resource_type": "workspace",
      "name": StructuredValue(workspace.name), "is_organization": true,
      "email_domains": ["sandbox.invalid"],
    ]
  }

  func render(_ team: Team) -> StructuredValue {
    [
      "gid": StructuredValue(team.gid), "resource_type": "team",
      "name": StructuredValue(team.name), "description": StructuredValue(team.purpose),
      "visibility": "public", "organization": compactWorkspace(team.workspace),
      "permalink_url": link(team.gid),
    ]
  }

  func render(_ user: User) -> StructuredValue {
    [
      "gid": StructuredValue(user.gid), "resource_type": "user",
      "name": StructuredValue(user.name), "email": StructuredValue(user.email), "photo": .null,
      "workspaces": StructuredValue(workspaces.gids.map { compactWorkspace($0) }),
    ]
  }

  func render(_ project: Project) -> StructuredValue {
    let team = project.team.flatMap { teams[$0] }
    return [
      "gid": StructuredValue(project.gid), "resource_type": "project",
      "name": StructuredValue(project.name), "archived": StructuredValue(project.isArchived),
      "color": .optional(project.color), "owner": compactUser(project.owner),
      "team": team.map { Self.named($0.gid, "team", $0.name) } ?? .null,
      "workspace": compactWorkspace(project.workspace),
      "due_on": .optional(project.dueOn?.description),
      "start_on": .optional(project.startOn?.description),
      "notes": StructuredValue(project.notes),
      "html_notes": StructuredValue(project.htmlNotes ?? "<body>\(project.notes)</body>"),
      "default_view": StructuredValue(project.defaultView),
      "privacy_setting": StructuredValue(project.privacy), "completed": false,
      "members": compactUsers(project.members), "followers": compactUsers(project.followers),
      "custom_fields": renderCustomFields(project.customValues, of: [project]),
      "current_status_update": .null,
      "created_at": StructuredValue(project.createdAt.description),
      "modified_at": StructuredValue(project.modifiedAt.description),
      "permalink_url": link(project.gid),
    ]
  }

  func render(_ section: Section) -> StructuredValue {
    [
      "gid": StructuredValue(section.gid), "resource_type": "section",
      "name": StructuredValue(section.name),
      "created_at": StructuredValue(section.createdAt.description),
      "project": projects[section.project].map { compact($0) } ?? .null,
    ]
  }

  func render(_ task: WorkItem) -> StructuredValue {
    let memberships = memberships(of: task.gid)
    let projects = memberships.compactMap { self.projects[$0.project] }
    let members: [(String, StructuredValue)] = [
      ("gid", StructuredValue(task.gid)), ("resource_type", "task"),
      ("resource_subtype", StructuredValue(task.subtype)), ("name", StructuredValue(task.name)),
      ("notes", StructuredValue(task.notes)),
      ("html_notes", StructuredValue(task.htmlNotes ?? "<body>\(task.notes)</body>")),
      ("assignee", compactUser(task.assignee)),
      ("projects", StructuredValue(projects.map { compact($0) })),
      ("memberships", render(memberships)), ("followers", compactUsers(task.followers)),
      ("custom_fields", renderCustomFields(task.customValues, of: projects)),
      ("workspace", compactWorkspace(task.workspace)), ("created_by", compactUser(task.createdBy)),
      ("permalink_url", link(task.gid)),
    ]
    return StructuredValue(members + stateMembers(of: task) + relationMembers(of: task))
  }

  private func stateMembers(of task: WorkItem) -> [(String, StructuredValue)] {
    [
      ("completed", StructuredValue(task.isCompleted)),
      ("completed_at", .optional(task.completedAt?.description)),
      ("approval_status", .optional(task.approvalStatus)),
      ("due_on", .optional(task.dueDay?.description)),
      ("due_at", .optional(task.dueAt?.description)),
      ("start_on", .optional(task.startOn?.description)),
      ("created_at", StructuredValue(task.createdAt.description)),
      ("modified_at", StructuredValue(task.modifiedAt.description)),
    ]
  }

  private func relationMembers(of task: WorkItem) -> [(String, StructuredValue)] {
    let parent = task.parent.flatMap { tasks[$0] }
    let tags = task.tags.compactMap { self.tags[$0] }
    return [
      ("parent", parent.map { Self.named($0.gid, "task", $0.name) } ?? .null),
      ("tags", StructuredValue(tags.map { Self.named($0.gid, "tag", $0.name) })),
      ("num_subtasks", StructuredValue(subtasks(of: task.gid).count)),
      (
        "dependencies",
        StructuredValue(
          task.dependencies.map { ["gid": StructuredValue($0), "resource_type": "task"] })
      ),
    ]
  }

  private func render(_ memberships: [Section]) -> StructuredValue {
    StructuredValue(
      memberships.map { section in
        [
          "project": projects[section.project].map { compact($0) } ?? .null,
          "section": Self.named(section.gid, "section", section.name),
        ]
      })
  }

  func render(_ tag: Tag) -> StructuredValue {
    [
      "gid": StructuredValue(tag.gid), "resource_type": "tag", "name": StructuredValue(tag.name),
      "color": .optional(tag.color), "notes": StructuredValue(tag.notes),
      "workspace": compactWorkspace(tag.workspace), "permalink_url": link(tag.gid),
    ]
  }

  func render(_ story: Story) -> StructuredValue {
    [
      "gid": StructuredValue(story.gid), "resource_type": "story",
      "type": story.systemSubtype == nil ? "comment" : "system",
      "resource_subtype": StructuredValue(story.systemSubtype ?? "comment_added"),
      "text": StructuredValue(story.text), "html_text": .optional(story.htmlText),
      "is_pinned": StructuredValue(story.isPinned), "created_by": compactUser(story.createdBy),
      "created_at": StructuredValue(story.createdAt.description),
    ]
  }

  func render(_ attachment: Attachment) -> StructuredValue {
    let address = attachment.url.map { StructuredValue($0) } ?? link(attachment.gid)
    return [
      "gid": StructuredValue(attachment.gid), "resource_type": "attachment",
      "resource_subtype": attachment.url == nil ? "asana" : "external",
      "name": StructuredValue(attachment.name),
      "size": attachment.size.map { StructuredValue($0) } ?? .null,
      "created_at": StructuredValue(attachment.createdAt.description),
      "permanent_url": address, "view_url": address, "download_url": .null,
      "parent": ["gid": StructuredValue(attachment.parent)],
    ]
  }

  func render(_ field: CustomField) -> StructuredValue {
    [
      "gid": StructuredValue(field.gid), "resource_type": "custom_field",
      "resource_subtype": StructuredValue(field.kind.rawValue),
      "name": StructuredValue(field.name),
      "enum_options": StructuredValue(
        field.options.map { Self.named($0.gid, "enum_option", $0.name) }),
    ]
  }
}
