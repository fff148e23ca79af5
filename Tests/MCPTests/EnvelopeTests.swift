import MCP
import RawJSON
import Testing

@Suite struct EnvelopeTests {
  @Test func `a call is found in whatever order its members come`() throws {
    let line = try Line(
      #" {"params":{"arguments":{"x":1},"_meta":{"progressToken":7},"name":"n"},"method":"tools/call","id":"a","jsonrpc":"2.0"}"#
    )
    #expect(line.envelope.kind == .request)
    #expect(line.envelope.method == .toolsCall)
    #expect(line(\.methodText) == "\"tools/call\"")
    #expect(line(\.id) == "\"a\"")
    #expect(line(\.name) == "\"n\"")
    #expect(line(\.arguments) == #"{"x":1}"#)
    #expect(line(\.progressToken) == "7")
    #expect(line(\.meta) == #"{"progressToken":7}"#)
    #expect(!line.envelope.isModern)
    #expect(line.envelope.whole == ByteRange(start: 1, end: line.bytes.count))
  }

  @Test func `a modern request describes itself`() throws {
    let line = try Line(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"c","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"c"},"io.modelcontextprotocol/logLevel":"info"}}}"#
    )
    #expect(line.envelope.isModern)
    #expect(line(\.protocolVersion) == "\"2026-07-28\"")
    #expect(line(\.clientCapabilities) == "{}")
    #expect(line(\.clientInfo) == #"{"name":"c"}"#)
    #expect(line(\.logLevel) == "\"info\"")
    #expect(line(\.cursor) == "\"c\"")
  }

  @Test func `a legacy initialize says in its parameters who the client is`() throws {
    let line = try Line(
      #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{}},"clientInfo":{}}}"#
    )
    #expect(!line.envelope.isModern)
    #expect(line(\.protocolVersion) == "\"2025-11-25\"")
    #expect(line(\.clientCapabilities) == #"{"roots":{}}"#)
    #expect(line(\.clientInfo) == "{}")
    let call = try Line(
      #"{"jsonrpc":"2.0","id":0,"method":"tools/call","params":{"protocolVersion":"x"}}"#)
    #expect(call(\.protocolVersion) == nil)
  }

  @Test func `notifications have no id`() throws {
    let progress = try Line(
      #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":0.5,"_meta":{"progressToken":9}}}"#
    )
    #expect(progress.envelope.kind == .notification)
    #expect(progress.envelope.method == .progress)
    #expect(progress(\.progressToken) == "\"t\"")
    #expect(progress(\.progress) == "0.5")
    let cancelled = try Line(
      #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#)
    #expect(cancelled.envelope.method == .cancelled)
    #expect(cancelled(\.requestId) == "5")
    let bare = try Line(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
    #expect(bare.envelope.method == .initialized)
    #expect(bare(\.params) == nil)
  }

  @Test func `responses are results or failures`() throws {
    let result = try Line(
      #"{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","ttlMs":5,"cacheScope":"public","isError":true,"requestState":"s","_meta":{"io.modelcontextprotocol/subscriptionId":3}}}"#
    )
    #expect(result.envelope.kind == .result)
    #expect(result(\.resultType) == "\"complete\"")
    #expect(result(\.ttlMs) == "5")
    #expect(result(\.cacheScope) == "\"public\"")
    #expect(result(\.isError) == "true")
    #expect(result(\.requestState) == "\"s\"")
    #expect(result(\.subscriptionId) == "3")
    let failure = try Line(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}"#)
    #expect(failure.envelope.kind == .failure)
    #expect(failure(\.id) == nil)
    #expect(failure(\.errorCode) == "-32700")
    #expect(try Line(#"{"jsonrpc":"2.0","error":{}}"#).envelope.kind == .failure)
    #expect(try Line(#"{"jsonrpc":"2.0","id":1,"result":3}"#)(\.result) == "3")
  }

  @Test func `_meta of null counts as absent`() throws {
    let line = try Line(#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":null}}"#)
    #expect(line(\.meta) == nil)
    #expect(refusal(#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":3}}"#)?.id == "1")
  }

  @Test func `C05: a batch is counted and its elements are scanned one by one`() throws {
    let line = try Line(#" [{"jsonrpc":"2.0","id":1,"method":"ping"}, 3 ,[]] "#)
    #expect(line.envelope.kind == .batch)
    #expect(line.envelope.batchCount == 3)
    var kinds: [Envelope.Kind?] = []
    JSON.forEachElement(of: line.envelope.whole, in: line.bytes.span.bytes) { range in
      let element = line.bytes.span.bytes.extracting(range.start..<range.end)
      kinds.append((try? Envelope.scan(element))?.kind)
    }
    #expect(kinds == [.request, nil, .batch])
    #expect(try Line("[]").envelope.batchCount == 0)
    let many = Array(repeating: "{}", count: 10_000).joined(separator: ",")
    #expect(try Line("[\(many)]").envelope.batchCount == 10_000)
  }

  @Test(arguments: Method.allCases.filter { $0 != .unknown })
  func `every method is found by its name and by its name with escapes`(method: Method) throws {
    let name = "\(method.name)"
    let escaped = name.utf8.map { byte in
      let digits = String(byte, radix: 16)
      return "\\u00" + (digits.count == 1 ? "0" : "") + digits
    }
    for text in [name, name.split(separator: "/").joined(separator: "\\/"), escaped.joined()] {
      let line = try Line(#"{"jsonrpc":"2.0","id":1,"method":"\#(text)"}"#)
      #expect(line.envelope.method == method)
    }
    for text in [name + "x", String(name.dropLast()), name.uppercased()] {
      let line = try Line(#"{"jsonrpc":"2.0","id":1,"method":"\#(text)"}"#)
      #expect(line.envelope.method == .unknown)
    }
    #expect(Method(named: name.utf8) == method)
  }

  @Test func `an unknown method is kept as it was written`() throws {
    let line = try Line(#"{"jsonrpc":"2.0","id":1,"method":"x/y"}"#)
    #expect(line.envelope.method == .unknown)
    #expect(line(\.methodText) == "\"x/y\"")
    #expect(Method(named: "".utf8) == .unknown)
  }

  @Test func `I10, C30: unusual but legal text is passed over unread`() throws {
    let odd = #"{"z":1.0,"a":1e2,"z":2,"s":"\u2028\u2029\u0000\ud800\/"}"#
    let line = try Line(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":\#(odd)}}"#)
    #expect(line(\.arguments) == odd)
  }
}
