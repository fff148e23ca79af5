import PluginKit

/// The tools about tasks, tags and dependencies.
extension Definition {
  static let searchTasks = Definition(
    "search_tasks", "Searches tasks by words and filters.", .reads,
    [.workspace] + peopleAndPlaces + statesAndTimes, fields: taskSummary, isBatchable: false)

  private static let peopleAndPlaces: [Parameter] = [
    .text("text", "Words in the name or the description."),
    .texts("assignee_any", "Assigned to one of these users: gids, e-mail addresses, me."),
    .texts("assignee_not", "Assigned to none of these users."),
    .texts("projects_any", "In one of these projects."),
    .texts("projects_all", "In each of these projects."),
    .texts("projects_not", "In none of these projects."),
    .texts("sections_any", "In one of these sections."),
    .texts("tags_any", "With one of these tags."),
    .texts("tags_all", "With each of these tags."),
    .texts("teams_any", "In a project of one of these teams."),
    .texts("created_by_any", "Created by one of these users."),
    .texts("followers_any", "Followed by one of these users."),
  ]

  private static let statesAndTimes: [Parameter] = [
    .flag("completed", "Only completed tasks, or only open ones."),
    .flag("is_subtask", "Only subtasks, or only others."),
    .flag("is_blocked", "Only tasks that wait for others, or only tasks that do not."),
    .flag("has_attachment", "Only tasks with attachments, or only those without."),
    .date("due_on_before", "Due before this day."),
    .date("due_on_after", "Due after this day."),
    .time("created_at_before", "Created before this moment."),
    .time("created_at_after", "Created after this moment."),
    .time("modified_at_after", "Changed after this moment."),
    .choice("resource_subtype", "The kind of task.", ["default_task", "milestone", "approval"]),
    .choice(
      "sort_by", "The order.",
      ["due_date", "created_at", "completed_at", "likes", "modified_at", "relevance"]),
    .flag("sort_ascending", "Whether the smallest comes first."),
    .integer("limit", "Tasks at most.", 1...100).standard(50),
    .object("custom_field_filters", "Filters such as {\"123.value\": \"x\"}."),
    .fields,
  ]

  static let getTask = Definition(
    "get_task", "Shows one task.", .reads, [.task, .fields], fields: taskDetails)

  static let createTask = Definition(
    "create_task", "Creates a task in a project, in a workspace or under another task.", .creates,
    [
      .text("name", "Its name.").required, .text("project_id", "gid of the project for it."),
      .workspace, .text("parent", "gid of the task that it is a part of."),
      .texts("followers", "Users who follow it."), .texts("tags", "gids of its tags."),
    ] + Parameter.taskFields + [.fields], fields: taskDetails)

  static let updateTask = Definition(
    "update_task", "Changes fields of a task, for example completes it; others stay.", .changes,
    [
      .task, .text("name", "Its new name."), .flag("completed", "Whether it is done."),
      .choice(
        "approval_status", "The verdict, of an approval.",
        ["pending", "approved", "rejected", "changes_requested"]),
    ]
      + Parameter.taskFields.map { clearable.contains($0.name) ? $0.nullable : $0 } + [.fields],
    fields: taskDetails)

  private static let clearable = ["assignee", "due_on", "due_at", "start_on"]

  static let deleteTask = Definition(
    "delete_task", "Deletes a task with its subtasks.", .changes, [.task])

  static let createSubtask = Definition(
    "create_subtask", "Creates a task under another one.", .creates,
    [
      .gid("parent_task_id", "gid of the task that it is a part of.").required,
      .text("name", "Its name.").required, .texts("followers", "Users who follow it."),
    ] + Parameter.taskFields + [.fields], fields: taskDetails)

  static let moveTaskToSection = Definition(
    "move_task_to_section", "Puts a task into a section, out of the project's other sections.",
    .changes,
    [
      .gid("section_id", "gid of the section.").required, .task,
      .text("insert_before", "gid of the task that it comes before.")
        .notWith("insert_after"),
      .text("insert_after", "gid of the task that it comes after; not with insert_before."),
    ])

  static let setCustomField = Definition(
    "set_custom_field", "Sets one custom field of a task.", .changes,
    [
      .task, .gid("custom_field_id", "gid of the custom field.").required,
      .any(
        "value", "A text, a number, the gid of an option, a list of them, a date, or null for none."
      ).required, .fields,
    ], fields: "name,custom_fields.name,custom_fields.display_value")

  static let createTag = Definition(
    "create_tag", "Creates a tag.", .creates,
    [
      .text("name", "Its name.").required, .workspace,
      .choice("color", "Name of its colour.", Parameter.colors),
      .text("notes", "What it is for."), .fields,
    ], fields: "name,color,permalink_url")

  static let addTagToTask = Definition(
    "add_tag_to_task", "Gives a task a tag that exists.", .adds, [.task, .tag])

  static let removeTagFromTask = Definition(
    "remove_tag_from_task", "Takes a tag from a task.", .changes, [.task, .tag])

  static let getTaskDependencies = Definition(
    "get_task_dependencies", "Lists the tasks that a task waits for.", .reads,
    [.task] + Parameter.paging, fields: taskSummary)

  static let addTaskDependency = Definition(
    "add_task_dependency", "Lets a task wait for other tasks.", .adds,
    [
      .task,
      .texts("dependency_ids", "gids of the tasks to wait for.").with("minItems", 1)
        .with("maxItems", 30).required,
    ])

  static let batchOperations = Definition(
    "batch_operations", "Makes many Asana calls as one.", .anything,
    [
      .list(
        "operations", "The calls, in the order of the results.",
        of: [
          "type": "object",
          "properties": [
            "tool": ["type": "string", "description": "Name of the tool."],
            "arguments": ["type": "object", "description": "Its arguments."],
          ],
          "required": ["tool"], "additionalProperties": false,
        ]
      ).with("minItems", 1).with("maxItems", 100).required,
      .flag("stop_on_error", "Whether nothing more is begun after a failure.").standard(false),
    ], isBatchable: false)

  /// A value for something of a template that has a gid.
  static func pair(_ gid: StructuredValue, _ value: StructuredValue) -> StructuredValue {
    [
      "type": "object",
      "properties": [
        "gid": ["type": "string", "description": gid],
        "value": ["type": "string", "description": value],
      ],
      "required": ["gid", "value"], "additionalProperties": false,
    ]
  }
}
