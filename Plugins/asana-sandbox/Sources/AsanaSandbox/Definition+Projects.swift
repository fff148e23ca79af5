import PluginKit

/// The tools about workspaces, projects and sections.
extension Definition {
  static let listWorkspaces = Definition(
    "list_workspaces", "Lists the workspaces and organisations that you can use.", .reads,
    Parameter.paging, fields: "name,is_organization")

  static let listProjects = Definition(
    "list_projects", "Lists the projects of a workspace or of one team.", .reads,
    [
      .workspace, .text("team_id", "gid of a team, for its projects only."),
      .flag("archived", "Only projects in the archive, or only those outside."),
    ] + Parameter.paging, fields: projectSummary)

  static let searchProjects = Definition(
    "search_projects", "Finds projects by part of their name.", .reads,
    [
      .workspace, .text("query", "Part of the name.").required,
      .integer("count", "Matches at most.", 1...100).standard(20),
    ], fields: "name")

  static let getProject = Definition(
    "get_project", "Shows one project.", .reads, [.project, .fields], fields: projectDetails)

  static let createProject = Definition(
    "create_project", "Creates a project.", .creates,
    [
      .text("name", "Its name.").required, .workspace,
      .text("team_id", "gid of the team that it belongs to; needed in an organisation."),
    ] + Parameter.projectFields + [
      .texts("followers", "Users who follow it."), .fields,
    ], fields: projectDetails)

  static let updateProject = Definition(
    "update_project", "Changes fields of a project; others stay as they are.", .changes,
    [.project, .text("name", "Its new name.")]
      + Parameter.projectFields.map { clearable.contains($0.name) ? $0.nullable : $0 } + [.fields],
    fields: projectDetails)

  private static let clearable = ["color", "due_on", "start_on", "owner"]

  static let deleteProject = Definition(
    "delete_project", "Deletes a project for good; ask the person first.", .changes, [.project])

  static let getProjectHierarchy = Definition(
    "get_project_hierarchy", "Shows a project with its sections, their tasks and their subtasks.",
    .reads,
    [
      .project,
      .flag("include_completed_tasks", "Whether completed tasks are shown.").standard(false),
      .flag("include_subtasks", "Whether subtasks are shown.").standard(true),
      .integer("max_subtask_depth", "Levels of subtasks.", 1...10).standard(1),
      .integer("max_tasks", "Tasks at most; the answer says truncated when there are more.")
        .with("minimum", 1).standard(1000),
      .texts("opt_fields_tasks", "Fields of tasks and subtasks."),
    ], fields: taskSummary, isBatchable: false)

  static let createSection = Definition(
    "create_section", "Adds a section to a project.", .creates,
    [
      .project, .text("name", "Its name.").with("minLength", 1).required,
      .text("insert_before", "gid of the section that it comes before.")
        .notWith("insert_after"),
      .text("insert_after", "gid of the section that it comes after; not with insert_before."),
      .fields,
    ], fields: "name,created_at,project.name")

  private static let parts = [
    "allocations", "forms", "members", "notes", "permissions", "task_assignee",
    "task_attachments", "task_dates", "task_dependencies", "task_followers", "task_notes",
    "task_projects", "task_subtasks", "task_tags", "task_templates", "task_type_default",
  ]

  static let duplicateProject = Definition(
    "duplicate_project", "Copies a project; a job makes the copy.", .creates,
    [
      .project, .text("name", "Name of the copy.").required,
      .list(
        "include", "What is copied beside names.",
        of: ["type": "string", "enum": .init(parts.map { .init($0) })]),
      .object("schedule_dates", "How dates move; include task_dates too.").with(
        "properties",
        [
          "should_skip_weekends": [
            "type": "boolean", "description": "Whether nothing falls on a weekend.",
          ],
          "start_on": ["type": "string", "description": "The first day.", "format": "date"],
          "due_on": [
            "type": "string", "description": "The last day, in place of start_on.",
            "format": "date",
          ],
        ]
      ).with("additionalProperties", false),
      .flag("wait", "Whether to wait until the job has ended.").standard(true),
    ], fields: jobFields, isBatchable: false)

  static let createProjectFromTemplate = Definition(
    "create_project_from_template", "Creates a project from a template; a job makes it.",
    .creates,
    [
      .gid("project_template_id", "gid of the template.").required,
      .text("name", "Name of the project.").required,
      .text("team_id", "gid of the team that it belongs to."), Parameter.privacy,
      .flag("is_strict", "Whether a date without a value is an error."),
      .list(
        "requested_dates", "Values for the template's dates.",
        of: pair("gid of the date.", "A date or a time.")),
      .list(
        "requested_roles", "Users for the template's roles.",
        of: pair("gid of the role.", "gid of the user.")),
      .flag("wait", "Whether to wait until the job has ended.").standard(true),
    ], fields: jobFields, isBatchable: false)

  static let getCustomFields = Definition(
    "get_custom_fields", "Lists the custom fields of a project, or else of a workspace.", .reads,
    [.text("project_id", "gid of a project, for its fields."), .workspace] + Parameter.paging)
}
