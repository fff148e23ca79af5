import FuzzProperties
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows C01 to C19 of the fault catalogue: what a client can do wrong.
@Suite struct ClientFaultTests {
  /// Sends one line as raw bytes and expects an error that names no request.
  private func expectRefusal(
    _ run: GatewayRun, _ line: [UInt8], _ code: ErrorCode,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ServerMessage {
    try run.client.send(line + [10])
    let answer = try run.client.nextError()
    #expect(answer.errorCode == code.rawValue, "\(answer.text)", sourceLocation: sourceLocation)
    return answer
  }

  private func expectNext(_ run: GatewayRun) throws {
    #expect(try run.client.roundTrip("tools/list").kind == .result)
  }

  @Test(arguments: [
    "x", "{", "}", "{]", "nul", "tru", "{\"a\":1,}", "{'a':1}", "[1,]", "{\"a\" 1}", "01", "1.",
    ".5", "+1", "\"\\x\"", "\"\t\"", "{\"a\":1}{\"b\":2}", "{\"jsonrpc\":\"2.0\",\"id\":\"t\"",
    "NaN", "Infinity", "\"\\ud8", "[", "{\"a\":}", "# comment", "<xml/>",
  ])
  func `C01: a line that is not JSON is a parse error, and the next line is served`(
    line: String
  ) throws {
    let run = try GatewayRun.open([Service("good")])
    let answer = try expectRefusal(run, Array(line.utf8), .parse)
    #expect(answer.value.member("id") == .null, "\(answer.text)")
    try expectNext(run)
    try run.finish()
  }

  private static let notJSON = SharedCorpus.files("corpora/json-test-suite/test_parsing")?
    .filter { $0.key.hasPrefix("n_") }

  @Test(.enabled(if: notJSON != nil, "JSONTestSuite is not in ../shared"))
  func `C01: everything that JSONTestSuite refuses is a parse error, and the next line is served`()
    throws
  {
    let run = try GatewayRun.open([Service("good")])
    var lines = 0
    // A file of several lines is several lines, and one of nothing but space is none.
    for (name, text) in Self.notJSON ?? [:] where !text.dropLast().contains(10) {
      guard text.contains(where: { ![9, 10, 13, 32].contains($0) }) else { continue }
      lines += 1
      try run.client.send(text + (text.last == 10 ? [] : [10]))
      let answer = try run.client.nextError()
      #expect(answer.errorCode == ErrorCode.parse.rawValue, "\(name): \(answer.text)")
    }
    #expect(lines > 170)
    try expectNext(run)
    try run.finish()
  }

  @Test func `C01: a modern client gets the parse error without an id`() throws {
    let run = try GatewayRun.open([Service("good")], revision: .newest)
    let answer = try expectRefusal(run, Array("{nonsense".utf8), .parse)
    #expect(answer.value.objectValue?.keys.contains("id") == false)
    try expectNext(run)
    try run.finish()
  }

  @Test func `C02: half a line and the end of input is never dispatched`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun([Service("good", "ledger=\(folder.path)/ledger")], folder: folder)
    try run.client.handshake()
    let before = run.client.transcript.messages.count
    try run.client.send(
      Array(#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"good_echo"}}"#.utf8))
    try run.finish()
    #expect(run.client.transcript.messages.count == before)
    #expect(folder.read("ledger") == "")
    #expect(run.client.stderr.contains("client.partial_line"))
  }

  @Test func `C03: invalid UTF-8 is a parse error, and the next line is served`() throws {
    let run = try GatewayRun.open([Service("good")])
    let head = Array(#"{"jsonrpc":"2.0","id":"u","method":""#.utf8)
    let answer = try expectRefusal(run, head + [0xFF, 0xFE] + Array("\"}".utf8), .parse)
    #expect(answer.id == nil, "\(answer.text)")
    try expectNext(run)
    try run.finish()
  }

  @Test(arguments: [
    [0xEF, 0xBB, 0xBF] + Array("{}".utf8), [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00],
    [0xFE, 0xFF, 0x00, 0x7B, 0x00, 0x7D],
  ])
  func `C04: a byte order mark or UTF-16 is a parse error`(bytes: [UInt8]) throws {
    let run = try GatewayRun.open([Service("good")])
    _ = try expectRefusal(run, bytes, .parse)
    try expectNext(run)
    try run.finish()
  }

  @Test(arguments: [Revision.r2025_11_25, .r2025_06_18, .r2024_11_05])
  func `C05: a batch is refused in revisions without batches`(revision: Revision) throws {
    let run = try GatewayRun.open([Service("good")], revision: revision)
    let ping = #"{"jsonrpc":"2.0","id":50,"method":"ping"}"#
    _ = try expectRefusal(run, Array("[\(ping),\(ping)]".utf8), .invalidRequest)
    _ = try expectRefusal(run, Array("[]".utf8), .invalidRequest)
    try expectNext(run)
    // The pings inside were refused with their batch.
    #expect(run.client.transcript.answersByID["50"] == nil)
    run.client.forget("50")
    try run.finish()
  }

  @Test func `C05: a batch of 2025-03-26 is answered whole, an empty one is refused`() throws {
    let run = try GatewayRun.open([Service("good")], revision: .r2025_03_26)
    _ = try expectRefusal(run, Array("[]".utf8), .invalidRequest)
    let calls = [
      #"{"jsonrpc":"2.0","id":"a","method":"ping"}"#,
      #"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#,
      #"{"jsonrpc":"2.0","id":"b","method":"tools/call","params":{"name":"good_echo","#
        + #""arguments":{"n":1}}}"#,
      #"{"jsonrpc":"2.0","id":"c","method":"no/such"}"#,
    ]
    try run.client.send(line: "[" + calls.joined(separator: ",") + "]")
    #expect(try run.client.response(to: "\"a\"").kind == .result)
    #expect(try run.client.response(to: "\"b\"").kind == .result)
    #expect(try run.client.response(to: "\"c\"").errorCode == ErrorCode.methodNotFound.rawValue)
    try run.finish()
  }

  @Test func `C05: a batch of 10 000 pings is answered 10 000 times`() throws {
    let run = try GatewayRun.open([Service("good")], revision: .r2025_03_26)
    let pings = (0..<10_000).map { #"{"jsonrpc":"2.0","id":"p\#($0)","method":"ping"}"# }
    try run.client.send(line: "[" + pings.joined(separator: ",") + "]")
    #expect(run.client.run(until: { $0.answerCount >= 10_001 }, within: GatewayRun.patience))
    try run.finish()
  }

  @Test func `C06: blank lines, CRLF and leading spaces are taken as they are meant`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.client.send(Array("\n\n \r\n\r\n\t\n".utf8))
    try run.client.send(Array("  {\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"ping\"}\r\n".utf8))
    #expect(try run.client.response(to: "\"x\"").kind == .result)
    #expect(run.client.transcript.answerCount == 2)
    try run.finish()
  }

  @Test func `C07: a line of 100 MB is refused without being kept`() throws {
    let run = try GatewayRun.open([Service("good")])
    try expectNext(run)
    let before = ProcessFigures.peakMemory(run.client.process.processID)
    let part = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000_000)
    try run.client.send(Array(#"{"jsonrpc":"2.0","id":5,"method":""#.utf8))
    for _ in 0..<100 { try run.client.send(part) }
    _ = try expectRefusal(run, Array("\"}".utf8), .invalidRequest)
    let growth = ProcessFigures.peakMemory(run.client.process.processID) - before
    // limits.client_message and 4 MiB.
    #expect(growth <= (20 + 4) << 20, "grew by \(growth) bytes")
    try expectNext(run)
    try run.finish()
  }

  @Test(arguments: ["[", "{\"a\":"])
  func `C08: a depth of 100 000 is a parse error`(opening: String) throws {
    let run = try GatewayRun.open([Service("good")])
    let line = String(repeating: opening, count: 100_000)
    _ = try expectRefusal(run, Array(line.utf8), .parse)
    try expectNext(run)
    try run.finish()
  }

  @Test(arguments: [
    ("id", #"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#),
    ("method", #"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#),
    ("method", #"{"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"tools/list"}"#),
    ("params", #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"params":{}}"#),
    (
      "name",
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"good_echo","name":"x"}}"#
    ),
  ])
  func `C09: a repeated key of the envelope is refused by name`(key: String, line: String) throws {
    let run = try GatewayRun.open([Service("good")])
    try run.client.send(line: line)
    let refused = try run.client.nextError()
    #expect(refused.errorCode == ErrorCode.invalidRequest.rawValue)
    #expect(refused.error?["message"]?.stringValue?.contains(key) == true, "\(refused.text)")
    try expectNext(run)
    try run.finish()
  }

  @Test func `C09: repeated keys inside the arguments pass untouched`() throws {
    let run = try GatewayRun.open([Service("good")])
    let arguments = #"{"a":1,"a":2,"b":{"c":1.0,"c":1e2}}"#
    try run.client.send(
      line: #"{"jsonrpc":"2.0","id":"d","method":"tools/call","params":{"name":"good_echo","#
        + #""arguments":\#(arguments)}}"#)
    let answer = try run.client.response(to: "\"d\"")
    #expect(answer.text.contains(arguments))
    try run.finish()
  }
}
