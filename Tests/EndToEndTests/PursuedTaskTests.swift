import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// A service that works as tasks of the extension only, for clients that know none.
@Suite struct PursuedTaskTests {
  private func open(
    _ revision: Revision = .newestLegacy, folder: TemporaryFolder? = nil, settings: String = "",
    more: [String] = [], words: String = ""
  ) throws -> GatewayRun {
    let ledger = folder.map { ",ledger=\($0.path)/ledger" } ?? ""
    let run = try GatewayRun(
      [Service("s", "tasks-only,modern" + ledger + words, more: more), Service("good")],
      settings: settings,
      revision: revision)
    run.client.capabilities = revision.era == .legacy ? GatewayRun.everything : [:]
    try run.client.handshake()
    _ = try run.client.roundTrip("tools/list", within: .seconds(20))
    return run
  }

  @Test(arguments: [Revision.r2024_11_05, .r2025_06_18, .r2025_11_25])
  func `a legacy client gets the result of a task that it knows nothing of`(
    revision: Revision
  ) throws {
    let run = try open(revision)
    // The second call is one of a tool that is known to need it.
    for ms in [60, 1] {
      let answer = try run.client.call(
        "s_must", ["ms": .number(JSONNumber(ms)), "n": 1.0], within: .seconds(20))
      #expect(answer.result?.at(pointer: "/structuredContent/n") == 1.0, "\(answer.text)")
      #expect(answer.result?["resultType"] == nil && answer.result?["taskId"] == nil)
    }
    try run.expectOK()
    try run.finish()
  }

  @Test func `what a task asks is asked of a legacy client, and given to the task`() throws {
    let run = try open()
    let call = try run.client.request(
      "tools/call", ["name": "s_must", "arguments": ["ms": 1, "asks": true]])
    let request = try run.client.serverRequest()
    #expect(request.method == "elicitation/create", "\(request.text)")
    #expect(request.params?["message"] == "Your name?")
    try run.client.answer(request.id ?? "", .result(Asked.accepted))
    let result = try run.client.response(to: call, within: .seconds(20))
    #expect(
      result.result?.at(pointer: "/_meta/answer") == ["name": Asked.accepted], "\(result.text)")
    #expect(run.client.transcript.messages.count { $0.kind == .request } == 1)
    try run.finish()
  }

  @Test func `a task that fails, or is given up, is an error of its call`() throws {
    let run = try open()
    let failed = try run.client.call(
      "s_must", ["ms": 1, "end": "failed"], within: .seconds(20))
    #expect(failed.error?["message"] == "the task failed, as asked", "\(failed.text)")
    let gone = try run.client.call(
      "s_must", ["ms": 1, "end": "cancelled"], within: .seconds(20))
    #expect(gone.error?.at(pointer: "/data/reason") == "task_cancelled", "\(gone.text)")
    try run.expectOK()
    try run.finish()
  }

  @Test func `answers to polls move the soft deadline, and so does a long interval`() throws {
    let run = try open(more: ["limits: {timeout: 700ms}"])
    for poll in [50, 1_500] {
      let answer = try run.client.call(
        "s_must", ["ms": 1_200, "poll": .number(JSONNumber(poll))], within: .seconds(20))
      #expect(
        answer.result?.at(pointer: "/structuredContent/ms") == 1_200, "\(poll): \(answer.text)")
    }
    try run.finish()
  }

  @Test func `a task whose polls are not answered ends at the soft deadline`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder: folder, more: ["limits: {timeout: 500ms}"])
    let answer = try run.client.call("s_must", ["ms": 1, "hush": true], within: .seconds(20))
    #expect(answer.error?["code"] == -31003, "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/sent") == true)
    let isTold = run.wait { folder.text("ledger").contains("cancelled task task 1") }
    #expect(isTold, "\(folder.text("ledger"))")
    try run.finish()
  }

  @Test func `the absolute deadline ends a task that goes on for ever`() throws {
    let folder = try TemporaryFolder()
    let run = try open(
      folder: folder, settings: "deadlines: {absolute: 1500ms, call: 500ms}",
      more: ["limits: {timeout: 500ms}"])
    let answer = try run.client.call("s_must", ["ms": 600_000], within: .seconds(20))
    #expect(answer.error?["code"] == -31003, "\(answer.text)")
    let isTold = run.wait { folder.text("ledger").contains("cancelled task task 1") }
    #expect(isTold, "\(folder.text("ledger"))")
    try run.finish()
  }

  @Test func `a cancel of the call cancels the task`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder: folder)
    let call = try run.client.request(
      "tools/call", ["name": "s_must", "arguments": ["ms": 600_000]])
    let isTask = run.wait { folder.text("ledger").contains("asked for task") }
    #expect(isTask, "\(folder.text("ledger"))")
    try run.client.cancel(call)
    let isTold = run.wait { folder.text("ledger").contains("cancelled task task 1") }
    #expect(isTold, "\(folder.text("ledger"))")
    try run.expectOK()
    try run.finish()
  }

  @Test func `a service that ends while a task runs is lost to its call`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder: folder)
    let call = try run.client.request(
      "tools/call", ["name": "s_must", "arguments": ["ms": 600_000]])
    let isTask = run.wait { folder.text("ledger").contains("asked for task") }
    #expect(isTask)
    _ = try run.client.call("s_crash", within: .seconds(20))
    let answer = try run.client.response(to: call, within: .seconds(20))
    #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
    try run.expectOK()
    try run.finish()
  }

  /// The question about the task is never sent; the call was.
  @Test func `a service that reads no more while a task runs is lost to its call`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder: folder, words: ",close-stdin,only=echo")
    let call = try run.client.request(
      "tools/call", ["name": "s_must", "arguments": ["ms": 600_000, "poll": 300]])
    let isTask = run.wait { folder.text("ledger").contains("asked for task") }
    #expect(isTask)
    try run.expectOK("s_echo")
    let answer = try run.client.response(to: call, within: .seconds(20))
    #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/outcome") == "unknown", "\(answer.text)")
    try run.finish()
  }

  @Test func `a legacy client that asks for a task gets one of the gateway's`() throws {
    let run = try open()
    let made = try run.client.roundTrip(
      "tools/call",
      ["name": "s_must", "arguments": ["ms": 50, "n": 2.0], "task": ["ttl": 60_000]],
      within: .seconds(20))
    let id = try #require(made.result?.at(pointer: "/task/taskId"), "\(made.text)")
    let result = try run.client.roundTrip("tasks/result", ["taskId": id], within: .seconds(20))
    #expect(result.result?.at(pointer: "/structuredContent/n") == 2.0, "\(result.text)")
    try run.finish()
  }

  @Test func `a modern client that knows no tasks is told what it has to know`() throws {
    let run = try open(.newest)
    let answer = try run.client.call("s_must", ["ms": 1], within: .seconds(20))
    #expect(answer.errorCode == ErrorCode.missingClientCapability.rawValue, "\(answer.text)")
    let needed = "/data/requiredCapabilities/extensions/io.modelcontextprotocol~1tasks"
    #expect(answer.error?.at(pointer: needed) == [:])
    try run.finish()
  }
}
