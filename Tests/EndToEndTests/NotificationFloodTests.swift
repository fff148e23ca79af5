import Harness
import MCP
import RawJSON
import Testing

/// Row B28 and acceptance tests (a), (d) and (g): progress in masses and in doubt.
@Suite struct NotificationFloodTests {
  private static let progress = "notifications/progress"

  private func steps(_ run: GatewayRun, _ token: JSONValue) -> [Int] {
    run.client.transcript.messages.filter {
      $0.method == Self.progress && $0.params?["progressToken"] == token
    }.compactMap { $0.params?["progress"]?.intValue }
  }

  private func flood(_ run: GatewayRun, token: String) throws -> String {
    try run.client.request(
      "tools/call",
      ["name": "a_digest", "arguments": [:], "_meta": ["progressToken": .string(token)]])
  }

  @Test(arguments: SubscriptionTests.words)
  func `B28: 4,000 progress notifications pass to a client that reads`(era: String) throws {
    let run = try GatewayRun.open(
      [Service("a", "only=digest,flood=4000,\(era)")], settings: "")
    let id = try flood(run, token: "t")
    #expect(try run.client.response(to: id, within: .seconds(120)).kind == .result)
    try run.finish()
    let seen = steps(run, "t")
    // The harness may be slower than the flood; then the newest of each moment is kept.
    #expect(seen.last == 4_000 && seen.count > 1_000, "\(seen.count) of 4000")
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test(arguments: SubscriptionTests.words)
  func `B28: to a client that does not read, memory does not grow`(era: String) throws {
    let run = try GatewayRun.open(
      [Service("a", "only=digest,flood=60000,\(era)"), Service("good")], settings: "")
    try run.expectOK()
    try run.expectOK("a_echo", within: .seconds(20))
    let gateway = run.client.process.processID
    let before = ProcessFigures.peakMemory(gateway)
    run.client.readsOutput = false
    let id = try flood(run, token: "t")
    // The flood is about 8 MB; nobody reads it for a while.
    run.client.run(for: .milliseconds(1_500))
    run.client.readsOutput = true
    #expect(try run.client.response(to: id, within: .seconds(120)).kind == .result)
    let growth = ProcessFigures.peakMemory(gateway) - before
    #expect(growth < 6 << 20, "grew by \(growth) bytes")
    try run.expectOK()
    try run.finish()
    #expect(steps(run, "t").last == 60_000)
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `a: one token of two calls at two services, and each hears its own`(
    revision: Revision, era: String
  ) throws {
    // Two clients with one token are, to a service, two gateways; here they are two ids.
    let first = try GatewayRun.open(
      [Service("a", "only=digest,progress=3,\(era)")], settings: "", revision: revision)
    let second = try GatewayRun.open(
      [Service("a", "only=digest,progress=5,\(era)")], settings: "", revision: revision)
    let ids = [try flood(first, token: "same"), try flood(second, token: "same")]
    #expect(try first.client.response(to: ids[0], within: .seconds(20)).kind == .result)
    #expect(try second.client.response(to: ids[1], within: .seconds(20)).kind == .result)
    try first.finish()
    try second.finish()
    #expect(steps(first, "same") == [1, 2, 3])
    #expect(steps(second, "same") == [1, 2, 3, 4, 5])
  }

  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `d, g: no progress without a token, and none after the answer`(
    revision: Revision, era: String
  ) throws {
    let run = try GatewayRun.open(
      [Service("a", "only=digest,progress=3,progress-after,\(era)")], settings: "",
      revision: revision)
    #expect(try run.client.call("a_digest", within: .seconds(20)).kind == .result)
    #expect(!run.client.transcript.messages.contains { $0.method == Self.progress })
    let id = try flood(run, token: "t")
    #expect(try run.client.response(to: id, within: .seconds(20)).kind == .result)
    try run.expectOK("a_echo")
    try run.finish()
    #expect(steps(run, "t") == [1, 2, 3])
  }

  @Test func `notices for a client that does not read are kept once, and memory stays`() throws {
    let run = try GatewayRun.open(
      [Service("a", "watch,legacy"), Service("good")], settings: "deadlines: {call: 5m}\n")
    try run.expectOK("a_echo", within: .seconds(20))
    _ = try run.client.roundTrip("resources/subscribe", ["uri": "memo://one"])
    let gateway = run.client.process.processID
    let before = ProcessFigures.peakMemory(gateway)
    run.client.readsOutput = false
    let ids = try [
      ("notifications/resources/updated", ["uri": "memo://one"] as JSONValue),
      ("notifications/message", ["level": "info", "data": "x"]),
    ].map { method, params in
      try run.client.request(
        "tools/call",
        [
          "name": "a_notify",
          "arguments": ["method": .string(method), "params": params, "times": 30_000],
        ])
    }
    run.client.run(for: .milliseconds(1_500))
    run.client.readsOutput = true
    for id in ids {
      let answer = try run.client.response(to: id, within: .seconds(120))
      #expect(answer.kind == .result, "\(answer.text)")
    }
    let growth = ProcessFigures.peakMemory(gateway) - before
    #expect(growth < 5 << 20, "grew by \(growth) bytes")
    try run.expectOK()
    try run.finish()
  }
}
