import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows C22, C23, C26 and C28: clients that send too much, too slowly, or oddly.
@Suite struct ClientLoadTests {
  @Test func `C22: beyond the limit of calls in flight, the rest is refused at once`() throws {
    let run = try GatewayRun.open(
      [Service("s"), Service("good")], settings: "limits: {client_calls: 50}\n")
    try run.expectOK("s_echo", within: .seconds(20))
    let ids = try (0..<200).map { _ in
      try run.client.request("tools/call", ["name": "s_hang"])
    }
    for id in ids.dropFirst(50) {
      let refused = try run.client.response(to: id, within: .seconds(20))
      #expect(refused.errorCode == ErrorCode.overloaded.rawValue, "\(refused.text)")
      #expect(refused.error?.at(pointer: "/data/sent") == false)
    }
    for id in ids.prefix(50) { try run.client.cancel(id) }
    try run.expectOK(within: .seconds(20))
    try run.finish()
  }

  @Test func `C22: a flood beyond ten thousand is refused at once, memory stays, all are answered`()
    throws
  {
    let run = try GatewayRun.open(
      [Service("s", more: ["limits: {concurrent: 20000, queue: 0}"]), Service("good")],
      settings: "limits: {backend_calls: 20000}\n" + GatewayRun.patientSettings)
    try run.expectOK("s_echo")
    func flood(_ name: String, _ count: Int) {
      let call = #""method":"tools/call","params":{"name":"s_hang"}}"#
      let lines = (0..<count).map { #"{"jsonrpc":"2.0","id":"\#(name)\#($0)",\#(call)"# + "\n" }
      run.client.post(Array(lines.joined().utf8))
    }
    let answered = run.client.transcript.answersByID.count
    flood("a", 10_100)
    #expect(run.client.run(until: { $0.answerCount >= answered + 100 }, within: .seconds(60)))
    let gateway = run.client.process.processID
    let before = ProcessFigures.peakMemory(gateway)
    flood("b", 3_000)
    #expect(run.client.run(until: { $0.answerCount >= answered + 3_100 }, within: .seconds(60)))
    let growth = ProcessFigures.peakMemory(gateway) - before
    #expect(growth < 4 << 20, "grew by \(growth) bytes")
    run.client.closeInput()
    // On a busy machine it takes this test longer to read ten thousand answers than the gateway to
    // write them.
    let allCame = run.client.run(
      until: { $0.answerCount >= answered + 13_100 }, within: .seconds(60))
    #expect(allCame)
    #expect(try run.client.waitForExit(within: GatewayRun.patience) == .code(0))
    let answers = run.client.transcript.answersByID
    let all =
      (0..<10_100).map { "\"a\($0)\"" } + (0..<3_000).map { "\"b\($0)\"" }
    #expect(all.allSatisfy { answers[$0]?.count == 1 })
    let refused = all.count { answers[$0]?.first?.errorCode == ErrorCode.overloaded.rawValue }
    #expect(refused == 3_100)
    run.checkProcesses()
  }

  @Test func `C23: a client that types byte by byte is a client`() throws {
    let run = try GatewayRun.open([Service("good")], settings: "")
    try run.expectOK(within: .seconds(20))
    let line =
      #"{"jsonrpc":"2.0","id":"slow","method":"tools/call","params":{"name":"good_echo","#
      + #""arguments":{"text":"é"}}}"#
    for byte in Array(line.utf8) + [10] { try run.client.send([byte]) }
    let answer = try run.client.response(to: #""slow""#, within: .seconds(20))
    #expect(answer.result?.at(pointer: "/structuredContent/text") == "é", "\(answer.text)")
    try run.finish()
  }

  @Test func `C26: a client that does not read for a while loses nothing`() throws {
    let run = try GatewayRun.open([Service("good")], settings: "")
    try run.expectOK(within: .seconds(20))
    let filler = JSONValue.string(String(repeating: "x", count: 20_000))
    run.client.readsOutput = false
    let ids = try (0..<300).map { _ in
      try run.client.request("tools/call", ["name": "good_echo", "arguments": ["text": filler]])
    }
    run.client.run(for: .milliseconds(500))
    run.client.readsOutput = true
    for id in ids {
      let answer = try run.client.response(to: id, within: .seconds(20))
      #expect(answer.result?.at(pointer: "/structuredContent/text") == filler)
    }
    try run.finish()
  }

  @Test func `C28: names that no tool can have are wrong parameters, and escaped where shown`()
    throws
  {
    let run = try GatewayRun.open([Service("good")], settings: "")
    try run.expectOK(within: .seconds(20))
    let names = [
      "a\u{0}b", "a\nb", "\u{202E}ohce_doog", "../good_echo", "good_echo\r\n", "",
      String(repeating: "x", count: 10_240),
    ]
    for name in names {
      let answer = try run.client.roundTrip(
        "tools/call", ["name": .string(name), "arguments": [:]], within: .seconds(20))
      #expect(answer.errorCode == ErrorCode.invalidParams.rawValue, "\(answer.text)")
      #expect(answer.bytes.count < 1_000)
    }
    #expect(run.client.stderr.utf8.allSatisfy { $0 >= 32 || $0 == 10 })
    try run.expectOK()
    try run.finish()
  }
}
