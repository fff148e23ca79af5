import FuzzProperties
import MCP
import RawJSON
import Testing

private let corpus = SharedCorpus.files("corpora/json-test-suite/test_parsing")

@Suite struct EnvelopeFaultTests {
  private func fault(_ text: String) -> EnvelopeError.Fault? {
    guard case .invalid(let fault) = refusal(text)?.error.reason else { return nil }
    return fault
  }

  @Test(.enabled(if: corpus != nil, "JSONTestSuite is not in ../shared"))
  func `C01, B32: a line that is not JSON is a parse error, as a request and as a reply`() {
    for (name, text) in corpus ?? [:] where name.hasPrefix("n_") {
      #expect(refusal(text)?.error.code == .parse, "\(name)")
      let head = Array(#"{"jsonrpc":"2.0","id":"r","result":"#.utf8)
      let reply = refusal(head + text + Array("}".utf8))
      // Some of the files end an object early; none makes a whole message.
      #expect(reply != nil && reply?.id == "\"r\"", "\(name)")
    }
  }

  @Test func `C03, C04, C08: bad UTF-8, byte order marks and deep nesting are parse errors`() {
    let head = Array(#"{"jsonrpc":"2.0","id":4,"method":"ping","params":{"a":""#.utf8)
    #expect(refusal(head + [0xFF, 0xFE] + Array("\"}}".utf8))?.error.isParseError == true)
    #expect(refusal([0xEF, 0xBB, 0xBF] + Array("{}".utf8))?.error.isParseError == true)
    #expect(refusal([0xFF, 0xFE, 0x7B, 0, 0x7D, 0])?.error.isParseError == true)
    func nested(_ levels: Int) -> String {
      let arrays = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
      return #"{"jsonrpc":"2.0","id":4,"method":"ping","params":{"a":\#(arrays)}}"#
    }
    #expect(refusal(nested(126)) == nil)
    #expect(refusal(nested(127))?.error.code == .parse)
    #expect(refusal(String(repeating: "[", count: 100_000))?.error.code == .parse)
  }

  @Test func `B32: the id of a broken reply is known if it came before the fault`() {
    #expect(refusal(#"{"jsonrpc":"2.0","id":12,"result":{"a":[1,2"#)?.id == "12")
    #expect(refusal(#"{"jsonrpc":"2.0","result":{"a":[1,2"#)?.id == nil)
    #expect(refusal(#"{"jsonrpc":"2.0","id":1"#)?.id == "1")
    #expect(refusal(#"{"jsonrpc":"2.0","id":1,"id":2,"result":x"#)?.id == nil)
  }

  @Test func `B38: two messages on one line are a parse error`() {
    let message = #"{"jsonrpc":"2.0","id":1,"result":{}}"#
    #expect(refusal(message + message)?.error.code == .parse)
  }

  @Test(arguments: [
    ("\"jsonrpc\":\"2.0\"", EnvelopeKey.jsonrpc), ("\"id\":9", .id),
    ("\"method\":\"ping\"", .method),
    ("\"params\":{}", .params), (#""\u0069d":9"#, .id), (#""met\u0068od":"ping""#, .method),
  ])
  func `C09: a second key of the envelope is refused by name`(member: String, key: EnvelopeKey) {
    let text = #"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{},\#(member)}"#
    #expect(fault(text) == .duplicateKey(key))
    #expect(refusal(text)?.error.code == .invalidRequest)
    #expect(refusal(text)?.error.description.contains("'\(key.name)'") == true)
    #expect(refusal(text)?.id == (key == .id ? nil : "9"))
  }

  @Test(arguments: [
    "name", "uri", "arguments", "cursor", "requestId", "progressToken", "_meta", "requestState",
    "ref", "level", "inputResponses",
  ])
  func `C09: a second key in params is refused by name`(key: String) {
    let text = #"{"jsonrpc":"2.0","id":9,"method":"x","params":{"\#(key)":{},"\#(key)":{}}}"#
    guard case .duplicateKey(let found) = fault(text) else {
      Issue.record("\(key) was accepted twice")
      return
    }
    #expect("\(found.name)" == key)
  }

  @Test func `C09: a second key in _meta, ref, a result or an error is refused`() {
    let version = #""io.modelcontextprotocol/protocolVersion":"x""#
    for text in [
      #""id":1,"method":"x","params":{"_meta":{\#(version),\#(version)}}"#,
      #""id":1,"method":"x","params":{"_meta":{"progressToken":1,"progressToken":2}}"#,
      #""id":1,"method":"x","params":{"ref":{"name":"a","name":"b"}}"#,
      #""id":1,"result":{"resultType":"a","resultType":"b"}"#,
      #""id":1,"error":{"code":1,"code":2}"#, #""id":1,"result":{},"result":{}"#,
    ] {
      guard case .duplicateKey = fault(#"{"jsonrpc":"2.0",\#(text)}"#) else {
        Issue.record("accepted \(text)")
        continue
      }
    }
  }

  @Test func `C09: repeated keys in arguments and unknown places pass untouched`() throws {
    let arguments = #"{"name":1,"name":2,"id":1,"id":2,"_meta":{},"_meta":{}}"#
    let line = try Line(
      #"{"jsonrpc":"2.0","x":1,"x":2,"id":1,"method":"tools/call","params":{"y":1,"y":2,"name":"n","arguments":\#(arguments)}}"#
    )
    #expect(line(\.arguments) == arguments)
    #expect(line(\.name) == "\"n\"")
  }

  @Test func `C10: an escaped key is the key, a look-alike is not`() throws {
    let escaped = try Line(
      #"{"jsonrpc":"2.0","\u0069\u0064":3,"met\u0068od":"ping","p\u0061rams":{"n\u0061me":"n"}}"#)
    #expect(escaped.envelope.kind == .request)
    #expect(escaped.envelope.method == .ping)
    #expect(escaped(\.id) == "3")
    #expect(escaped(\.name) == "\"n\"")
    #expect(fault(#"{"jsonrpc":"2.0","id":1,"Method":"ping"}"#) == .missingMethod)
    #expect(fault("{\"jsonrpc\":\"2.0\",\"id\":1,\"me\u{17F}hod\":\"ping\"}") == .missingMethod)
    let params = try Line("{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"param\u{17F}\":{\"name\":1}}")
    #expect(params(\.params) == nil)
    #expect(params(\.name) == nil)
    #expect(
      try Line("{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"\u{131}d\":1}").envelope.kind
        == .notification)
  }

  @Test(arguments: [
    "7", "-0", "0", "1.0", "-3.000", "9223372036854775808", "18446744073709551616",
    String(repeating: "9", count: 256), "\"\"", "\"a\"", #""\u0061\"""#, "\"é😀\"",
    "\"" + String(repeating: "x", count: 256) + "\"",
  ])
  func `C11: a legal id is kept byte for byte`(id: String) throws {
    let line = try Line(#"{"jsonrpc":"2.0","id": \#(id) ,"method":"ping"}"#)
    #expect(line(\.id) == id)
    #expect(RequestID(line.envelope.id, in: line.bytes.span.bytes)?.description == id)
  }

  @Test(arguments: [
    "null", "true", "false", "{}", "[]", "[1]", "1.5", "1e400", "1e2", "-0.1", "1.01",
    String(repeating: "9", count: 257), "\"" + String(repeating: "x", count: 257) + "\"",
    "\"" + String(repeating: "x", count: 300) + "\"",
  ])
  func `C11: an illegal id is refused and not given back`(id: String) {
    let text = #"{"jsonrpc":"2.0","id":\#(id),"method":"ping"}"#
    #expect(fault(text) == .badID)
    #expect(refusal(text)?.id == nil)
    #expect(refusal(text)?.error.shape == .request)
    #expect(
      RequestID(ByteRange(start: 0, end: id.utf8.count), in: Array(id.utf8).span.bytes) == nil)
  }

  @Test func `C11: ids that are equal as numbers or strings differ as ids`() {
    func id(_ text: String) -> RequestID? {
      RequestID(ByteRange(start: 0, end: text.utf8.count), in: Array(text.utf8).span.bytes)
    }
    #expect(Set([id("1"), id("\"1\""), id("1.0"), id("-0"), id("0")]).count == 5)
    #expect(id("42") == RequestID(42))
  }

  @Test func `ids are found again among many that differ in one digit`() {
    let long = String(repeating: "7", count: 40)
    var table: [RequestID: Int] = [:]
    for number in 0..<20_000 {
      let text = number % 2 == 0 ? "\"\(long)\(number)\"" : "\(number)"
      let id = RequestID(ByteRange(start: 0, end: text.utf8.count), in: Array(text.utf8).span.bytes)
      if let id { table[id] = number }
    }
    #expect(table.count == 20_000)
    #expect(table[RequestID(7_777)] == 7_777 && table[RequestID(7_778)] == nil)
    // Nobody outside of the process knows what it adds, and a table's own share differs too.
    #expect(Set((0..<1_000).map { RequestID(UInt64($0))._rawHashValue(seed: 1) }).count > 990)
    #expect(RequestID(1)._rawHashValue(seed: 1) != RequestID(1)._rawHashValue(seed: 2))
  }

  @Test(arguments: [
    (#""id":1,"result":{},"error":{}"#, EnvelopeError.Fault.resultAndError),
    (#""id":1"#, .missingMethod), (#""method":"x","id":1,"result":{}"#, .methodAndOutcome),
    (#""method":"x","error":{}"#, .methodAndOutcome), (#""result":{}"#, .missingID),
    (#""id":null,"result":{}"#, .badID), (#""id":1,"error":"text""#, .badError),
    (#""id":1,"error":null"#, .badError), (#""id":1,"method":5"#, .badMethod),
    (#""id":1,"method":"x","params":[]"#, .badParams),
    (#""id":1,"method":"x","params":"p""#, .badParams),
    (#""id":1,"method":"x","params":null"#, .badParams),
  ])
  func `B25: a message of no kind or of two is refused`(
    members: String, expected: EnvelopeError.Fault
  ) {
    #expect(fault(#"{"jsonrpc":"2.0",\#(members)}"#) == expected)
    #expect(fault(#"{\#(members),"jsonrpc":"2.0"}"#) == expected)
    #expect(!expected.description.isEmpty)
  }

  @Test(arguments: [
    "", #""jsonrpc":"1.0","#, #""jsonrpc":2.0,"#, #""jsonrpc":"2.00","#, #""jsonrpc":null,"#,
  ])
  func `B25: another version of JSON-RPC is refused`(version: String) {
    #expect(fault(#"{\#(version)"id":1,"result":{}}"#) == .badVersion)
    #expect(refusal(#"{\#(version)"id":1,"result":{}}"#)?.id == "1")
  }

  @Test func `the version may be written with escapes`() throws {
    #expect(try Line(#"{"jsonrpc":"\u0032.0","method":"ping"}"#).envelope.method == .ping)
  }

  @Test(arguments: ["3", "\"x\"", "null", "true"])
  func `a scalar is no message`(text: String) {
    #expect(fault(text) == .notAnObject)
    #expect(refusal(text)?.error.shape == .unknown)
  }

  @Test(arguments: [(127, true), (128, true), (129, false)])
  func `a method has at most 128 bytes`(count: Int, isAccepted: Bool) {
    let name = String(repeating: "m", count: count)
    let text = #"{"jsonrpc":"2.0","id":1,"method":"\#(name)"}"#
    #expect(fault(text) == (isAccepted ? nil : .badMethod))
  }

  @Test func `an error says whether an answer is owed`() {
    #expect(refusal(#"{"id":1,"method":"x"}"#)?.error.shape == .request)
    #expect(refusal(#"{"method":"x"}"#)?.error.shape == .notification)
    #expect(refusal(#"{"id":1,"result":{}}"#)?.error.shape == .response)
    #expect(refusal("{}")?.error.shape == .unknown)
    #expect(refusal("nonsense")?.error.shape == .unknown)
  }

  @Test func `no seed of the envelope fuzz target breaks its property`() {
    let seeds = SharedCorpus.seeds("FuzzEnvelope")
    #expect(seeds.count >= 16)
    for (name, text) in seeds { #expect(EnvelopeProperty.violation(of: text) == nil, "\(name)") }
  }
}
