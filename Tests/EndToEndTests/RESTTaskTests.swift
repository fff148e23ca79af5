import HTTPTesting
import Harness
import MCP
import RawJSON
import Testing

/// Calls of a REST service as tasks of the gateway (`tools.NAME.task`).
@Suite struct RESTTaskTests {
  private static let tools = """
    tools:
      go:
        description: Reads what the server was told to do.
        arguments:
          act: {type: string, required: true}
        get: /{act}/400
        task: true
      still:
        description: Is no task.
        get: /echo/still

    """

  private func open(_ revision: Revision) throws -> APIRun {
    let run = try APIRun(
      tools: Self.tools, settings: "deadlines: {call: 20s}\ntasks: {after: 50ms}\n",
      revision: revision
    ) { request, connection in
      guard request.target.hasPrefix("/slow") else { return !connection.waitForClose() }
      connection.wait(milliseconds: 400)
      APIRun.reply(["ok": true], to: connection)
      return true
    }
    run.client.capabilities = ["extensions": ["io.modelcontextprotocol/tasks": [:]]]
    return run
  }

  @Test func `a legacy client gets a task of a tool that says so, and of no other`() throws {
    let run = try open(.r2025_11_25)
    let tools = try run.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    let support = tools.map { $0.at(pointer: "/execution/taskSupport")?.stringValue }
    #expect(support == ["optional", nil])
    let made = try run.client.roundTrip(
      "tools/call", ["name": "api_go", "arguments": ["act": "slow"], "task": [:]])
    let id = try #require(made.result?.at(pointer: "/task/taskId"), "\(made.text)")
    let result = try run.client.roundTrip("tasks/result", ["taskId": id])
    #expect(result.result?["content"] != nil, "\(result.text)")
    let refused = try run.client.roundTrip("tools/call", ["name": "api_still", "task": [:]])
    #expect(refused.errorCode == ErrorCode.methodNotFound.rawValue, "\(refused.text)")
    // One that never ends is cancelled.
    let long = try run.client.roundTrip(
      "tools/call", ["name": "api_go", "arguments": ["act": "hang"], "task": [:]])
    let cancelled = try run.client.roundTrip(
      "tasks/cancel", ["taskId": long.result?.at(pointer: "/task/taskId") ?? .null])
    #expect(cancelled.result?["status"] == "cancelled", "\(cancelled.text)")
    try run.finish()
  }

  @Test func `a modern client gets a task of a call that takes long`() throws {
    let run = try open(.newest)
    let made = try run.client.roundTrip(
      "tools/call", ["name": "api_go", "arguments": ["act": "slow"]])
    #expect(made.result?["resultType"] == "task", "\(made.text)")
    let id = made.result?["taskId"] ?? .null
    var last: JSONValue?
    let isDone = run.gateway.wait {
      last = (try? run.client.roundTrip("tasks/get", ["taskId": id]))?.result
      return last?["status"] == "completed"
    }
    #expect(isDone && last?.at(pointer: "/result/content") != nil, "\(last ?? .null)")
    try run.finish()
  }
}
