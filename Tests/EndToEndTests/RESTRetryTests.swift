import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
import Testing

/// How often a service that fails gets its requests again.
@Suite struct RESTRetryTests {
  /// What the server does with the requests that have come.
  private struct Script {
    var seen = 0
    var answersFirst = false
    var answersAgain = false
  }

  @Test func `of thirty requests that fail at once a fifth is tried again`() throws {
    let script = Mutex(Script())
    let api = try APIRun(
      rest: ["connections: {most: 40}"], more: ["limits: {concurrent: 40}"],
      answer: { request, connection in
        let number = script.withLock { script -> Int in
          script.seen += 1
          return script.seen
        }
        for _ in 0..<20_000 {
          let mayAnswer = script.withLock { number <= 30 ? $0.answersFirst : $0.answersAgain }
          if mayAnswer { break }
          connection.wait(milliseconds: 1)
        }
        connection.respond("503 Busy", [], Array("busy".utf8))
        return true
      })
    let ids = try (0..<30).map { _ in
      try api.client.request("tools/call", ["name": "api_go", "arguments": ["act": "x"]])
    }
    #expect(api.gateway.wait(within: .seconds(20)) { script.withLock { $0.seen } == 30 })
    script.withLock { $0.answersFirst = true }
    // While nothing of the second try is answered, the others have failed: with six retries of
    // thirty requests the budget was used up.
    let answered = { ids.count { api.client.transcript.answersByID[$0] != nil } }
    #expect(api.gateway.wait(within: .seconds(20)) { answered() == 24 })
    #expect(api.gateway.wait(within: .seconds(20)) { script.withLock { $0.seen } == 36 })
    #expect(answered() == 24)
    script.withLock { $0.answersAgain = true }
    for id in ids { #expect(try api.client.response(to: id).result?["isError"] == true) }
    // Each of the six had three attempts.
    #expect(script.withLock { $0.seen } == 42)
    // What was taken has been given back: once the breaker lets a call pass, it is tried thrice.
    script.withLock { $0.seen = 100 }
    let isServed = api.gateway.wait(within: .seconds(20)) {
      (try? api.call("go", ["act": "x"]))?.errorCode == nil
    }
    #expect(isServed)
    #expect(script.withLock { $0.seen } == 103)
    try api.finish()
  }

  @Test
  func `what may have been executed is not called unsent because later attempts were refused`()
    throws
  {
    let stop = Mutex<(@Sendable () -> Void)?>(nil)
    let api = try APIRun(answer: { _, _ in
      // It has the request, and is gone: the connection closes, and nobody listens.
      stop.withLock { $0 }?()
      return false
    })
    let server = api.server
    stop.withLock { $0 = { server.stop() } }
    let answer = try api.call("put", ["act": "x"])
    #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/sent") == true)
    #expect(answer.error?.at(pointer: "/data/outcome") == "unknown")
    stop.withLock { $0 = nil }
    try api.gateway.finish()
  }

  @Test func `a place in a lane comes free however its call ends`() throws {
    let api = try APIRun(rest: ["lanes: {one: {in_flight: 1}}"])
    // Cancelled while the server is silent, out of time, failed, refused, tried again in vain.
    let stalled = try api.client.request(
      "tools/call", ["name": "api_go", "arguments": ["act": "stall"]])
    #expect(api.gateway.wait(within: .seconds(20)) { api.server.requests.count == 1 })
    try api.client.cancel(stalled)
    api.client.forget(stalled)
    try api.expectOK()
    #expect(try api.call("brief", ["act": "stall"]).errorCode == ErrorCode.timeout.rawValue)
    try api.expectOK()
    #expect(try api.call("send", ["act": "reset"]).errorCode == ErrorCode.backendLost.rawValue)
    try api.expectOK()
    _ = try api.refusal("go", ["act": "status", "value": "404"])
    try api.expectOK()
    _ = try api.refusal("go", ["act": "status", "value": "503"])
    try api.expectOK()
    try api.finish()
  }

  @Test func `a call that is cancelled while it waits to be tried again sends nothing more`() throws
  {
    let refused = Mutex(0)
    let api = try APIRun(
      rest: ["lanes: {one: {in_flight: 1}}"],
      answer: { request, connection in
        guard request.target.hasPrefix("/wait") else { return APIRun.answer(request, connection) }
        refused.withLock { $0 += 1 }
        connection.respond("429 Too Many", ["Retry-After: 2"])
        return true
      })
    let id = try api.client.request(
      "tools/call",
      ["name": "api_go", "arguments": ["act": "wait"], "_meta": ["progressToken": "t"]])
    let note = try api.client.notification("notifications/progress")
    #expect(note.params?["message"]?.stringValue?.contains("waiting") == true, "\(note.text)")
    try api.client.cancel(id)
    api.client.forget(id)
    // The pause is the lane's; the next call waits for its end and then has the place.
    try api.expectOK()
    #expect(refused.withLock { $0 } == 1)
    try api.finish()
  }
}
