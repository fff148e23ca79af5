import AsanaSandbox
import PluginKit
import Testing

/// The rules of the store, called without a process around it.
@Suite struct RefusalTests {
  private let sandbox = Sandbox { Timestamp("2026-11-21T08:00:00Z") ?? Timestamp(milliseconds: 0) }

  private func refusal(_ tool: String, _ arguments: StructuredValue) -> Refusal? {
    do {
      let answer = try sandbox.answer("asana_" + tool, arguments)
      Issue.record("\(tool) answered \(answer)")
      return nil
    } catch { return error }
  }

  @Test func `every gid that nothing has is answered with 404 and what to do`() {
    let calls: [(String, StructuredValue)] = [
      ("get_project", ["project_id": "9"]), ("delete_project", ["project_id": "9"]),
      ("create_section", ["project_id": "9", "name": "x"]),
      ("get_custom_fields", ["project_id": "9"]), ("list_projects", ["workspace_id": "9"]),
      ("list_projects", ["team_id": "9"]), ("get_task", ["task_id": "9"]),
      ("update_task", ["task_id": "9"]), ("delete_task", ["task_id": "9"]),
      ("create_task", ["name": "x", "project_id": "9"]),
      ("create_task", ["name": "x", "assignee": "nobody@sandbox.invalid"]),
      ("create_subtask", ["name": "x", "parent_task_id": "9"]),
      ("move_task_to_section", ["section_id": "9", "task_id": "1801"]),
      ("add_tag_to_task", ["task_id": "1801", "tag_id": "9"]),
      ("add_task_dependency", ["task_id": "1801", "dependency_ids": ["9"]]),
      ("set_custom_field", ["task_id": "1801", "custom_field_id": "9", "value": 1]),
      ("get_task_comments", ["task_id": "9"]), ("get_task_attachments", ["task_id": "9"]),
      ("get_user", ["user_id": "9"]), ("list_workspace_users", ["team_id": "9"]),
    ]
    for (tool, arguments) in calls {
      let refusal = refusal(tool, arguments)
      #expect(refusal?.status == 404, "\(tool)")
      #expect(refusal?.message.contains("Unknown object") == true, "\(tool)")
      #expect(refusal?.help.isEmpty == false, "\(tool)")
    }
  }

  @Test func `arguments that contradict each other are refused and change nothing`() throws {
    let calls: [(String, StructuredValue)] = [
      (
        "update_task",
        ["task_id": "1801", "due_on": "2026-12-01", "due_at": "2026-12-01T10:00:00Z"]
      ),
      ("update_task", ["task_id": "1801", "start_on": "2026-12-01"]),
      ("update_task", ["task_id": "1801", "start_on": "2026-12-02", "due_on": "2026-12-01"]),
      ("update_task", ["task_id": "1801", "notes": "x", "html_notes": "<body>x</body>"]),
      ("update_task", ["task_id": "1801", "approval_status": "approved"]),
      ("update_task", ["task_id": "1801", "custom_fields": ["1502": "many"]]),
      ("set_custom_field", ["task_id": "1801", "custom_field_id": "1501", "value": "1502"]),
      ("add_task_comment", ["task_id": "1801"]),
      ("add_task_comment", ["task_id": "1801", "text": "x", "html_text": "<body>x</body>"]),
      (
        "move_task_to_section",
        ["section_id": "1401", "task_id": "1801", "insert_before": "1804", "insert_after": "1805"]
      ),
      ("move_task_to_section", ["section_id": "1401", "task_id": "1801", "insert_before": "1806"]),
      ("add_task_dependency", ["task_id": "1801", "dependency_ids": ["1801"]]),
      ("add_task_dependency", ["task_id": "1801", "dependency_ids": ["1804"]]),
    ]
    let before = try sandbox.answer("asana_get_task", ["task_id": "1801"])
    for (tool, arguments) in calls {
      #expect(refusal(tool, arguments)?.status == 400, "\(tool) \(arguments)")
    }
    #expect(try sandbox.answer("asana_get_task", ["task_id": "1801"]) == before)
  }

  @Test func `times are written and read as Asana writes them`() throws {
    for text in [
      "1970-01-01T00:00:00.000Z", "2026-11-21T08:09:10.123Z", "2000-02-29T23:59:59.999Z",
      "2100-03-01T00:00:00.000Z", "1969-12-31T23:59:59.000Z",
    ] {
      #expect(Timestamp(text)?.description == text)
    }
    #expect(Timestamp("2026-11-21T10:00:00+02:00")?.description == "2026-11-21T08:00:00.000Z")
    let task = try sandbox.answer("asana_get_task", ["task_id": "1801"])
    #expect(task["created_at"] == "2026-11-21T08:00:00.000Z")
    #expect(task["due_on"] == "2026-11-24")
  }
}
