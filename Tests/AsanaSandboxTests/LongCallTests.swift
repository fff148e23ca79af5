import Harness
import MCP
import RawJSON
import Testing

/// Calls that take their time: what they report, and what they leave.
@Suite struct LongCallTests {
  @Test func `a hierarchy reports each section`() throws {
    let run = try SandboxRun()
    let (tree, progress) = try run.watch(
      "get_project_hierarchy", ["project_id": "1301", "include_completed_tasks": true])
    #expect(progress.map { $0["progress"] } == [1, 2, 3, 4])
    #expect(progress.allSatisfy { $0["total"] == 4 })
    #expect(tree["counts"] == ["sections": 3, "tasks": 4, "subtasks": 2])
    #expect(tree["truncated"] == false)
    let few = try run.call("get_project_hierarchy", ["project_id": "1301", "max_tasks": 2])
    #expect(few["truncated"] == true)
    #expect(few.at(pointer: "/counts/tasks") == 2)
    try run.finish()
  }

  @Test func `a project is copied by a job that ends`() throws {
    let run = try SandboxRun()
    let (job, progress) = try run.watch(
      "duplicate_project",
      [
        "project_id": "1301", "name": "Second site",
        "include": ["task_subtasks", "task_dates", "task_dependencies", "notes"],
        "schedule_dates": ["start_on": "2027-05-01", "should_skip_weekends": true],
      ])
    #expect(job["status"] == "succeeded")
    #expect(job.at(pointer: "/new_project/name") == "Second site")
    #expect(progress.count > 2)
    #expect(progress.first?["message"] == "not_started")
    #expect(progress.last?["message"] == "succeeded: 4 of 4")
    let copy = try #require(job.at(pointer: "/new_project/gid"))
    let tree = try run.call(
      "get_project_hierarchy", ["project_id": copy, "include_completed_tasks": true])
    #expect(tree["counts"] == ["sections": 3, "tasks": 4, "subtasks": 2])
    // The first date, two days before the weekend that moved it, is on Monday the third.
    #expect(tree.at(pointer: "/sections/1/tasks/0/due_on") == "2027-05-03")
    let moved = try #require(tree.at(pointer: "/sections/0/tasks/0/gid"))
    let blocking = try run.names("get_task_dependencies", ["task_id": moved])
    #expect(blocking == ["Write the front page"])
    try run.finish()
  }

  @Test func `a job that nobody waits for goes on with the next calls`() throws {
    let run = try SandboxRun()
    let job = try run.call(
      "create_project_from_template",
      ["project_template_id": "1701", "name": "Party", "wait": false])
    #expect(job["status"] == "not_started")
    let project = try #require(job.at(pointer: "/new_project/gid"))
    var sections = 0
    for _ in 0..<5 {
      let tree = try run.call("get_project_hierarchy", ["project_id": project])
      let count = tree.at(pointer: "/counts/sections")?.intValue ?? -1
      #expect(count >= sections)
      sections = count
    }
    #expect(sections == 3)
    #expect(try run.names("search_tasks", ["text": "speakers"]) == ["Invite the speakers"])
    try run.finish()
  }

  @Test func `a batch answers each call in its place`() throws {
    let run = try SandboxRun()
    let (answer, progress) = try run.watch(
      "batch_operations",
      [
        "operations": [
          ["tool": "asana_get_task", "arguments": ["task_id": "1801", "opt_fields": ["name"]]],
          ["tool": "asana_get_task", "arguments": ["task_id": "99"]],
          ["tool": "asana_get_task", "arguments": ["task_id": "x"]],
          ["tool": "asana_upload_attachment", "arguments": ["parent_id": "1801"]],
          ["tool": "asana_create_tag", "arguments": ["name": "batched"]],
        ]
      ])
    let results = answer["items"]?.arrayValue ?? []
    #expect(results.map { $0["status_code"] } == [200, 404, 400, 400, 200])
    #expect(results.map { $0["index"] } == [0, 1, 2, 3, 4])
    #expect(results.first?["data"] == ["gid": "1801", "name": "Write the front page"])
    #expect(progress.map { $0["progress"] } == [1, 2, 3, 4, 5])
    let stopped = try run.call(
      "batch_operations",
      [
        "stop_on_error": true,
        "operations": .array(
          Array(
            repeating: ["tool": "asana_get_task", "arguments": ["task_id": "99"]], count: 30)),
      ])
    #expect(stopped["items"]?.arrayValue?.count == 10)
    try run.finish()
  }

  @Test func `an upload reports its bytes`() throws {
    let run = try SandboxRun()
    let content = String(repeating: "QUJD", count: 100_000)
    let (attachment, progress) = try run.watch(
      "upload_attachment",
      ["parent_id": "1801", "content_base64": .string(content), "file_name": "abc.txt"])
    #expect(attachment["size"] == 300_000)
    #expect(progress.count == 7)
    #expect(progress.last?["progress"] == 300_000)
    #expect(progress.allSatisfy { $0["total"] == 300_000 })
    for broken in ["QUJ", "QU=D", "Q*JD", "QUJDQ==="] {
      let text = try run.refusal(
        "upload_attachment",
        ["parent_id": "1801", "content_base64": .string(broken), "file_name": "x"])
      #expect(text.contains("400"))
    }
    try run.finish()
  }
}
