import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows B27, B28, B29 and B32: services that say what nobody asked for, or say it wrongly.
@Suite struct OddServiceTests {
  private func open(_ scripted: ScriptedService) throws -> GatewayRun {
    // The run keeps the folder.
    let run = try GatewayRun([scripted.service("odd"), Service("good")], folder: scripted.folder)
    try run.client.handshake()
    return run
  }

  private func say(
    _ number: Int, _ run: GatewayRun, token: String? = nil
  ) throws -> ServerMessage {
    var params: JSONValue = [
      "name": "odd_say", "arguments": ["n": .number(JSONNumber(number))],
    ]
    if let token { params["_meta"] = ["progressToken": .string(token)] }
    return try run.client.roundTrip("tools/call", params, within: GatewayRun.patience)
  }

  private static let ok = #"{"jsonrpc":"2.0","id":@ID@,"result":{"content":[]}}"# + "\n"

  /// What breaks a reply, in place of one of its values, and whether that is JSON up to there.
  private static let broken: [[UInt8]] = [
    Array("[1,]".utf8), Array(#"{"a":1,}"#.utf8), Array("nul".utf8), Array("01".utf8),
    Array("1e".utf8), Array(#""\x""#.utf8), Array("'a'".utf8), Array("\"a\tb\"".utf8),
    [0x22, 0xFF, 0xFE, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
    [0x22, 0x00, 0x22], Array((String(repeating: "[", count: 200)).utf8),
    Array(String(repeating: "[", count: 100_000).utf8),
    Array(String(repeating: #"{"a":"#, count: 129).utf8), Array("1 2".utf8), Array("}".utf8),
  ]

  @Test func `B32: a reply that is not JSON fails its own call, and the service stays`() throws {
    var replies: [Int: [UInt8]] = [0: Array(Self.ok.utf8)]
    for (index, value) in Self.broken.enumerated() {
      let head = Array(#"{"jsonrpc":"2.0","id":@ID@,"result":{"content":[],"x":"#.utf8)
      replies[index + 1] = head + value + Array("}}\n".utf8)
    }
    let run = try open(ScriptedService(replies: replies))
    #expect(try say(0, run).kind == .result)
    for number in 1...Self.broken.count {
      let answer = try say(number, run)
      #expect(
        answer.errorCode == ErrorCode.backendProtocolError.rawValue,
        "\(number): \(answer.text.prefix(300))")
      // The breaker is not what is tested here: most answers are right.
      for _ in 0..<2 { #expect(try say(0, run).kind == .result) }
    }
    #expect(try say(0, run).kind == .result)
    try run.expectOK()
    try run.finish()
    let starts = run.client.stderr.split(separator: "\n").count {
      $0.contains("service.starting") && $0.contains(#""odd""#)
    }
    #expect(starts == 1)
  }

  @Test func `B27: a service that pings is answered, one that asks for anything else is refused`()
    throws
  {
    let asks =
      #"{"jsonrpc":"2.0","id":"p 1","method":"ping"}"# + "\n"
      + #"{"jsonrpc":"2.0","id":"u 2","method":"vendor/what"}"# + "\n"
    let scripted = try ScriptedService(replies: [1: Array((asks + Self.ok).utf8)])
    let run = try open(scripted)
    #expect(try say(1, run).kind == .result)
    let isAnswered = run.wait {
      scripted.heard.contains(#""p 1""#) && scripted.heard.contains(#""u 2""#)
    }
    #expect(isAnswered, "\(scripted.heard)")
    let lines = scripted.heard.split(separator: "\n")
    let ping = lines.first { $0.contains(#""p 1""#) } ?? ""
    #expect(ping.contains(#""result":{}"#), "\(ping)")
    let other = lines.first { $0.contains(#""u 2""#) } ?? ""
    #expect(other.contains("-32601"), "\(other)")
    try run.finish()
  }

  @Test func `B28: progress that goes back, of no call, or after the answer is dropped`() throws {
    func progress(_ token: String, _ value: String) -> String {
      #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"#
        + #"\#(token),"progress":\#(value)}}"# + "\n"
    }
    let told = ["1", "3", "2", "3", "-1", "3.5"].map { progress("@ID@", $0) }.joined()
    let strange = [#""t""#, "1", "18446744073709551615", "null", "{}"].map { progress($0, "9") }
    let reply = told + strange.joined() + Self.ok + progress("@ID@", "4")
    let run = try open(
      ScriptedService(replies: [1: Array(reply.utf8), 2: Array(Self.ok.utf8)]))
    #expect(try say(1, run, token: "t").kind == .result)
    // What came behind the answer has been read when this is answered.
    #expect(try say(2, run).kind == .result)
    try run.finish()
    let seen = run.client.transcript.messages.filter { $0.method == "notifications/progress" }
    #expect(seen.map { $0.params?["progress"]?.doubleValue } == [1, 3, 3.5])
    #expect(seen.allSatisfy { $0.params?["progressToken"] == "t" })
  }

  @Test func `B29: tools that no client could use are left out by name, the rest is served`()
    throws
  {
    let huge = (0..<40_000).map { "\"value-\($0)\"" }.joined(separator: ",")
    let object = #""inputSchema":{"type":"object"}"#
    let run = try open(
      ScriptedService(
        tools: [
          #"{"name":"null","inputSchema":null}"#, #"{"name":"none"}"#,
          #"{"name":"text","inputSchema":{"type":"string"}}"#, #"{"name":7,\#(object)}"#,
          #"{"name":"",\#(object)}"#, "5", #"{"name":"twice","description":"first",\#(object)}"#,
          #"{"name":"twice","description":"second",\#(object)}"#,
          #"{"name":"huge","inputSchema":{"type":"object","properties":{"a":{"enum":[\#(huge)]}}}}"#,
        ], replies: [1: Array(Self.ok.utf8)]))
    #expect(try say(1, run).kind == .result)
    let tools = try run.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    let mine = tools.compactMap { $0["name"]?.stringValue }.filter { $0.hasPrefix("odd_") }
    #expect(mine.sorted() == ["odd_say", "odd_twice"])
    #expect(tools.first { $0["name"] == "odd_twice" }?["description"] == "first")
    let left = run.client.stderr.split(separator: "\n").count {
      $0.contains("discovery.item_left_out")
    }
    #expect(left == 8, "\(run.client.stderr.suffix(2_000))")
    try run.expectOK()
    try run.finish()
  }

  @Test func `B29: of a hundred thousand tools in one page two thousand are taken`() throws {
    let tools = (0..<100_000).map {
      #"{"name":"t\#($0)","inputSchema":{"type":"object"}}"#
    }
    let run = try open(ScriptedService(tools: tools, replies: [1: Array(Self.ok.utf8)]))
    #expect(try say(1, run).kind == .result)
    #expect(run.client.stderr.contains("discovery.list_cut"))
    var cursor: JSONValue?
    var count = 0
    repeat {
      let page = try run.client.roundTrip("tools/list", cursor.map { ["cursor": $0] } ?? [:])
      count +=
        page.result?["tools"]?.arrayValue?.count {
          $0["name"]?.stringValue?.hasPrefix("odd_") == true
        } ?? 0
      cursor = page.result?["nextCursor"]
    } while cursor != nil && count <= 2_000
    #expect(count == 2_000)
    try run.expectOK()
    try run.finish()
  }
}
