import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Calls of services without tasks, of which the gateway itself makes tasks (`tools.tasks`), and
/// tasks of a service that knows those of the other era.
@Suite struct OfferedTaskTests {
  static let ext = "io.modelcontextprotocol/tasks"
  private static let tools = #"tools: {tasks: ["*"]}"#
  private static let soon = GatewayRun.patientSettings + "tasks: {after: 1ms}\n"

  private func open(
    _ words: String, _ revision: Revision, settings: String = Self.soon,
    folder: TemporaryFolder? = nil, more: [String] = [tools]
  ) throws -> GatewayRun {
    let run = try GatewayRun(
      [Service("s", words, more: more), Service("good")], settings: settings, revision: revision,
      folder: folder)
    var capabilities = GatewayRun.everything
    if revision.era == .modern {
      capabilities = [
        "sampling": ["tools": [:]], "elicitation": ["form": [:], "url": [:]], "roots": [:],
        "extensions": [Self.ext: [:]],
      ]
    }
    run.client.capabilities = capabilities
    try run.client.handshake()
    _ = try run.client.roundTrip("tools/list")
    return run
  }

  /// A run whose service is known from an earlier one, and slow to start: what is called first
  /// has become a task when the service hears of it.
  private func openSlowly(_ words: String, _ revision: Revision) throws -> GatewayRun {
    let first = try open(words, revision)
    try first.finish()
    return try open(words + ",delay@init=300", revision, folder: first.folder)
  }

  /// Calls a tool as a task; returns the task's members.
  @discardableResult
  private func make(
    _ run: GatewayRun, _ tool: String, _ arguments: JSONValue = [:], ttl: Int = 60_000
  ) throws -> JSONValue {
    let made = try run.client.roundTrip(
      "tools/call",
      [
        "name": .string(tool), "arguments": arguments,
        "task": ["ttl": .number(JSONNumber(ttl))], "_meta": ["progressToken": "t"],
      ])
    let task = run.client.revision.era == .legacy ? made.result?["task"] : made.result
    #expect(task?["taskId"]?.stringValue?.hasPrefix("switchyard-") == true, "\(made.text)")
    if run.client.revision.era == .modern { #expect(made.result?["resultType"] == "task") }
    return task ?? .null
  }

  private func ask(
    _ run: GatewayRun, _ method: String, _ task: JSONValue, _ more: [String: JSONValue] = [:]
  ) throws -> ServerMessage {
    try run.client.roundTrip(
      method, GatewayRun.object(more.merging(["taskId": task["taskId"] ?? .null]) { $1 }))
  }

  /// Asks until the task has a status; returns what it said then.
  private func wait(_ run: GatewayRun, _ task: JSONValue, for status: String) throws -> JSONValue {
    var last: JSONValue?
    let came = run.wait {
      last = (try? ask(run, "tasks/get", task))?.result
      return last?["status"]?.stringValue == status
    }
    #expect(came, "\(last ?? .null)")
    return last ?? .null
  }

  // MARK: The four cells

  @Test(arguments: SubscriptionTests.words)
  func `a legacy client gets a task of a call, its status, its progress and its result`(
    era: String
  ) throws {
    let run = try open(era, .r2025_11_25)
    let tools = try run.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    let slow = tools.first { $0["name"] == "s_slow" }
    #expect(slow?.at(pointer: "/execution/taskSupport") == "optional")
    let task = try make(run, "s_slow", ["ms": 300, "steps": 3], ttl: 50_000)
    #expect(task["status"] == "working" && task["ttl"] == 50_000, "\(task)")
    let result = try ask(run, "tasks/result", task)
    #expect(result.result?.at(pointer: "/structuredContent/steps") == 3, "\(result.text)")
    let related = "/_meta/io.modelcontextprotocol~1related-task/taskId"
    #expect(result.result?.at(pointer: related) == task["taskId"])
    // It is kept, and can be asked for again.
    #expect(try ask(run, "tasks/result", task).result == result.result)
    #expect(try ask(run, "tasks/get", task).result?["status"] == "completed")
    let list = try run.client.roundTrip("tasks/list").result?["tasks"]?.arrayValue ?? []
    #expect(list.map { $0["taskId"] } == [task["taskId"]])
    let messages = run.client.transcript.messages
    let progress = messages.filter { $0.method == "notifications/progress" }
    #expect(!progress.isEmpty)
    #expect(progress.allSatisfy { $0.params?["progressToken"] == "t" })
    #expect(progress.allSatisfy { $0.params?.at(pointer: related) == task["taskId"] })
    let told = messages.filter { $0.method == "notifications/tasks/status" }
    #expect(told.map { $0.params?["status"] } == ["completed"])
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.words)
  func `a modern client gets a task of a call that takes long, and others are answered`(
    era: String
  ) throws {
    let run = try open(
      era, .newest, settings: GatewayRun.patientSettings + "tasks: {after: 200ms}\n")
    let discovered = try run.client.roundTrip("server/discover")
    #expect(
      discovered.result?.at(pointer: "/capabilities/extensions/io.modelcontextprotocol~1tasks")
        == [:], "\(discovered.text)")
    let task = try make(run, "s_slow", ["ms": 1_500])
    #expect(task["ttlMs"] == 3_600_000 && task["pollIntervalMs"] != nil, "\(task)")
    let done = try wait(run, task, for: "completed")
    #expect(done.at(pointer: "/result/structuredContent/steps") == 3)
    #expect(done["resultType"] == "complete")
    try run.expectOK("s_echo")
    // What was answered has no progress any more.
    #expect(!run.client.transcript.messages.contains { $0.method == "notifications/progress" })
    #expect(try ask(run, "tasks/result", task).errorCode == ErrorCode.methodNotFound.rawValue)
    try run.finish()
  }

  @Test func `a client that does not know the extension gets no task`() throws {
    let run = try open("legacy", .newest)
    run.client.capabilities = [:]
    let answer = try run.client.call("s_slow", ["ms": 200])
    #expect(answer.result?["resultType"] == "complete", "\(answer.text)")
    try run.finish()
  }

  // MARK: Tasks of the other era

  @Test(arguments: SubscriptionTests.eras)
  func `tasks of a service of the other era become tasks of the client's era`(
    revision: Revision
  ) throws {
    let words = revision.era == .legacy ? "tasks,modern" : "tasks,legacy"
    let run = try open(words, revision, more: [])
    for tool in ["s_job", "s_must"] {
      let name: JSONValue = .string(tool)
      let made = try run.client.roundTrip(
        "tools/call", ["name": name, "arguments": ["ms": 300], "task": ["ttl": 60_000]])
      let task = revision.era == .legacy ? made.result?["task"] : made.result
      if revision.era == .legacy || tool == "s_must" {
        // A call of `job` without a task is answered at once.
        let task = try #require(task, "\(made.text)")
        let done = try wait(run, task, for: "completed")
        let result =
          revision.era == .legacy ? try ask(run, "tasks/result", task).result : done["result"]
        #expect(result?.at(pointer: "/structuredContent/ms") == 300, "\(done)")
      }
    }
    try run.finish()
  }

  @Test func `a task belongs to the era in which it was made`() throws {
    let run = try open("legacy", .r2025_11_25)
    let task = try make(run, "s_echo")
    let id = task["taskId"]?.stringValue ?? ""
    try run.client.send(
      line: #"{"jsonrpc":"2.0","id":"m","method":"tasks/get","params":{"taskId":"\#(id)","#
        + #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#
        + #""io.modelcontextprotocol/clientCapabilities":{}}}}"#)
    let answer = try run.client.response(to: "\"m\"")
    #expect(answer.error?.at(pointer: "/data/reason") == "task_of_other_era", "\(answer.text)")
    try run.finish()
  }

  // MARK: Ends

  @Test(arguments: SubscriptionTests.eras)
  func `a cancel of a task reaches its service with the service's id`(revision: Revision) throws {
    let folder = try TemporaryFolder()
    let run = try open("legacy,ledger=\(folder.path)/ledger", revision)
    let task = try make(run, "s_hang", ["uuid": "h"])
    #expect(run.wait { folder.text("ledger").contains("executed h") })
    let answer = try ask(run, "tasks/cancel", task)
    if revision.era == .legacy {
      #expect(answer.result?["status"] == "cancelled", "\(answer.text)")
      #expect(try ask(run, "tasks/cancel", task).errorCode == ErrorCode.invalidParams.rawValue)
      #expect(
        try ask(run, "tasks/result", task).error?.at(pointer: "/data/reason") == "task_cancelled")
    } else {
      #expect(answer.kind == .result && answer.result?["taskId"] == nil, "\(answer.text)")
      #expect(try ask(run, "tasks/cancel", task).kind == .result)
    }
    #expect(try ask(run, "tasks/get", task).result?["status"] == "cancelled")
    #expect(run.wait { folder.text("ledger").contains("cancelled h") })
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.eras)
  func `a task whose service dies has failed, and says why`(revision: Revision) throws {
    let run = try open("legacy", revision)
    let task = try make(run, "s_hang")
    for process in run.processes(of: "s") { kill(process, SIGKILL) }
    let failed = try wait(run, task, for: "failed")
    let error =
      revision.era == .legacy ? try ask(run, "tasks/result", task).error : failed["error"]
    #expect(error?["code"] == .number(JSONNumber(ErrorCode.backendLost.rawValue)), "\(failed)")
    try run.expectOK()
    try run.finish()
  }

  @Test func `what a tool calls a failure is one of its task in 2025-11-25`() throws {
    let run = try open("modern", .r2025_11_25)
    let task = try make(run, "s_fail")
    _ = try wait(run, task, for: "failed")
    #expect(try ask(run, "tasks/result", task).result?["isError"] == true)
    try run.finish()
  }

  @Test func `a task that runs holds nobody up when the client leaves`() throws {
    let run = try open("legacy", .r2025_11_25)
    try make(run, "s_hang")
    // Nothing of it is left, which `finish` checks.
    try run.finish()
  }

  // MARK: Questions

  @Test(arguments: SubscriptionTests.words)
  func `what a service asks in the course of a task is asked by the task`(era: String) throws {
    let run = try openSlowly(era, .newest)
    let task = try make(
      run, "s_ask",
      ["method": "elicitation/create", "params": Asked.form, "rounds": 2])
    for round in 1...2 {
      let asking = try wait(run, task, for: "input_required")
      let requests = asking["inputRequests"]?.objectValue
      let key = try #require(requests?.keys.first, "\(asking)")
      #expect(requests?.count == 1 && key == "\(round)")
      #expect(requests?.first?.value["method"] == "elicitation/create")
      // Who answers what was not asked has answered nothing.
      #expect(try ask(run, "tasks/update", task, ["inputResponses": ["x": [:]]]).kind == .result)
      #expect(try ask(run, "tasks/get", task).result?["status"] == "input_required")
      let update = try ask(
        run, "tasks/update", task, ["inputResponses": GatewayRun.object([key: Asked.accepted])])
      #expect(update.result?["resultType"] == "complete", "\(update.text)")
      // A round of its own: until it is over the next one cannot be told from it.
      #expect(
        run.wait {
          let now = (try? ask(run, "tasks/get", task))?.result
          return now?["inputRequests"]?.objectValue?.keys.first != key
        })
    }
    let done = try wait(run, task, for: "completed")
    let answer = done.at(pointer: "/result/structuredContent/answer")
    #expect(answer == Asked.accepted || answer?["k1"] == Asked.accepted, "\(done)")
    try run.finish()
  }

  @Test(arguments: SubscriptionTests.words)
  func `a legacy client with a task is asked by requests`(era: String) throws {
    let run = try openSlowly(era, .r2025_11_25)
    let task = try make(run, "s_ask", ["method": "elicitation/create", "params": Asked.form])
    let asked = try run.client.serverRequest()
    #expect(
      asked.params?.at(pointer: "/_meta/io.modelcontextprotocol~1related-task/taskId")
        == task["taskId"], "\(asked.text)")
    #expect(try ask(run, "tasks/get", task).result?["status"] == "input_required")
    try run.client.answer(try #require(asked.id), .result(Asked.accepted))
    let result = try ask(run, "tasks/result", task)
    let answer = result.result?.at(pointer: "/structuredContent/answer")
    #expect(answer == Asked.accepted || answer?["k1"] == Asked.accepted, "\(result.text)")
    try run.finish()
  }

  // MARK: Listens

  private func listen(_ run: GatewayRun, _ ids: [JSONValue]) throws -> JSONValue? {
    _ = try run.client.request(
      "subscriptions/listen", ["notifications": ["taskIds": .array(ids)]])
    return try run.client.notification("notifications/subscriptions/acknowledged")
      .params?.at(pointer: "/notifications/taskIds")
  }

  @Test func `a listen is told of the tasks that it names, and of no others`() throws {
    let run = try open("legacy", .newest)
    let first = try make(run, "s_slow", ["ms": 700])
    _ = try make(run, "s_slow", ["ms": 100])
    let id = try #require(first["taskId"])
    #expect(try listen(run, [id, "nobody"]) == [id])
    let told = try run.client.notification("notifications/tasks")
    #expect(told.params?["taskId"] == id && told.params?["status"] == "completed", "\(told.text)")
    #expect(told.params?.at(pointer: "/result/structuredContent/steps") == 3)
    #expect(told.params?.at(pointer: "/_meta/io.modelcontextprotocol~1subscriptionId") != nil)
    try run.finish()
  }

  @Test func `a listen is told of the tasks of services, under their own ids`() throws {
    let run = try open("tasks,modern", .newest, more: [])
    let made = try run.client.roundTrip(
      "tools/call", ["name": "s_job", "arguments": ["ms": 700]])
    #expect(made.result?["taskId"] == "s:task 1", "\(made.text)")
    #expect(try listen(run, ["s:task 1", "s:task 9"]) == ["s:task 1"])
    let told = try run.client.notification("notifications/tasks")
    #expect(told.params?["taskId"] == "s:task 1", "\(told.text)")
    #expect(told.params?["status"] == "completed")
    try run.finish()
  }
}
