import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Tasks of 2025-11-25 and of the extension of 2026-07-28, and tools that must be tasks.
@Suite struct TaskTests {
  private static let ext = "io.modelcontextprotocol/tasks"

  /// Two services with the same ids of tasks.
  private func open(
    _ era: String, _ revision: Revision, folder: TemporaryFolder? = nil,
    names: [String] = ["a", "b"]
  ) throws -> GatewayRun {
    let ledger = folder.map { ",ledger=\($0.path)/ledger" } ?? ""
    let run = try GatewayRun(
      names.map { Service($0, "tasks,\(era)\(ledger)") } + [Service("good")], settings: "",
      revision: revision)
    if revision.era == .modern { run.client.capabilities = ["extensions": [Self.ext: [:]]] }
    try run.client.handshake()
    _ = try run.client.roundTrip("tools/list", within: .seconds(20))
    return run
  }

  private func make(_ tool: String, _ ms: Int, _ run: GatewayRun) throws -> ServerMessage {
    try run.client.roundTrip(
      "tools/call",
      [
        "name": .string(tool), "arguments": ["ms": .number(JSONNumber(ms)), "n": 1.0],
        "task": ["ttl": 60000], "_meta": ["progressToken": .string(tool)],
      ], within: .seconds(20))
  }

  private func ask(_ method: String, _ id: String, _ run: GatewayRun) throws -> ServerMessage {
    try run.client.roundTrip(method, ["taskId": .string(id)], within: .seconds(20))
  }

  @Test func `a legacy call becomes a task of its service, under an id of its own`() throws {
    let run = try open("legacy", .r2025_11_25)
    for service in ["a", "b"] {
      let made = try make("\(service)_job", 100, run)
      let id = "\(service):task 1"
      #expect(made.result?.at(pointer: "/task/taskId")?.stringValue == id, "\(made.text)")
      #expect(try ask("tasks/get", id, run).result?["taskId"]?.stringValue == id)
      let result = try ask("tasks/result", id, run)
      #expect(result.result?.at(pointer: "/structuredContent/n") == 1.0, "\(result.text)")
      #expect(
        result.result?["_meta"]?["io.modelcontextprotocol/related-task"]?["taskId"]?.stringValue
          == id)
    }
    let listed = try run.client.roundTrip("tasks/list").result?["tasks"]?.arrayValue ?? []
    #expect(
      listed.compactMap { $0["taskId"]?.stringValue }.sorted() == ["a:task 1", "b:task 1"])
    let told = run.wait(within: .seconds(20)) {
      run.client.transcript.messages.count { $0.method == "notifications/tasks/status" } == 2
    }
    #expect(told)
    try run.finish()
    let messages = run.client.transcript.messages
    let status = messages.filter { $0.method == "notifications/tasks/status" }
    #expect(
      Set(status.compactMap { $0.params?["taskId"]?.stringValue }) == ["a:task 1", "b:task 1"])
    // The token of a call holds until its task ends.
    let progress = messages.filter { $0.method == "notifications/progress" }
    #expect(progress.contains { $0.params?["progressToken"] == "a_job" })
  }

  @Test func `a legacy client is told of tasks, and of the tools that can be called so`() throws {
    let run = try open("legacy", .r2025_11_25)
    try run.finish()
    let again = try GatewayRun(
      [Service("a", "tasks,legacy"), Service("good")], settings: "", folder: run.folder)
    let hello = try again.client.handshake()
    #expect(
      hello.result?.at(pointer: "/capabilities/tasks/requests/tools/call") == [:], "\(hello.text)")
    let tools = try again.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    let support = tools.reduce(into: [String: String]()) { found, tool in
      guard let name = tool["name"]?.stringValue else { return }
      found[name] = tool.at(pointer: "/execution/taskSupport")?.stringValue
    }
    #expect(support["a_job"] == "optional" && support["good_echo"] == nil)
    try again.finish()
  }

  @Test func `a cancel of a task reaches its service only`() throws {
    let folder = try TemporaryFolder()
    let run = try open("legacy", .r2025_11_25, folder: folder)
    #expect(try make("a_job", 60_000, run).kind == .result)
    #expect(try make("b_job", 60_000, run).kind == .result)
    let cancelled = try ask("tasks/cancel", "b:task 1", run)
    #expect(cancelled.result?["status"] == "cancelled", "\(cancelled.text)")
    #expect(cancelled.result?["taskId"] == "b:task 1")
    #expect(try ask("tasks/get", "a:task 1", run).result?["status"] == "working")
    try run.finish()
    #expect(folder.text("ledger") == "cancelled task task 1\n")
  }

  @Test func `what cannot be a task is refused in plain words`() throws {
    let run = try open("legacy", .r2025_11_25)
    let echo = try make("good_echo", 1, run)
    #expect(echo.errorCode == ErrorCode.methodNotFound.rawValue, "\(echo.text)")
    for id in ["nobody:1", "task 1", ""] {
      #expect(try ask("tasks/get", id, run).errorCode == ErrorCode.invalidParams.rawValue)
    }
    #expect(
      try ask("tasks/get", "a:task 9", run).error?["message"] == "no such task")
    #expect(
      try run.client.roundTrip("tasks/update", ["taskId": "a:task 1"]).errorCode
        == ErrorCode.methodNotFound.rawValue)
    try run.finish()
  }

  @Test func `a modern call becomes a task of the extension, under an id of its own`() throws {
    let run = try open("modern", .r2026_07_28)
    let discovered = try run.client.roundTrip("server/discover")
    #expect(
      discovered.result?["capabilities"]?["extensions"]?[Self.ext] == [:], "\(discovered.text)")
    let made = try make("b_job", 100, run)
    #expect(made.result?["resultType"] == "task" && made.result?["taskId"] == "b:task 1")
    var last: JSONValue?
    let isDone = run.wait(within: .seconds(20)) {
      last = (try? ask("tasks/get", "b:task 1", run))?.result
      return last?["status"] == "completed"
    }
    #expect(isDone, "\(last ?? .null)")
    #expect(last?.at(pointer: "/result/structuredContent/n") == 1.0)
    #expect(last?["taskId"] == "b:task 1")
    #expect(
      try ask("tasks/result", "b:task 1", run).errorCode == ErrorCode.methodNotFound.rawValue)
    try run.finish()
  }

  @Test func `a client that does not know the extension gets no task`() throws {
    let run = try open("modern", .r2025_11_25)
    let answer = try run.client.call("a_job", ["ms": 10], within: .seconds(20))
    #expect(answer.result?.at(pointer: "/structuredContent/ms") == 10, "\(answer.text)")
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras)
  func `a tool that must be a task serves clients that know none`(revision: Revision) throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun.open(
      [Service("a", "tasks,legacy,ledger=\(folder.path)/ledger"), Service("good")], settings: "",
      revision: revision)
    let answer = try run.client.call("a_must", ["ms": 50], within: .seconds(20))
    #expect(answer.result?.at(pointer: "/structuredContent/ms") == 50, "\(answer.text)")
    let long = try run.client.request(
      "tools/call", ["name": "a_must", "arguments": ["ms": 60_000]])
    // The next answer says that the service has the call before it.
    #expect(try run.client.call("a_pid", within: .seconds(20)).kind == .result)
    try run.client.cancel(long)
    let isTold = run.wait(within: .seconds(20)) {
      folder.text("ledger").contains("cancelled task task 2")
    }
    #expect(isTold, "\(folder.text("ledger"))")
    try run.finish()
  }

  @Test func `a service with a task is not stopped for idleness`() throws {
    let run = try GatewayRun.open(
      [Service("a", "tasks,legacy", process: ["idle: 1s"]), Service("good")], settings: "")
    _ = try run.client.roundTrip("tools/list", within: .seconds(20))
    #expect(try make("a_job", 2_500, run).kind == .result)
    let before = run.processes(of: "a")
    let ended = run.wait(within: .seconds(20)) {
      run.client.transcript.messages.contains { $0.method == "notifications/tasks/status" }
    }
    #expect(ended)
    #expect(run.processes(of: "a") == before)
    #expect(run.wait(within: .seconds(20)) { run.processes(of: "a").isEmpty })
    try run.finish()
  }
}
