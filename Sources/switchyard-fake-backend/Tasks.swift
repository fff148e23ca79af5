import MCP
import RawJSON

/// A call that became a task.
struct FakeTask {
  /// Nanoseconds of the monotonic clock.
  var due: Int64
  /// The result's members.
  var result: String
  var isCancelled = false
  /// What it ends with: `completed` or another status.
  var end = "completed"
  /// It asks for the client's name before it ends.
  var asks = false
  /// What it was answered, as JSON.
  var answer: String?
  /// How often the client is to ask, in milliseconds; what is asked is never answered where nil.
  var poll: Int? = 20

  func status(at now: Int64) -> String {
    if isCancelled { return "cancelled" }
    if asks, answer == nil { return "input_required" }
    return now >= due ? end : "working"
  }

  /// What `tasks/get` tells of it in the modern era beside its description.
  func members(at now: Int64) -> String {
    switch status(at: now) {
    case "completed":
      #","result":{\#(result)\#(answer.map { #","_meta":{"answer":\#($0)}"# } ?? "")}"#
    case "failed": #","error":{"code":-32000,"message":"the task failed, as asked"}"#
    case "input_required":
      #","inputRequests":{"name":{"method":"elicitation/create","params":{"mode":"form","#
        + #""message":"Your name?","requestedSchema":{"type":"object","properties":{}}}}}"#
    default: ""
    }
  }
}

/// The word `tasks`: the tool `job` may be called as a task, `must` has to be (2025-11-25); in
/// the modern era both are answered with one if the client knows the extension.
extension Server {
  static let taskTools = ["job", "must"]
  static let taskCapabilities =
    #","tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}},"#
    + #""extensions":{"io.modelcontextprotocol/tasks":{}}"#

  func taskExecution(_ name: String) -> String {
    guard script.tasks, Self.taskTools.contains(name) else { return "" }
    let word = name == "must" ? "required" : "optional"
    return #","execution":{"taskSupport":"\#(word)"}"#
  }

  /// Answers what is about tasks; false for everything else.
  mutating func answerTasks(_ message: Incoming) -> Bool {
    switch message.envelope.method {
    case .toolsCall: return callAsTask(message)
    case .tasksGet: answerTask(message, named: taskID(message))
    case .tasksCancel:
      let id = taskID(message)
      tasks[id]?.isCancelled = true
      ledger("cancelled task \(id)")
      answerTask(message, named: id)
    case .tasksUpdate where message.isModern: takeAnswer(message)
    case .tasksResult where !message.isModern: answerResult(message)
    case .subscriptionsListen where message.isModern: listenToTasks(message)
    case .tasksList where !message.isModern:
      let all = tasks.keys.sorted().map { "{" + describe($0, isModern: false) + "}" }
      result(message, #""tasks":[\#(all.joined(separator: ","))]"#)
    default: return false
    }
    return true
  }

  private mutating func callAsTask(_ message: Incoming) -> Bool {
    let name = JSON.string(message.envelope.name, in: message.line.bytes) ?? []
    let tool = String(decoding: name, as: UTF8.self)
    guard Self.taskTools.contains(tool) else { return false }
    let extensions = JSON.member(
      "extensions", of: message.envelope.clientCapabilities, in: message.line.bytes)
    let isAsked =
      message.isModern
      ? !JSON.member("io.modelcontextprotocol/tasks", of: extensions, in: message.line.bytes)
        .isAbsent
      : !message.envelope.task.isAbsent
    let arguments = String(decoding: message.slice(message.envelope.arguments), as: UTF8.self)
    let members = #""content":[],"structuredContent":\#(arguments.isEmpty ? "{}" : arguments)"#
    guard isAsked else {
      answerWithoutTask(message, of: tool, members)
      return true
    }
    let id = "task \(tasks.count + 1)"
    let time = Int64(integer("ms", message) ?? 50) * 1_000_000
    tasks[id] = makeTask(message, due: Agenda.now + time, result: members)
    let task = describe(id, isModern: message.isModern)
    result(message, message.isModern ? task : #""task":{\#(task)}"#, type: "task")
    if !message.isModern {
      for (due, part) in [(time / 2, 1), (time, 2)] {
        guard let line = progressLine(part, of: 2, message) else { break }
        agenda.add(.init(due: Agenda.now + due - 1_000, id: [], line: line, isAnswer: false))
      }
      let status = #"{"jsonrpc":"2.0","method":"notifications/tasks/status","params":{"#
      tell(status, id, after: time)
    }
    return true
  }

  private mutating func answerWithoutTask(
    _ message: Incoming, of tool: String, _ members: String
  ) {
    if script.tasksOnly, message.isModern {
      fail(
        message, -32021, "the client must know tasks",
        #"{"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}"#)
    } else if tool == "job" || message.isModern {
      result(message, members)
    } else {
      fail(message, -32601, "this tool must be called as a task")
    }
  }

  private func makeTask(_ message: Incoming, due: Int64, result: String) -> FakeTask {
    let bytes = message.line.bytes
    var task = FakeTask(due: due, result: result)
    let end = JSON.member("end", of: message.envelope.arguments, in: bytes)
    if let word = JSON.string(end, in: bytes) { task.end = String(decoding: word, as: UTF8.self) }
    let asks = JSON.member("asks", of: message.envelope.arguments, in: bytes)
    task.asks = message.isModern && !asks.isAbsent
    task.poll = isTrue("hush", message) ? nil : integer("poll", message) ?? 20
    return task
  }

  private mutating func takeAnswer(_ message: Incoming) {
    let responses = JSON.member(
      "inputResponses", of: message.envelope.params, in: message.line.bytes)
    tasks[taskID(message)]?.answer = String(decoding: message.slice(responses), as: UTF8.self)
    result(message, #""taken":true"#)
  }

  private mutating func tell(_ head: String, _ id: String, after time: Int64) {
    let done = describe(id, isModern: false, status: "completed")
    agenda.add(
      .init(
        due: Agenda.now + time, id: [], line: Array((head + done + "}}\n").utf8), isAnswer: false))
  }

  /// Agrees to tell of the tasks that there are, and tells when they end.
  private mutating func listenToTasks(_ message: Incoming) {
    let bytes = message.line.bytes
    let filter = JSON.member("notifications", of: message.envelope.params, in: bytes)
    var known: [String] = []
    JSON.forEachElement(of: JSON.member("taskIds", of: filter, in: bytes), in: bytes) {
      let id = String(decoding: JSON.string($0, in: bytes) ?? [], as: UTF8.self)
      if tasks[id] != nil { known.append(id) }
    }
    let meta =
      #""_meta":{"io.modelcontextprotocol/subscriptionId":"#
      + String(decoding: message.slice(message.envelope.id), as: UTF8.self) + "}"
    let quoted = known.map { #""\#($0)""# }.joined(separator: ",")
    notify(
      "notifications/subscriptions/acknowledged",
      #"{\#(meta),"notifications":{"taskIds":[\#(quoted)]}}"#)
    for id in known {
      let line =
        #"{"jsonrpc":"2.0","method":"notifications/tasks","params":{"#
        + describe(id, isModern: true, status: "completed") + "," + meta + "}}\n"
      let due = tasks[id]?.due ?? 0
      agenda.add(.init(due: due, id: [], line: Array(line.utf8), isAnswer: false))
    }
  }

  private func describe(_ id: String, isModern: Bool, status: String? = nil) -> String {
    let word = status ?? tasks[id]?.status(at: Agenda.now) ?? "failed"
    let (ttl, poll) = isModern ? ("ttlMs", "pollIntervalMs") : ("ttl", "pollInterval")
    return #""taskId":"\#(id)","status":"\#(word)","createdAt":"2026-01-01T00:00:00Z","#
      + #""lastUpdatedAt":"2026-01-01T00:00:00Z","\#(ttl)":60000,"\#(poll)":20"#
  }

  private mutating func answerTask(_ message: Incoming, named id: String) {
    guard let task = tasks[id] else { return fail(message, -32602, "no such task") }
    if script.tasksOnly { ledger("asked for \(id)") }
    if task.poll == nil, message.envelope.method == .tasksGet {
      hanging.insert(message.bytes(message.envelope.id))
      return
    }
    var members = describe(id, isModern: message.isModern)
    if message.isModern { members += task.members(at: Agenda.now) }
    result(message, members)
  }

  /// Waits for the end of the task.
  private mutating func answerResult(_ message: Incoming) {
    let id = taskID(message)
    guard let task = tasks[id] else { return fail(message, -32602, "no such task") }
    let start = output.buffer.count
    result(
      message,
      task.result + #","_meta":{"io.modelcontextprotocol/related-task":{"taskId":"\#(id)"}}"#)
    let line = Array(output.buffer[start...])
    output.buffer.removeSubrange(start...)
    agenda.add(
      .init(
        due: task.due + 1_000_000, id: message.bytes(message.envelope.id), line: line,
        isAnswer: true))
  }

  private func taskID(_ message: Incoming) -> String {
    let id = JSON.member("taskId", of: message.envelope.params, in: message.line.bytes)
    return String(decoding: JSON.string(id, in: message.line.bytes) ?? [], as: UTF8.self)
  }

  /// A result whose type, in the modern era, is not `complete`.
  private mutating func result(_ message: Incoming, _ members: String, type: String) {
    beginResult(message.slice(message.envelope.id), isModern: false)
    if message.isModern { output.append(#""resultType":"\#(type)","#) }
    output.append(members)
    output.append("}}")
    endLine()
  }
}
