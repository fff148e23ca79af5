import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
import Testing

/// What an API refuses, as the model and the person read it (reliability section 4, H rows).
@Suite struct RESTErrorTests {
  @Test func `H26 H07: a refusal is a tool result with status, message and advice, sent once`()
    throws
  {
    let api = try APIRun()
    let expected = [
      (401, "authentication"), (402, "permission"), (403, "permission"), (404, "not_found"),
      (412, "conflict"), (451, "permission"), (500, "internal"),
    ]
    for (status, category) in expected {
      let before = api.server.requests.count
      let (text, facts) = try api.refusal("go", ["act": "status", "value": .string("\(status)")])
      #expect(text.contains("answered \(status)"))
      #expect(text.contains("status \(status)"), "the body's words: \(text)")
      #expect(facts["category"] == .string(category))
      #expect(facts["status"]?.intValue == status)
      #expect(api.server.requests.count == before + 1)
    }
    try api.expectOK()
    try api.finish()
  }

  @Test func `H06: 502 to 504 are tried again where that is safe, and only there`() throws {
    for status in ["502", "503", "504"] {
      // Each with a gateway of its own: so many failures in a row would open the breaker.
      let api = try APIRun()
      let before = api.server.requests.count
      let (_, facts) = try api.refusal("go", ["act": "status", "value": .string(status)])
      #expect(facts["status"]?.intValue == Int(status))
      #expect(api.server.requests.count == before + 3)
      _ = try api.refusal("send", ["act": "status", "value": .string(status)])
      #expect(api.server.requests.count == before + 4)
      try api.finish()
    }
  }

  @Test func `H06 H14: a page of HTML is reduced to its text`() throws {
    let page =
      "<html><head><title>x</title></head><body><h1>Bad  gateway</h1><p>edge</p></body></html>"
    let api = try APIRun(answer: { request, connection in
      let status = request.target.hasPrefix("/bad") ? "500 Oops" : "200 OK"
      connection.respond(status, ["Content-Type: text/html"], Array(page.utf8))
      return true
    })
    let (text, facts) = try api.refusal("go", ["act": "bad"])
    #expect(text.contains("Bad gateway edge"))
    #expect(!text.contains("<"))
    #expect(facts["category"] == "internal")
    let login = try api.refusal("go", ["act": "login"])
    #expect(login.text.contains("text/html instead of JSON: Bad gateway edge"))
    try api.finish()
  }

  @Test func `H25: 204 and an empty body are empty results, other text is refused`() throws {
    let api = try APIRun(answer: { request, connection in
      switch request.target {
      case "/none/-": connection.send("HTTP/1.1 204 No Content\r\n\r\n")
      case "/empty/-": connection.respond()
      case "/text/-": connection.respond("200 OK", ["Content-Type: text/plain"], Array("hi".utf8))
      case "/list/-": connection.respond("200 OK", [], Array("[1, 2]".utf8))
      default: connection.respond("200 OK", [], Array(" 7\n".utf8))
      }
      return true
    })
    for act in ["none", "empty"] {
      let answer = try api.call("go", ["act": .string(act)])
      #expect(answer.result?["structuredContent"] == [:])
    }
    #expect(try api.refusal("go", ["act": "text"]).text.contains("text/plain instead of JSON: hi"))
    let list = try api.call("go", ["act": "list"])
    #expect(list.result?["structuredContent"] == ["items": [1, 2]])
    let number = try api.call("go", ["act": "number"])
    #expect(number.result?["structuredContent"] == ["value": 7])
    try api.finish()
  }

  @Test func `H15: a redirect is not followed, and only the target's host is named`() throws {
    let api = try APIRun()
    let target = "http://169.254.169.254/latest?x=y"
    let (text, _) = try api.refusal("go", ["act": "redirect", "value": .string(target)])
    #expect(text.contains("169.254.169.254"))
    #expect(!text.contains("latest"))
    let local = try api.refusal(
      "go", ["act": "redirect", "value": .string(api.server.url + "/loop")])
    #expect(local.text.contains("not followed"))
    #expect(api.server.requests.count == 2)
    try api.finish()
  }

  @Test func `H28: cookies and hints where to authenticate are ignored`() throws {
    let api = try APIRun()
    _ = try api.refusal("go", ["act": "cookie"])
    try api.expectOK()
    #expect(api.server.requests.count == 2)
    #expect(api.server.requests.allSatisfy { $0.values(of: "Cookie").isEmpty })
    try api.finish()
  }

  @Test func `arguments that break the rules are refused with their pointers, nothing is sent`()
    throws
  {
    let api = try APIRun()
    let (text, facts) = try api.refusal("echo", ["q": 5, "list": ["a", 7], "other": 1])
    for pointer in ["/id", "/q", "/list/1", "/other"] { #expect(text.contains(pointer), "\(text)") }
    #expect(facts["category"] == "validation")
    #expect(api.server.requests.isEmpty)
    try api.finish()
  }
}

/// H05: 429 with every form of `Retry-After`.
@Suite struct RESTRateTests {
  /// Refuses the first `count` requests with 429 and these headers.
  private func api(
    refusing count: Int, _ headers: [String], settings: String = "deadlines: {call: 20s}\n",
    others: [Service] = []
  ) throws -> APIRun {
    let refused = Mutex(0)
    return try APIRun(
      settings: settings, others: others,
      answer: { request, connection in
        let isRefused = refused.withLock { done -> Bool in
          done += 1
          return done <= count
        }
        guard isRefused else { return APIRun.answer(request, connection) }
        APIRun.reply(
          ["error": "slow down"], to: connection, status: "429 Too Many", headers: headers)
        return true
      })
  }

  @Test(arguments: [["Retry-After: 1"], ["Retry-After: soon"], ["Retry-After: -5"], []])
  func `H05: a wait that fits is waited for, also for a POST, and junk is a guess`(
    _ headers: [String]
  ) throws {
    let api = try api(refusing: 1, headers)
    let start = ContinuousClock.now
    let answer = try api.call("send", ["act": "echo", "text": "x"])
    #expect(answer.result?["isError"] == nil, "\(answer.text)")
    #expect(ContinuousClock.now - start >= .milliseconds(950))
    #expect(api.server.requests.count == 2)
    try api.finish()
  }

  @Test(arguments: [
    ["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sun, 06 Nov 1994 08:49:38 GMT"],
    ["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sun, 06 Nov 1994 08:49:36 GMT"],
  ])
  func `H05: a date is waited for by the server's clock, one that is past is now`(
    _ headers: [String]
  ) throws {
    let api = try api(refusing: 1, headers)
    let start = ContinuousClock.now
    let answer = try api.call("send", ["act": "echo", "text": "x"])
    #expect(answer.result?["isError"] == nil, "\(answer.text)")
    if headers[1].contains(":38") { #expect(ContinuousClock.now - start >= .milliseconds(950)) }
    #expect(api.server.requests.count == 2)
    try api.finish()
  }

  @Test(arguments: [
    ["Retry-After: 1000000000"], ["Retry-After: 3600"],
    ["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sun, 06 Nov 1994 09:49:37 GMT"],
  ])
  func `H05: a wait beyond the deadline fails at once and says how long`(_ headers: [String]) throws
  {
    let api = try api(refusing: 1, headers, others: [Service("good")])
    let start = ContinuousClock.now
    let (text, facts) = try api.refusal("go", ["act": "echo"])
    #expect(text.contains("slow down"))
    #expect(facts["category"] == "rate_limit")
    #expect((facts["retryAfterMs"]?.intValue ?? 0) > 3_000_000)
    // The pause is the lane's: the next call is not even sent.
    let next = try api.call("go", ["act": "echo"])
    #expect(next.errorCode == ErrorCode.overloaded.rawValue)
    #expect((next.error?.at(pointer: "/data/retryAfterMs")?.intValue ?? 0) > 3_000_000)
    #expect(next.error?.at(pointer: "/data/sent") == false)
    // Other services know nothing of it.
    try api.gateway.expectOK()
    #expect(ContinuousClock.now - start < .seconds(15))
    #expect(api.server.requests.count == 1)
    try api.finish()
  }

  @Test func `H05: nobody goes before the pause is over, and a client hears of the wait`() throws {
    let times = Mutex<[ContinuousClock.Instant]>([])
    let api = try APIRun(answer: { request, connection in
      let number = times.withLock { times -> Int in
        times.append(.now)
        return times.count
      }
      guard number == 1 else { return APIRun.answer(request, connection) }
      connection.respond("429 Too Many", ["Retry-After: 1"])
      return true
    })
    let call: JSONValue = [
      "name": "api_go", "arguments": ["act": "echo"], "_meta": ["progressToken": "t"],
    ]
    let first = try api.client.request("tools/call", call)
    let note = try api.client.notification("notifications/progress")
    #expect(note.params?["message"]?.stringValue?.contains("waiting") == true, "\(note.text)")
    let others = try (0..<5).map { _ in
      try api.client.request("tools/call", ["name": "api_go", "arguments": ["act": "echo"]])
    }
    for id in [first] + others {
      #expect(try api.client.response(to: id).result?["isError"] == nil)
    }
    let seen = times.withLock { $0 }
    #expect(seen.count == 7)
    #expect(seen.dropFirst().allSatisfy { $0 - seen[0] >= .milliseconds(990) })
    try api.finish()
  }

  @Test func `a lane of the manifest holds requests back, and in flight counts`() throws {
    let now = Mutex(0)
    let most = Mutex(0)
    let api = try APIRun(
      rest: ["lanes: {reads: {scope: reads, in_flight: 2}}"],
      answer: { request, connection in
        let count = now.withLock { value -> Int in
          value += 1
          return value
        }
        most.withLock { $0 = max($0, count) }
        connection.wait(milliseconds: 20)
        now.withLock { $0 -= 1 }
        return APIRun.answer(request, connection)
      })
    let ids = try (0..<10).map { _ in
      try api.client.request("tools/call", ["name": "api_go", "arguments": ["act": "echo"]])
    }
    for id in ids { #expect(try api.client.response(to: id).result?["isError"] == nil) }
    #expect((1...2).contains(most.withLock { $0 }))
    try api.finish()
  }
}
