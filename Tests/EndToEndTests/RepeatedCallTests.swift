import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// A call that is answered from memory, written again with another id.
@Suite struct RepeatedCallTests {
  private func open(_ folder: TemporaryFolder, settings: String = "") throws -> GatewayRun {
    let run = try GatewayRun(
      [
        Service(
          "a", "ledger=\(folder.path)/ledger",
          more: ["tools: {read_only: [echo, hang], cache: {'*': 1h}, clears: {add: ['*']}}"])
      ], settings: GatewayRun.patientSettings + "\n" + settings, folder: folder)
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    return run
  }

  private func executions(_ folder: TemporaryFolder) -> Int {
    folder.read("ledger").split(separator: "\n").count { $0.hasPrefix("executed u ") }
  }

  private func newest(_ run: GatewayRun) -> ServerMessage? {
    run.client.transcript.messages.last { $0.kind == .result || $0.kind == .failure }
  }

  private func line(_ id: String, text: String = "x") -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"a_echo","#
      + #""arguments":{"uuid":"u","text":"\#(text)"}}}"#
  }

  @Test(arguments: [
    "1", "0", "123456789012345", "1234567890123456", "-7", "1.0", #""a""#, #""""#,
    #""A-b_9""#, #""with space""#, #""\u0061""#, #""a\"b""#, #""é""#,
  ])
  func `every id comes back as it was written, and nobody is asked again`(id: String) throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    let ids = [#""first""#, #""second""#, id, #""last""#]
    for id in ids {
      try run.client.send(line: line(id))
      let answer = try run.client.response(to: id)
      #expect(
        answer.result?.at(pointer: "/structuredContent/text")?.stringValue == "x",
        "\(answer.text)")
      #expect(answer.text.contains(#""id":\#(id),"#), "\(answer.text)")
    }
    #expect(executions(folder) == 1)
    #expect(try run.metric("switchyard_cache_hits_total", of: "a") == 3)
    try run.finish()
  }

  @Test func `a long call is answered from memory as well, read each time`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    let text = String(repeating: "x", count: 10_000)
    for number in 0..<4 {
      try run.client.send(line: line("\(1000 + number)", text: text))
      let answer = try run.client.response(to: "\(1000 + number)")
      #expect(answer.result?.at(pointer: "/structuredContent/text")?.stringValue == text)
    }
    #expect(executions(folder) == 1)
    try run.finish()
  }

  @Test func `what is no id is refused as in any other line`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    for id in [#""one""#, #""two""#] {
      try run.client.send(line: line(id))
      _ = try run.client.response(to: id)
    }
    for wrong in ["01", "true", "null", "[1]", "1.5", #"3,"id":4"#, "", "- 1"] {
      let before = run.client.transcript.answerCount
      try run.client.send(line: line(wrong))
      let isAnswered = run.client.run(
        until: { $0.answerCount > before }, within: GatewayRun.patience)
      #expect(isAnswered)
      #expect(newest(run)?.kind == .failure, "\(wrong)")
      // The call itself is as good as before.
      try run.client.send(line: line(#""again""#))
      #expect(try run.client.response(to: #""again""#).kind == .result)
    }
    try run.finish()
  }

  @Test func `C12: an id that is in flight keeps its one answer`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    let hanging = try run.client.request(
      "tools/call", ["name": "a_hang", "arguments": ["uuid": "h"]])
    for id in [#""one""#, #""two""#] {
      try run.client.send(line: line(id))
      _ = try run.client.response(to: id)
    }
    let before = run.client.transcript.answerCount
    try run.client.send(line: line(hanging))
    let isAnswered = run.client.run(
      until: { $0.answerCount > before }, within: GatewayRun.patience)
    #expect(isAnswered)
    #expect(newest(run)?.kind == .failure)
    try run.client.cancel(hanging)
    try run.finish()
  }

  @Test func `a write makes it untrue, and other arguments are another call`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    for (number, text) in ["x", "x", "y", "x"].enumerated() {
      try run.client.send(line: line("\"\(number)\"", text: text))
      let answer = try run.client.response(to: "\"\(number)\"")
      #expect(answer.result?.at(pointer: "/structuredContent/text")?.stringValue == text)
    }
    #expect(executions(folder) == 2)
    _ = try run.client.call("a_add", ["a": 1, "b": 1])
    try run.client.send(line: line(#""after""#))
    _ = try run.client.response(to: #""after""#)
    #expect(executions(folder) == 3)
    try run.finish()
  }

  @Test func `what a profile makes of a call is no call that its client may make`() throws {
    let folder = try TemporaryFolder()
    let run = try open(
      folder, settings: "profiles: {small: {client: ['*'], tools: {rename: {a_echo: say}}}}")
    for id in [#""one""#, #""two""#] {
      let said = line(id).replacing("a_echo", with: "say")
      try run.client.send(line: said)
      #expect(try run.client.response(to: id).kind == .result)
    }
    #expect(try run.metric("switchyard_cache_hits_total", of: "a") == 1)
    try run.client.send(line: line(#""three""#))
    #expect(try run.client.response(to: #""three""#).kind == .failure)
    try run.finish()
  }
}
