import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows C13, C14, C21, C24, C25, C27, C29, C30 and C31 at the gateway's own pipes.
@Suite struct ClientRowTests {
  @Test func `C13: a call before initialize is one of 2025-11-25, of a client that can nothing`()
    throws
  {
    let run = try GatewayRun([Service("s", "legacy")])
    // The handshake of the harness declares everything; this client says nothing of itself.
    let answer = try run.client.response(to: run.ask("s_ask", "elicitation/create", Asked.form))
    let code = answer.result?.at(pointer: "/structuredContent/answer/code")
    #expect(code == .number(JSONNumber(ErrorCode.methodNotFound.rawValue)), "\(answer.text)")
    #expect(answer.result?["resultType"] == nil)
    let missing = try run.client.roundTrip("resources/read", ["uri": "memo://none"])
    #expect(missing.errorCode == ErrorCode.resourceNotFound.rawValue)
    try run.finish()
  }

  @Test func `C14: a second initialize is answered, other versions are named`() throws {
    let run = try GatewayRun.open([Service("good")])
    for (asked, agreed) in [
      ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2026-07-28", "2025-11-25"),
      ("1999-01-01", "2025-11-25"),
    ] {
      let answer = try run.client.roundTrip(
        "initialize",
        ["protocolVersion": .string(asked), "capabilities": [:], "clientInfo": ["name": "x"]])
      #expect(answer.result?["protocolVersion"]?.stringValue == agreed, "\(answer.text)")
    }
    let version = #""io.modelcontextprotocol/protocolVersion":"#
    try run.client.send(
      line: #"{"jsonrpc":"2.0","id":"v","method":"tools/list","params":{"_meta":{"#
        + version + #""1999-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}"#)
    let refused = try run.client.response(to: "\"v\"")
    #expect(refused.errorCode == ErrorCode.unsupportedProtocolVersion.rawValue)
    #expect(refused.error?.at(pointer: "/data/supported") == ["2026-07-28"])
    try run.client.send(
      line: #"{"jsonrpc":"2.0","id":"m","method":"tools/list","params":{"_meta":{"#
        + version + #""2026-07-28"}}}"#)
    let lacking = try run.client.response(to: "\"m\"")
    #expect(lacking.errorCode == ErrorCode.invalidParams.rawValue, "\(lacking.text)")
    try run.expectOK()
    try run.finish()
  }

  @Test func `C21: a progress token that cannot be one is refused, one used twice serves both`()
    throws
  {
    let run = try GatewayRun.open([Service("good", "only=digest,progress=2")])
    try run.expectOK()
    for token in ["{}", "[1]", "1.5", "true", "\"" + String(repeating: "x", count: 1 << 20) + "\""]
    {
      try run.client.send(
        line: #"{"jsonrpc":"2.0","id":"t","method":"tools/call","params":{"name":"good_digest","#
          + #""_meta":{"progressToken":\#(token)}}}"#)
      let answer = try run.client.response(to: "\"t\"")
      #expect(answer.errorCode == ErrorCode.invalidParams.rawValue, "\(answer.bytes.count)")
      run.client.forget("\"t\"")
    }
    let ids = try (0..<2).map { _ in
      try run.client.request(
        "tools/call", ["name": "good_digest", "_meta": ["progressToken": "same"]])
    }
    for id in ids { #expect(try run.client.response(to: id).kind == .result) }
    let progress = run.client.transcript.messages.filter { $0.method == "notifications/progress" }
    #expect(progress.count == 4)
    #expect(progress.allSatisfy { $0.params?["progressToken"] == "same" })
    // Two calls under one token cannot be told apart on the wire, so its rules are not asked.
    run.client.closeInput()
    #expect(try run.client.waitForExit(within: GatewayRun.patience) == .code(0))
    run.checkProcesses()
  }

  @Test func `C24: with 500 calls in flight at the end of input, each has an answer`() throws {
    let run = try GatewayRun.open([Service("s"), Service("good")])
    try run.expectOK("s_echo")
    let hanging = try (0..<250).map { _ in
      try run.client.request("tools/call", ["name": "s_hang"])
    }
    let quick = try (0..<250).map { _ in
      try run.client.request("tools/call", ["name": "s_echo"])
    }
    try run.finish()
    let answers = run.client.transcript.answersByID
    #expect((hanging + quick).allSatisfy { answers[$0]?.count == 1 })
    #expect(
      hanging.allSatisfy { answers[$0]?.first?.errorCode == ErrorCode.shuttingDown.rawValue })
  }

  @Test func `C25: a client that stops listening ends the gateway and all it started`() throws {
    let run = try GatewayRun.open([Service("s", "fork")])
    try run.expectOK("s_echo")
    run.client.closeOutput()
    _ = try? run.client.request("tools/call", ["name": "s_echo"])
    #expect(try run.client.waitForExit(within: GatewayRun.patience) == .code(1))
    run.checkProcesses()
  }

  @Test func `C27: a line cut at any byte is the same line`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.expectOK()
    let text = "é\u{2028}日本\u{1F600}"
    let line = Array(
      (#"{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"good_echo","#
        + #""arguments":{"text":"\#(text)"}}}"# + "\n").utf8)
    for cut in 1..<line.count {
      try run.client.send(Array(line[..<cut]))
      try run.client.send(Array(line[cut...]))
      let answer = try run.client.response(to: "\"c\"")
      #expect(answer.result?.at(pointer: "/structuredContent/text")?.stringValue == text, "\(cut)")
      run.client.forget("\"c\"")
    }
    try run.finish()
  }

  @Test func `C29: arguments of 15 MiB reach the service as they are`() throws {
    let folder = try TemporaryFolder()
    // What the service reads is kept beside it.
    let run = try GatewayRun(
      [
        Service(
          "s", command: "/bin/sh",
          arguments: ["-c", "tee '\(folder.path)/read' | '\(GatewayRun.backend)'"])
      ], folder: folder)
    try run.client.handshake()
    var arguments = Array(#"{"text":""#.utf8)
    // Pieces that differ, with escapes in them.
    let filler = Array(String(repeating: #"\u0041 z"#, count: 8 << 10).utf8)
    for number in 0..<(15 << 20) / filler.count { arguments += "<\(number)>".utf8 + filler }
    arguments += #""}"#.utf8
    let head = #"{"jsonrpc":"2.0","id":"big","method":"tools/call","params":{"name":"s_pid","#
    run.client.post(Array((head + #""arguments":"#).utf8) + arguments + Array("}}\n".utf8))
    #expect(try run.client.response(to: "\"big\"", within: .seconds(120)).kind == .result)
    let read = SmallFile.bytes(of: folder.path + "/read", limit: 1 << 25)
    let start = try #require(read.firstIndex(of: UInt8(ascii: "<"))) - #"{"text":""#.utf8.count
    let isThere = read.withUnsafeBytes { read in
      arguments.withUnsafeBytes { arguments in
        guard let place = read.baseAddress, let wanted = arguments.baseAddress,
          read.count >= start + arguments.count
        else { return false }
        return memcmp(place + start, wanted, arguments.count) == 0
      }
    }
    #expect(arguments.count > 15_000_000 && isThere)
    try run.finish()
  }

  @Test func `C30: line separators, escaped NUL and lone surrogates go through unchanged`() throws {
    let run = try GatewayRun.open([Service("good")])
    let text = #""\u2028 \#u{2028} \u0000 \ud800 \uDFFF \/ \u00e9""#
    try run.client.send(
      line: #"{"jsonrpc":"2.0","id":"s","method":"tools/call","params":{"name":"good_echo","#
        + #""arguments":{"text":"# + text + "}}}")
    let answer = try run.client.response(to: "\"s\"")
    #expect(answer.text.utf8.firstRange(of: Array(text.utf8)) != nil, "\(answer.text)")
    try run.finish()
  }

  @Test func `C31: a cursor that nobody gave out is refused`() throws {
    let run = try GatewayRun.open(
      [Service("good")], settings: GatewayRun.patientSettings + "limits: {page: 3}\n")
    let first = try run.client.roundTrip("tools/list")
    let cursor = try #require(first.result?["nextCursor"]?.stringValue)
    for forged in ["", "x", cursor + "x", String(cursor.dropLast()), cursor.uppercased()] {
      let answer = try run.client.roundTrip("tools/list", ["cursor": .string(forged)])
      #expect(answer.errorCode == ErrorCode.invalidParams.rawValue, "\(forged): \(answer.text)")
    }
    let other = try run.client.roundTrip("prompts/list", ["cursor": .string(cursor)])
    #expect(other.errorCode == ErrorCode.invalidParams.rawValue, "\(other.text)")
    #expect(
      try run.client.roundTrip("tools/list", ["cursor": .string(cursor)]).kind == .result)
    try run.finish()
  }
}
