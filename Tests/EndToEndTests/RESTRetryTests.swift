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
    // What was taken has been given back.
    script.withLock { $0.seen = 100 }
    _ = try api.refusal("go", ["act": "x"])
    #expect(script.withLock { $0.seen } == 103)
    try api.finish()
  }
}
