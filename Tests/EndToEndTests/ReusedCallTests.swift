import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Calls that may be sent again, one after the other: each is served by what served the one
/// before, and nothing of that one may show in it.
@Suite struct ReusedCallTests {
  private func open(_ script: String) throws -> GatewayRun {
    let run = try GatewayRun(
      [Service("a", script, more: ["tools: {read_only: [echo, digest, slow, fail, hang]}"])],
      settings: "")
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    return run
  }

  private func ask(_ run: GatewayRun, _ arguments: JSONValue, token: String?) throws -> String {
    let meta: JSONValue = token.map { ["progressToken": .string($0)] } ?? [:]
    return try run.client.request(
      "tools/call", ["name": "a_digest", "arguments": arguments, "_meta": meta])
  }

  @Test func `B28: each has progress under its own token, or none, and none after its answer`()
    throws
  {
    let run = try open("only=digest,progress=3,progress-after")
    var expected: [JSONValue?] = []
    for (number, token) in ["one", nil, "three", "four", nil].enumerated() {
      let answer = try run.client.response(
        to: try ask(run, ["text": .string("\(number)")], token: token))
      #expect(answer.kind == .result, "\(answer.text)")
      expected += token.map { [JSONValue?](repeating: .string($0), count: 3) } ?? []
      let told = run.client.transcript.messages.filter { $0.method == "notifications/progress" }
      #expect(told.map { $0.params?["progressToken"] } == expected)
    }
    try run.expectOK("a_echo")
    let told = run.client.transcript.messages.count { $0.method == "notifications/progress" }
    #expect(told == expected.count)
    try run.finish()
  }

  @Test func `one that is cancelled, fails or is still under way leaves the next alone`() throws {
    let run = try open("")
    func call(_ name: String, _ arguments: JSONValue = [:]) throws -> String {
      try run.client.request("tools/call", ["name": .string(name), "arguments": arguments])
    }
    for round in 0..<3 {
      try run.expectOK("a_echo")
      let failed = try run.client.response(to: try call("a_fail", ["uuid": .string("\(round)")]))
      #expect(failed.result?["isError"] == .bool(true))
      // The first of these has what the last one left; the second has not.
      let both = [try call("a_slow", ["ms": 100]), try call("a_slow", ["ms": 50])]
      for id in both.reversed() { #expect(try run.client.response(to: id).kind == .result) }
      let hanging = try call("a_hang", ["uuid": .string("\(round)")])
      let other = try call("a_hang", ["uuid": .string("other \(round)")])
      try run.client.cancel(hanging)
      try run.client.cancel(other)
    }
    let crash = try run.client.response(to: try call("a_crash"))
    #expect(crash.kind == .failure, "\(crash.text)")
    try run.expectOK("a_echo", within: .seconds(20))
    try run.finish()
  }
}
