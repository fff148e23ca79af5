import Harness
import MCP
import RawJSON
import Testing

/// The sandbox as a client uses it: what one call makes, later calls find.
@Suite struct SandboxTests {
  @Test func `a first look shows a workspace with people, projects and tasks`() throws {
    let run = try SandboxRun()
    #expect(try run.names("list_workspaces") == ["Sandbox"])
    #expect(try run.names("list_projects") == ["Website relaunch", "Office move"])
    #expect(try run.names("list_projects", ["team_id": "1102"]) == ["Office move"])
    #expect(try run.names("list_projects", ["archived": true]) == [])
    #expect(try run.names("search_projects", ["query": "RELAUNCH"]) == ["Website relaunch"])
    #expect(try run.names("get_teams_for_workspace") == ["Product", "Operations"])
    #expect(
      try run.names("list_workspace_users") == ["Ada Okafor", "Ben Lindqvist", "Chandra Rao"])
    #expect(
      try run.names("list_workspace_users", ["team_id": "1102"]) == ["Ada Okafor", "Chandra Rao"])
    #expect(try run.call("get_user")["email"] == "ada@sandbox.invalid")
    #expect(try run.call("get_user", ["user_id": "ben@sandbox.invalid"])["gid"] == "1202")
    let fields = try run.call("get_custom_fields", ["project_id": "1301"])["items"]
    #expect(fields?.at(pointer: "/0/custom_field/enum_options/1/name") == "High")
    #expect(try run.names("get_custom_fields", ["opt_fields": ["name"]]) == ["Urgency", "Hours"])
    try run.finish()
  }

  @Test func `a project can be made, changed, given sections and deleted`() throws {
    let run = try SandboxRun()
    let project = try run.gid(
      "create_project", ["name": "Garden", "team_id": "1101", "color": "dark-green"])
    _ = try run.call("create_section", ["project_id": project, "name": "Later"])
    let first = try run.call(
      "get_project_hierarchy", ["project_id": project]
    ).at(pointer: "/sections/0/gid")
    _ = try run.call(
      "create_section",
      ["project_id": project, "name": "Now", "insert_before": first ?? .null])
    let tree = try run.call("get_project_hierarchy", ["project_id": project])
    let names = tree["sections"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
    #expect(names == ["Now", "Untitled section", "Later"])
    _ = try run.call(
      "update_project",
      ["project_id": project, "name": "Old garden", "archived": true, "color": "none"])
    let changed = try run.call("get_project", ["project_id": project])
    #expect(changed["name"] == "Old garden")
    #expect(changed["color"] == JSONValue.null)
    #expect(changed["team"] == ["gid": "1101", "name": "Product"])
    #expect(try run.names("list_projects", ["archived": true]) == ["Old garden"])
    #expect(try run.call("delete_project", ["project_id": project]) == [:])
    #expect(try run.refusal("get_project", ["project_id": project]).contains("Unknown object"))
    try run.finish()
  }

  @Test func `a task can be made, changed, moved, completed and deleted`() throws {
    let run = try SandboxRun()
    let task = try run.gid(
      "create_task",
      ["name": "Plant", "project_id": "1301", "assignee": "me", "due_on": "2027-03-01"])
    let subtask = try run.gid("create_subtask", ["parent_task_id": task, "name": "Dig"])
    _ = try run.call(
      "move_task_to_section",
      ["section_id": "1402", "task_id": task, "insert_before": "1801"])
    let tree = try run.call("get_project_hierarchy", ["project_id": "1301"])
    #expect(tree.at(pointer: "/sections/1/tasks/0/name") == "Plant")
    #expect(tree.at(pointer: "/sections/1/tasks/0/subtasks/0/name") == "Dig")
    #expect(tree["counts"] == ["sections": 3, "tasks": 4, "subtasks": 2])
    _ = try run.call(
      "update_task", ["task_id": task, "completed": true, "due_on": .null, "notes": "With care"])
    let changed = try run.call("get_task", ["task_id": task])
    #expect(changed["completed"] == true)
    #expect(changed["due_on"] == JSONValue.null)
    #expect(changed["notes"] == "With care")
    #expect(changed["assignee"] == ["gid": "1201", "name": "Ada Okafor"])
    #expect(changed.at(pointer: "/memberships/0/section/name") == "In progress")
    #expect(
      try run.names("search_tasks", ["text": "plant", "completed": true]) == ["Plant"])
    #expect(try run.call("delete_task", ["task_id": task]) == [:])
    for gone in [task, subtask] {
      #expect(try run.refusal("get_task", ["task_id": gone]).contains("asana_search_tasks"))
    }
    try run.finish()
  }

  @Test func `comments, tags, dependencies, attachments and custom fields stay with their task`()
    throws
  {
    let run = try SandboxRun()
    let task = try run.gid("create_task", ["name": "Paint", "project_id": "1302"])
    _ = try run.call(
      "add_task_comment", ["task_id": task, "html_text": "<body>Blue &amp; <em>green</em></body>"])
    let comments = try run.call("get_task_comments", ["task_id": task])["items"]
    #expect(comments?.arrayValue?.count == 1)
    #expect(comments?.at(pointer: "/0/text") == "Blue & green")
    let all = try run.call("get_task_comments", ["task_id": task, "include_activity": true])
    #expect(all["items"]?.arrayValue?.count == 2)
    let tag = try run.gid("create_tag", ["name": "loud", "color": "light-red"])
    _ = try run.call("add_tag_to_task", ["task_id": task, "tag_id": tag])
    #expect(try run.names("search_tasks", ["tags_all": [tag]]) == ["Paint"])
    _ = try run.call("remove_tag_from_task", ["task_id": task, "tag_id": tag])
    #expect(try run.names("search_tasks", ["tags_any": [tag]]) == [])
    _ = try run.call("add_task_dependency", ["task_id": task, "dependency_ids": ["1807"]])
    #expect(try run.names("get_task_dependencies", ["task_id": task]) == ["Count the desks"])
    #expect(
      try run.names("search_tasks", ["is_blocked": true, "projects_any": ["1302"]]) == ["Paint"])
    _ = try run.call(
      "upload_attachment",
      ["parent_id": task, "content_base64": "aGVsbG8=", "file_name": "note.txt"])
    _ = try run.call(
      "upload_attachment", ["parent_id": task, "url": "https://example.org/x", "name": "Page"])
    let attachments = try run.call("get_task_attachments", ["task_id": task])["items"]
    #expect(attachments?.at(pointer: "/0/size") == 5)
    #expect(attachments?.at(pointer: "/1/resource_subtype") == "external")
    let set = try run.call(
      "set_custom_field", ["task_id": task, "custom_field_id": "1501", "value": "1512"])
    #expect(set.at(pointer: "/custom_fields/0/display_value") == "High")
    _ = try run.call(
      "set_custom_field", ["task_id": task, "custom_field_id": "1501", "value": .null])
    #expect(
      try run.call("get_task", ["task_id": task])["custom_fields"] == [])
    try run.finish()
  }

  @Test func `lists come in pages`() throws {
    let run = try SandboxRun()
    let first = try run.call("list_workspace_users", ["max_items": 2, "opt_fields": ["name"]])
    #expect(first["items"]?.arrayValue?.count == 2)
    let next = try #require(first["next"])
    let rest = try run.call(
      "list_workspace_users", ["offset": next, "opt_fields": ["name"]])
    #expect(rest == ["items": [["gid": "1203", "name": "Chandra Rao"]]])
    #expect(
      try run.refusal("list_projects", ["offset": "forged"]).contains("pagination token"))
    let (all, progress) = try run.watch("get_teams_for_workspace", ["limit": 1])
    #expect(all["items"]?.arrayValue?.count == 2)
    #expect(progress.map { $0["progress"] } == [1, 2])
    try run.finish()
  }

  @Test func `C18: arguments that break the schema are answered with every pointer`() throws {
    let run = try SandboxRun()
    let text = try run.refusal(
      "create_task",
      [
        "name": 5, "due_on": "2026-02-30", "resource_subtype": "epic", "followers": ["a", 1],
        "nmae": "x",
      ])
    for line in [
      "/name: expected a string", "/due_on: expected a day", "/resource_subtype: expected one of",
      "/followers/1: expected a string", "/nmae: unknown argument",
    ] {
      #expect(text.contains(line))
    }
    for gid in ["12a", "", "12\n", "-1"] {
      #expect(try run.refusal("get_task", ["task_id": .string(gid)]).contains("must match"))
    }
    #expect(try run.refusal("list_projects", ["limit": 101]).contains("at most 100"))
    #expect(try run.refusal("get_task", [:]).contains("/task_id: is required"))
    try run.finish()
  }
}
