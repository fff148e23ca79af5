import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows B08 to B10, B22 to B26 and B38: services that answer wrongly.
@Suite struct BackendAnswerTests {
  @Test func `B08: noise on stdout is skipped and never forwarded`() throws {
    let run = try GatewayRun.open([Service("bad", "garbage"), Service("good")])
    for _ in 0..<5 { try run.expectOK("bad_echo") }
    try run.finish()
    // Four lines before each answer; the first five are shown, escaped, and all are counted.
    let shown = run.client.stderr.split(separator: "\n").filter { $0.contains("backend.not_json") }
    #expect(shown.count == 5, "\(run.client.stderr)")
    for (index, line) in shown.enumerated() { #expect(line.contains(#""count":"\#(index + 1)""#)) }
    #expect(shown.contains { $0.contains("INFO starting up") })
  }

  @Test func `B09: an answer over the limit fails its call, and the stream goes on`() throws {
    let run = try GatewayRun.open(
      [Service("bad", "only=digest,bigline=1500000"), Service("good")],
      settings: "limits: {backend_message: 1MiB}\n")
    try run.expectOK("bad_echo")
    let before = run.processes(of: "bad")
    try run.expectError("bad_digest", .backendProtocolError)
    try run.expectOK("bad_echo")
    #expect(run.processes(of: "bad") == before)
    try run.finish()
  }

  @Test func `B09: an answer over the limit whose id comes too late ends at its deadline`() throws {
    let run = try GatewayRun.open(
      [
        Service("bad", "only=digest,bigline=1500000,id-last", more: ["limits: {timeout: 2s}"]),
        Service("good"),
      ],
      settings: "limits: {backend_message: 1MiB}\n")
    try run.expectServed("bad_echo")
    let before = run.processes(of: "bad")
    try run.expectError("bad_digest", .timeout)
    #expect(run.client.stderr.contains("backend.line_too_long"))
    try run.expectServed("bad_echo")
    try run.expectOK()
    #expect(run.processes(of: "bad") == before)
    try run.finish()
  }

  @Test func `B09: an answer of 100 MB is not kept`() throws {
    let run = try GatewayRun.open(
      [Service("bad", "only=digest,bigline=100000000"), Service("good")])
    try run.expectOK("bad_echo")
    let writer = run.processes(of: "bad")
    let before = ProcessFigures.peakMemory(run.client.process.processID)
    try run.expectError("bad_digest", .backendProtocolError)
    let growth = ProcessFigures.peakMemory(run.client.process.processID) - before
    #expect(growth <= (32 + 8) << 20, "grew by \(growth) bytes")
    // At twice the limit the line counts as endless, and its writer is killed.
    #expect(run.wait { Set(writer).isDisjoint(with: run.processes(of: "bad")) })
    try run.expectOK("bad_echo")
    try run.finish()
  }

  @Test func `B09: a line that never ends is ended by killing its writer`() throws {
    let run = try GatewayRun.open(
      [Service("bad", "only=digest,endless"), Service("good")],
      settings: "limits: {backend_message: 1MiB}\n")
    try run.expectOK("bad_echo")
    let before = run.processes(of: "bad")
    try run.expectError("bad_digest", .backendProtocolError)
    #expect(run.wait { Set(before).isDisjoint(with: run.processes(of: "bad")) })
    try run.expectOK("bad_echo")
    try run.expectOK()
    try run.finish()
  }

  @Test func `B10: a service that does not read fills its own queue only, and is restarted`() throws
  {
    let run = try GatewayRun.open(
      [Service("bad", "only=digest,no-read"), Service("good")],
      settings: GatewayRun.patientSettings + "limits: {queued_bytes: 1MiB, stalled_write: 2s}\n")
    try run.expectOK("bad_echo")
    let filler = JSONValue.string(String(repeating: "x", count: 100_000))
    let frozen = try run.client.request("tools/call", ["name": "bad_digest"])
    var waiting: [String] = []
    for _ in 0..<30 {
      waiting.append(
        try run.client.request("tools/call", ["name": "bad_echo", "arguments": ["text": filler]]))
    }
    try run.expectOK()
    var codes: Set<Int> = []
    for id in waiting {
      let answer = try run.client.response(to: id)
      codes.insert(answer.errorCode ?? 0)
      guard answer.errorCode == ErrorCode.overloaded.rawValue else { continue }
      #expect(answer.error?.at(pointer: "/data/reason") == "queue_full", "\(answer.text)")
      #expect(answer.error?.at(pointer: "/data/sent") == false, "\(answer.text)")
    }
    #expect(try run.client.response(to: frozen).errorCode == ErrorCode.backendLost.rawValue)
    #expect(codes.contains(ErrorCode.overloaded.rawValue), "\(codes)")
    // Of the others, some lay in the pipe and some before it; 0 is what the next process answered.
    let allowed: Set = [
      0, ErrorCode.overloaded.rawValue, ErrorCode.backendLost.rawValue,
      ErrorCode.backendUnavailable.rawValue,
    ]
    #expect(codes.isSubset(of: allowed), "\(codes)")
    try run.expectOK("bad_echo")
    try run.finish()
  }

  @Test func `B22: an answer to an id that was never asked harms no call`() throws {
    let run = try GatewayRun.open([Service("bad", "spoof-id"), Service("good")])
    for _ in 0..<5 { try run.expectOK("bad_echo") }
    try run.expectOK()
    try run.finish()
  }

  @Test func `B22: ten answers nobody asked for within a minute are quarantine`() throws {
    let run = try GatewayRun.open([Service("bad", "spoof-id"), Service("good")])
    var refused: ServerMessage?
    for _ in 0..<20 where refused == nil {
      let answer = try run.client.call("bad_echo")
      if answer.kind == .failure { refused = answer }
    }
    // The call whose answer came behind the tenth of them.
    #expect(
      refused?.errorCode == ErrorCode.backendLost.rawValue, "\(refused?.text ?? "never refused")")
    #expect(refused?.text.contains("answered requests that nobody asked") == true)
    // Its successor begins with a clean record.
    try run.expectOK("bad_echo")
    try run.expectOK()
    try run.finish()
  }

  @Test func `B23: of two answers the first wins`() throws {
    let run = try GatewayRun.open([Service("bad", "dup"), Service("good")])
    for _ in 0..<5 { try run.expectOK("bad_echo") }
    try run.finish()
  }

  @Test func `B24: an id of another type is not the id`() throws {
    let run = try GatewayRun.open([
      Service("bad", "only=digest,id-as-string", more: ["limits: {timeout: 500ms}"])
    ])
    try run.expectServed("bad_echo")
    let start = ContinuousClock.now
    let answer = try run.expectError("bad_digest", .backendProtocolError)
    // It goes on waiting to its deadline, and says then what came instead.
    #expect(ContinuousClock.now - start >= .milliseconds(499))
    #expect(answer.text.contains("the id as a string"), "\(answer.text)")
    try run.expectServed("bad_echo")
    try run.finish()
  }

  @Test(arguments: ["both", "neither", "wrong-version"])
  func `B25: an answer that is none is a protocol error`(script: String) throws {
    let run = try GatewayRun.open([Service("bad", "only=digest,\(script)"), Service("good")])
    try run.expectOK("bad_echo")
    try run.expectError("bad_digest", .backendProtocolError)
    try run.expectOK("bad_echo")
    try run.finish()
  }

  @Test func `B26: 10 000 answers out of order find their requests`() throws {
    let run = try GatewayRun.open(
      [Service("bad", "reorder=500", more: ["limits: {concurrent: 10000}"])])
    let calls = (0..<10_000).map {
      #"{"jsonrpc":"2.0","id":"r\#($0)","method":"tools/call","params":{"name":"bad_echo","#
        + #""arguments":{"text":"t\#($0)"}}}"#
    }
    run.client.post(Array((calls.joined(separator: "\n") + "\n").utf8))
    #expect(run.client.run(until: { $0.answerCount >= 10_001 }, within: .seconds(120)))
    let wrong = (0..<10_000).filter { number in
      let answer = run.client.transcript.answersByID["\"r\(number)\""]?.first
      return answer?.text.contains(#""text":"t\#(number)""#) != true
    }
    #expect(wrong == [])
    try run.finish()
  }

  @Test(arguments: ["crlf", "bom", "crlf,bom"])
  func `B38: CR LF at line ends and one byte order mark are tolerated`(script: String) throws {
    let run = try GatewayRun.open([Service("bad", script), Service("good")])
    try run.expectOK("bad_echo")
    try run.expectOK("bad_echo")
    try run.finish()
    // What is tolerated is told.
    let isTold = run.client.stderr.contains("backend.byte_order_mark")
    #expect(isTold == script.contains("bom"))
  }

  @Test func `B38: two values on one line are a protocol error`() throws {
    let run = try GatewayRun.open([Service("bad", "only=digest,two-per-line"), Service("good")])
    try run.expectOK("bad_echo")
    try run.expectError("bad_digest", .backendProtocolError)
    try run.expectOK("bad_echo")
    try run.finish()
  }
}
