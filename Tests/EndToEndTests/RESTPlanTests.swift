import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
import Testing

/// Paging, steps, batches and uploads against an API that counts what it is asked.
@Suite struct RESTPlanTests {
  static let tools = """
    tools:
      list:
        description: Lists numbers.
        stream: incremental
        arguments:
          limit: {type: integer, min: 1, max: 10}
          from: {type: string}
          max_items: {type: integer, default: 7, in: none}
        get: /numbers
        paging: {style: token, limit: limit, parameter: from, next: next, items: list, size: 3}
        keep: [{field: kind, differs: hidden}]
        max_items: max_items
        result: {fields: [id]}
      read:
        description: Reads one.
        batch: true
        arguments:
          id: {type: string, required: true, in: path}
        get: /one/{id}
      tree:
        description: Reads groups and their members.
        stream: progress
        arguments:
          deep: {type: integer, default: 2}
          most: {type: integer, default: 100}
        steps:
          - name: groups
            message: Reading groups
            call: {get: /groups}
          - name: members
            message: Reading members
            each:
              of: "steps.groups[]"
              get: /members/{id}
              path: {id: {from: item.id}}
              at_once: 2
              into: members
              levels: deep
          - collect: {groups: steps.groups, count.members: counts.members, cut: truncated}
        max_items: most
      job:
        description: Starts a job and waits for its end.
        stream: status
        arguments:
          id: {type: string, default: ok, in: path}
        steps:
          - name: start
            call: {post: "/jobs/{id}"}
          - name: end
            until:
              get: /jobs/{id}
              path: {id: {from: steps.start.id}}
              field: state
              done: [done]
              failed: [broken]
              every: 20ms
              at_most: 10s
      many:
        description: Several calls in one.
        stream: progress
        arguments:
          calls: {type: array, required: true}
          stop: {type: boolean, default: false}
        steps:
          - name: all
            batch: {of: arguments.calls, stop: stop}
      upload:
        description: Uploads a file.
        stream: progress
        arguments:
          parent: {type: string, required: true, in: form}
          content: {type: string, format: base64, required: true, in: form, file: {name: name}}
          name: {type: string, in: none, default: a.bin}
        post: /upload

    """

  static let batch = """
    batch: {post: /batch, most: 2, actions: actions, status: status, answer: body}
    """

  /// The API: 10 numbers in pages, two groups of three members each, jobs, batches.
  private final class API: Sendable {
    private let polls = Mutex(0)

    func answer(_ request: RawRequest, _ connection: RawConnection) -> Bool {
      let parts = request.target.split(separator: "?", maxSplits: 1)
      let path = String(parts.first ?? "")
      let query = parts.count > 1 ? String(parts[1]) : ""
      func value(_ name: String) -> Int? {
        query.split(separator: "&").first { $0.hasPrefix(name + "=") }
          .flatMap { Int($0.dropFirst(name.count + 1)) }
      }
      APIRun.reply(
        body(request, path, from: value("from") ?? 0, limit: value("limit") ?? 3), to: connection)
      return true
    }

    private func body(_ request: RawRequest, _ path: String, from: Int, limit: Int) -> JSONValue {
      switch path {
      case "/numbers":
        let end = min(10, from + limit)
        let list = (from..<end).map { number -> JSONValue in
          [
            "id": .number(JSONNumber(number)), "kind": number == 1 ? "hidden" : "shown",
            "more": "x",
          ]
        }
        let next = end < 10 ? JSONValue.string("\(end)") : .null
        return ["list": .array(list), "next": next]
      case "/groups": return [["id": "a"], ["id": "b"]]
      case let path where path.hasPrefix("/members/"):
        let id = path.dropFirst(9)
        return .array((1...3).map { ["id": .string("\(id)\($0)")] })
      case let path where path.hasPrefix("/jobs/"):
        let id = String(path.dropFirst(6))
        let count = polls.withLock { count -> Int in
          if request.method == "POST" { count = 0 } else { count += 1 }
          return count
        }
        let end = id == "bad" ? "broken" : "done"
        return ["id": .string(id), "state": count >= 3 ? .string(end) : "busy"]
      case "/batch":
        let actions = (try? JSONValue(parsing: request.body))?["actions"]?.arrayValue ?? []
        return .array(
          actions.map { action in
            let isGood = action["path"]?.stringValue != "/one/404"
            return isGood
              ? ["status": 200, "body": ["path": action["path"] ?? .null]]
              : ["status": 404, "body": ["errors": [["message": "none"]]]]
          })
      default: return ["path": .string(path), "bytes": .number(JSONNumber(request.body.count))]
      }
    }
  }

  private func start(batch: Bool = false) throws -> APIRun {
    let api = API()
    return try APIRun(
      tools: Self.tools, rest: batch ? [Self.batch.trimmingLines] : [],
      answer: { api.answer($0, $1) })
  }

  /// The progress notifications of a call, and its structured content.
  private func told(
    _ run: APIRun, _ tool: String, _ arguments: JSONValue, items: Bool = false
  ) throws -> (notes: [JSONValue], result: JSONValue) {
    // A token belongs to one call.
    var meta: JSONValue = ["progressToken": .string("t\(run.client.transcript.asked.count)")]
    if items { meta["switchyard/items"] = true }
    let answer = try run.client.roundTrip(
      "tools/call", ["name": .string("api_" + tool), "arguments": arguments, "_meta": meta],
      within: .seconds(20))
    var notes: [JSONValue] = []
    while !run.client.transcript.pendingNotifications.isEmpty {
      notes.append(try run.client.notification().params ?? .null)
    }
    let values = notes.compactMap { $0["progress"]?.doubleValue }
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 })
    return (notes, answer.result?["structuredContent"] ?? answer.value)
  }

  @Test func `pages are read up to max_items, filtered and projected, and told as they come`()
    throws
  {
    let run = try start()
    let (notes, result) = try told(run, "list", [:], items: true)
    let ids = [0, 2, 3, 4, 5, 6, 7]
    #expect(result["items"] == .array(ids.map { ["id": .number(JSONNumber($0))] }))
    // The page of 6, 7, 8 was cut, so no token begins behind 7.
    #expect(result["truncated"] == true)
    #expect(result["next"] == nil)
    let told = notes.flatMap { $0.at(pointer: "/_meta/switchyard~1items")?.arrayValue ?? [] }
    #expect(told == result["items"]?.arrayValue)
    #expect(notes.map { $0["progress"]?.intValue } == [2, 5, 7])
    #expect(
      run.server.requests.map(\.target) == [
        "/numbers?limit=3", "/numbers?from=3&limit=3", "/numbers?from=6&limit=3",
      ])
    try run.finish()
  }

  @Test func `a call can begin where another one ended`() throws {
    let run = try start()
    let first = try told(run, "list", ["limit": 4, "max_items": 3]).result
    #expect(first["next"] == "4")
    let second = try told(run, "list", ["limit": 9, "from": "4"]).result
    #expect(second["items"]?.arrayValue?.count == 6)
    #expect(second["truncated"] == nil)
    try run.finish()
  }

  @Test func `a tree is put together from many answers, each told as a part done`() throws {
    let run = try start()
    let (notes, result) = try told(run, "tree", [:])
    #expect(result.at(pointer: "/groups/1/members/2/id") == "b3")
    #expect(result.at(pointer: "/groups/1/members/2/members/0/id") == "b31")
    #expect(result.at(pointer: "/count/members")?.intValue == 24)
    #expect(result["cut"] == false)
    // One for the groups, two for their members, six for theirs.
    #expect(run.server.requests.count == 9)
    let parts = notes.filter { $0["progress"]?.intValue != nil }
    #expect(parts.count == 9)
    #expect(parts.last?["total"]?.intValue == 9)
    #expect(parts.contains { $0["message"] == "Reading members (2 of 2)" })
    try run.finish()
  }

  @Test func `max_items cuts a tree in the order of its items`() throws {
    let run = try start()
    let (_, result) = try told(run, "tree", ["most": 4])
    #expect(result.at(pointer: "/groups/0/members")?.arrayValue?.count == 3)
    #expect(result.at(pointer: "/groups/1/members") == [["id": "b1"]])
    #expect(result.at(pointer: "/count/members")?.intValue == 4)
    #expect(result["cut"] == true)
    try run.finish()
  }

  @Test func `a job is polled until it has ended, and its failure is the call's`() throws {
    let run = try start()
    let (notes, result) = try told(run, "job", [:])
    #expect(result["state"] == "done")
    let messages = notes.compactMap { $0["message"]?.stringValue }
    #expect(messages.contains { $0.hasPrefix("polling: busy") }, "\(messages)")
    #expect(messages.contains { $0.hasPrefix("completing: done") }, "\(messages)")
    #expect(run.server.requests.map(\.method) == ["POST", "GET", "GET", "GET"])
    let (text, _) = try run.refusal("job", ["id": "bad"])
    #expect(text.contains("broken"))
    try run.finish()
  }

  @Test(arguments: [true, false])
  func `a batch keeps the order of its calls and tells which failed`(_ hasEndpoint: Bool) throws {
    let run = try start(batch: hasEndpoint)
    let calls = ["1", "404", "3", "4", "5"].map { id -> JSONValue in
      ["tool": "api_read", "arguments": ["id": .string(id)]]
    }
    let (notes, result) = try told(run, "many", ["calls": .array(calls)])
    let items = result["items"]?.arrayValue ?? []
    #expect(items.map { $0["index"]?.intValue } == [0, 1, 2, 3, 4])
    #expect(items.last?.at(pointer: "/data/path") == "/one/5")
    #expect(notes.last?["progress"]?.intValue == 5)
    #expect(run.server.requests.count == (hasEndpoint ? 3 : 5))
    guard hasEndpoint else { return try run.finish() }
    #expect(items[1]["status_code"]?.intValue == 404)
    #expect(items[1]["errors"] == [["message": "none"]])
    let stopped = try told(run, "many", ["calls": .array(calls), "stop": true]).result
    #expect(stopped.at(pointer: "/items/4/errors/0/message") == "not sent after a failure")
    #expect(run.server.requests.count == 4)
    try run.finish()
  }

  @Test func `a batch with one wrong call sends nothing`() throws {
    let run = try start(batch: true)
    let calls: JSONValue = [
      ["tool": "read", "arguments": ["id": "1"]], ["tool": "read", "arguments": [:]],
      ["tool": "tree"], ["tool": "unknown"],
    ]
    let (text, _) = try run.refusal("many", ["calls": calls])
    for pointer in ["/calls/1/arguments/id", "/calls/2/tool", "/calls/3/tool"] {
      #expect(text.contains(pointer), "\(text)")
    }
    #expect(run.server.requests.isEmpty)
    try run.finish()
  }

  @Test func `an upload is decoded on its way, and its bytes are progress`() throws {
    let run = try start()
    // 300,000 bytes of zero.
    let content = JSONValue.string(String(repeating: "AAAA", count: 100_000))
    let (notes, _) = try told(run, "upload", ["parent": "7", "content": content])
    let request = try #require(run.server.requests.first)
    #expect(request.body.count > 300_000)
    #expect(request.body.count { $0 == 0 } == 300_000)
    #expect(request.values(of: "Content-Length") == ["\(request.body.count)"])
    #expect(request.values(of: "Content-Type")[0].hasPrefix("multipart/form-data; boundary="))
    #expect(notes.last?["total"]?.intValue == request.body.count)
    let (text, _) = try run.refusal("upload", ["parent": "7", "content": "AAA"])
    #expect(text.contains("/content"))
    #expect(run.server.requests.count == 1)
    try run.finish()
  }

  @Test func `a cancelled call stops its remaining requests`() throws {
    let api = try APIRun(
      tools: Self.tools,
      answer: { request, connection in
        if request.target == "/groups" {
          APIRun.reply(.array((0..<50).map { ["id": .string("\($0)")] }), to: connection)
          return true
        }
        return !connection.waitForClose()
      })
    let id = try api.client.request("tools/call", ["name": "api_tree", "arguments": [:]])
    #expect(api.gateway.wait(within: .seconds(20)) { api.server.requests.count == 3 })
    try api.client.cancel(id)
    api.client.forget(id)
    #expect(api.gateway.wait(within: .seconds(20)) { api.server.open <= 1 })
    #expect(api.server.requests.count == 3)
    #expect(api.client.transcript.answersByID[id] == nil)
    try api.finish()
  }

  @Test(arguments: Revision.allCases)
  func `every revision gets its form of the result`(_ revision: Revision) throws {
    let api = API()
    let run = try APIRun(tools: Self.tools, revision: revision, answer: { api.answer($0, $1) })
    let result = try run.call("read", ["id": "5"]).result
    #expect((result?["structuredContent"] != nil) == (revision >= .r2025_06_18))
    #expect((result?["resultType"] != nil) == (revision.era == .modern))
    #expect(result?.at(pointer: "/content/0/text")?.stringValue?.contains("/one/5") == true)
    try run.finish()
  }
}

extension String {
  fileprivate var trimmingLines: String { split(separator: "\n").joined(separator: "\n") }
}
