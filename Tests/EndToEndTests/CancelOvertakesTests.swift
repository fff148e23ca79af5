import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Acceptance tests (b) and (c), rows C19 and C20: the way of a cancel.
@Suite struct CancelOvertakesTests {
  private func open(_ services: [String], folder: TemporaryFolder) throws -> GatewayRun {
    let run = try GatewayRun(
      services.map {
        Service(
          $0, "ledger=\(folder.path)/\($0).ledger",
          more: ["limits: {concurrent: 10000, queue: 10000}"])
      }, settings: "", folder: folder)
    try run.client.handshake()
    _ = try run.client.roundTrip("tools/list")
    return run
  }

  @Test func `c: with megabytes of calls queued, a cancel is the next line`() throws {
    let folder = try TemporaryFolder()
    let run = try open(["s"], folder: folder)
    let victim = try run.client.request(
      "tools/call", ["name": "s_hang", "arguments": ["uuid": "victim"]])
    #expect(run.wait(within: .seconds(20)) { run.ledger("s.ledger").count == 1 })
    let process = try #require(run.processes(of: "s").first)
    kill(process, SIGSTOP)
    defer { kill(process, SIGCONT) }
    let filler = String(repeating: "x", count: 1000)
    let count = 6_500
    let lines = (0..<count).map {
      #"{"jsonrpc":"2.0","id":"q\#($0)","method":"tools/call","params":{"name":"s_echo","#
        + #""arguments":{"text":"\#(filler)"}}}"#
    }
    run.client.post(Array((lines.joined(separator: "\n") + "\n").utf8))
    // All of it has been read, and is queued.
    _ = try run.client.roundTrip("ping", within: .seconds(30))
    try run.client.cancel(victim)
    _ = try run.client.roundTrip("ping")
    kill(process, SIGCONT)
    #expect(run.client.run(until: { $0.answerCount >= count + 4 }, within: .seconds(60)))
    let ledger = run.ledger("s.ledger")
    let place = try #require(ledger.firstIndex { $0.hasPrefix("cancelled victim") })
    // Before it came what the pipe held, a mebibyte at most.
    #expect(place <= 1 + (1 << 20) / 1000, "\(place)")
    #expect(ledger.count == count + 2)
    try run.finish()
  }

  @Test func `C20: of a cancel and an answer that cross, at most one is heard, and nothing after`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try open(["s"], folder: folder)
    try run.expectOK("s_echo")
    var random = SystemRandomNumberGenerator()
    var kept: [String] = []
    for _ in 0..<20 {
      var open: [String] = []
      var cancelled: [String] = []
      for number in 0..<50 {
        open.append(
          try run.client.request(
            "tools/call",
            [
              "name": "s_slow",
              "arguments": [
                "ms": .number(JSONNumber(Int.random(in: 0...3, using: &random))), "steps": 1,
              ],
            ]))
        guard number % 2 == 1, let place = open.indices.randomElement(using: &random) else {
          continue
        }
        cancelled.append(open.remove(at: place))
        try run.client.cancel(cancelled[cancelled.count - 1])
      }
      kept += open
      // The gateway has read every cancel when it answers this.
      _ = try run.client.roundTrip("ping")
      let answered = cancelled.map { run.client.transcript.answersByID[$0]?.count ?? 0 }
      #expect(answered.allSatisfy { $0 <= 1 })
      for id in open { #expect(try run.client.response(to: id).kind == .result) }
      #expect(cancelled.map { run.client.transcript.answersByID[$0]?.count ?? 0 } == answered)
    }
    #expect(kept.count == 500)
    try run.expectOK("s_echo")
    try run.finish()
  }

  @Test func `b: a cancel reaches the one service, with the id it knows, and nothing is answered`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try open(["s", "t"], folder: folder)
    let ids = try ["s", "t"].map {
      try run.client.request(
        "tools/call", ["name": .string("\($0)_hang"), "arguments": ["uuid": .string($0)]])
    }
    #expect(
      run.wait(within: .seconds(20)) {
        run.ledger("s.ledger").count == 1 && run.ledger("t.ledger").count == 1
      })
    try run.client.cancel(ids[0])
    #expect(run.wait(within: .seconds(20)) { run.ledger("s.ledger").count == 2 })
    #expect(run.ledger("s.ledger").last?.hasPrefix("cancelled s") == true)
    try run.expectOK("t_echo")
    #expect(!run.ledger("t.ledger").contains { $0.hasPrefix("cancelled") })
    try run.client.cancel(ids[1])
    #expect(
      run.wait(within: .seconds(20)) {
        run.ledger("t.ledger").contains { $0.hasPrefix("cancelled t") }
      })
    #expect(ids.allSatisfy { run.client.transcript.answersByID[$0] == nil })
    try run.finish()
  }
}
