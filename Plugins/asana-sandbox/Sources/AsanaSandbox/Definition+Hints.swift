import PluginKit

/// What a definition tells about how its calls are best made; the figures are those of the real
/// service, so that what a client does with them is the same with both.
struct CallHints: Sendable {
  enum Priority: String, Sendable { case high, medium, low }

  let category: String
  let priority: Priority
  /// How long a call takes, in milliseconds.
  let estimate: Int
  /// How long an answer stays true, in seconds; nil for what changes something.
  let cache: Int?

  fileprivate init(
    _ category: String, _ priority: Priority, takes estimate: Int, keep cache: Int? = nil
  ) {
    self.category = category
    self.priority = priority
    self.estimate = estimate
    self.cache = cache
  }
}

extension Definition {
  /// `_meta` of the tool.
  var meta: StructuredValue {
    var members: [(String, StructuredValue)] = [
      ("switchyard/batch", StructuredValue(isBatchable))
    ]
    if let hints = Self.hints[String(name.dropFirst("asana_".count))] {
      members += [
        ("switchyard/category", StructuredValue(hints.category)),
        ("switchyard/priority", StructuredValue(hints.priority.rawValue)),
        ("switchyard/estimateMs", StructuredValue(hints.estimate)),
      ]
      if let cache = hints.cache {
        members.append(("switchyard/cacheMs", StructuredValue(cache * 1_000)))
      }
    }
    return StructuredValue(members)
  }

  private static let hints = projectHints.merging(taskHints) { first, _ in first }
    .merging(collaborationHints) { first, _ in first }

  private static let projectCategory = "project_management"
  private static let taskCategory = "task_management"
  private static let collaborationCategory = "collaboration"

  private static let projectHints: [String: CallHints] = [
    "list_workspaces": .init(projectCategory, .high, takes: 400, keep: 3600),
    "list_projects": .init(projectCategory, .high, takes: 800, keep: 60),
    "search_projects": .init(projectCategory, .high, takes: 600, keep: 30),
    "get_project": .init(projectCategory, .high, takes: 400, keep: 60),
    "create_project": .init(projectCategory, .high, takes: 900),
    "update_project": .init(projectCategory, .high, takes: 600),
    "delete_project": .init(projectCategory, .low, takes: 600),
    "get_project_hierarchy": .init(projectCategory, .high, takes: 5000, keep: 30),
    "create_section": .init(projectCategory, .medium, takes: 500),
    "duplicate_project": .init(projectCategory, .low, takes: 15000),
    "create_project_from_template": .init(projectCategory, .medium, takes: 15000),
    "get_custom_fields": .init(projectCategory, .low, takes: 700, keep: 600),
  ]

  private static let taskHints: [String: CallHints] = [
    "search_tasks": .init(taskCategory, .high, takes: 1500, keep: 15),
    "get_task": .init(taskCategory, .high, takes: 350, keep: 15),
    "create_task": .init(taskCategory, .high, takes: 800),
    "update_task": .init(taskCategory, .high, takes: 500),
    "delete_task": .init(taskCategory, .medium, takes: 400),
    "create_subtask": .init(taskCategory, .medium, takes: 800),
    "move_task_to_section": .init(taskCategory, .medium, takes: 450),
    "set_custom_field": .init(taskCategory, .low, takes: 500),
    "create_tag": .init(taskCategory, .low, takes: 500),
    "add_tag_to_task": .init(taskCategory, .medium, takes: 350),
    "remove_tag_from_task": .init(taskCategory, .low, takes: 350),
    "get_task_dependencies": .init(taskCategory, .low, takes: 450, keep: 30),
    "add_task_dependency": .init(taskCategory, .low, takes: 450),
    "batch_operations": .init(taskCategory, .high, takes: 3000),
  ]

  private static let collaborationHints: [String: CallHints] = [
    "add_task_comment": .init(collaborationCategory, .medium, takes: 500),
    "get_task_comments": .init(collaborationCategory, .medium, takes: 600, keep: 15),
    "upload_attachment": .init(collaborationCategory, .low, takes: 4000),
    "get_task_attachments": .init(collaborationCategory, .low, takes: 500, keep: 60),
    "get_teams_for_workspace": .init(collaborationCategory, .medium, takes: 700, keep: 600),
    "list_workspace_users": .init(collaborationCategory, .medium, takes: 1200, keep: 600),
    "get_user": .init(collaborationCategory, .low, takes: 300, keep: 600),
  ]
}
