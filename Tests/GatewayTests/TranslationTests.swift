import MCP
import RawJSON
import Testing

@testable import Gateway

/// What an answer and a request become on the way from one era to the other.
@Suite struct TranslationTests {
  private func answer(
    _ line: String, from revision: Revision, to client: Revision, _ method: Method = .toolsCall
  ) throws -> JSONValue {
    let bytes = Array(line.utf8)
    var splice = Splice()
    try bytes.withUnsafeBytes { pointer in
      let envelope = try Envelope.scan(pointer.bytes)
      Translation.answer(
        pointer, envelope, from: revision, to: client, as: .gateway, method: method,
        id: RequestID(99), splice: &splice)
    }
    return try JSONValue(parsing: splice.applied(to: bytes.span.bytes))
  }

  private func request(_ line: String, to revision: Revision) throws -> JSONValue {
    let bytes = Array(line.utf8)
    var splice = Splice()
    try bytes.withUnsafeBytes { pointer in
      let envelope = try Envelope.scan(pointer.bytes)
      Translation.request(
        pointer, envelope, to: revision, id: 7, name: nil,
        for: revision.era == .modern ? ClientProfile.none : nil, splice: &splice)
    }
    return try JSONValue(parsing: splice.applied(to: bytes.span.bytes))
  }

  @Test func `a legacy client sees nothing of the modern era in a result`() throws {
    let line =
      #"{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","content":[],"#
      + #""structuredContent":[1],"ttlMs":0,"cacheScope":"private","#
      + #""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"x","version":"1"},"v/k":true}}}"#
    let result = try answer(line, from: .newest, to: .r2025_06_18)["result"]
    #expect(result == ["content": [], "_meta": ["v/k": true]])
  }

  @Test func `a modern client gets what its revision requires from a legacy service`() throws {
    let line = #"{"jsonrpc":"2.0","id":7,"result":{"contents":[]}}"#
    let result = try answer(line, from: .r2024_11_05, to: .newest, .resourcesRead)["result"]
    #expect(result?["resultType"] == "complete")
    #expect(result?["ttlMs"] == 0)
    #expect(result?["cacheScope"] == "private")
    let info = result?.at(pointer: "/_meta/io.modelcontextprotocol~1serverInfo/name")
    #expect(info == "switchyard")
  }

  @Test func `C32: the envelope of one hop never travels to the next`() throws {
    let line =
      #"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"n","_meta":{"#
      + #""io.modelcontextprotocol/protocolVersion":"2026-07-28","#
      + #""io.modelcontextprotocol/clientCapabilities":{"roots":{}},"#
      + #""io.modelcontextprotocol/logLevel":"info","progressToken":"t","v/k":true}}}"#
    let legacy = try request(line, to: .r2025_11_25)
    #expect(legacy.at(pointer: "/params/_meta") == ["v/k": true, "progressToken": 7])
    let modern = try request(line, to: .newest)
    let capabilities = "/params/_meta/io.modelcontextprotocol~1clientCapabilities"
    #expect(modern.at(pointer: capabilities) == .object(JSONObject()))
    #expect(modern.at(pointer: "/params/_meta/io.modelcontextprotocol~1logLevel") == nil)
  }

  @Test(arguments: [
    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"n"}}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{},"name":"n"}}"#,
  ])
  func `a modern service gets an envelope whatever the request looked like`(line: String) throws {
    let sent = try request(line, to: .newest)
    let version = sent.at(pointer: "/params/_meta/io.modelcontextprotocol~1protocolVersion")
    #expect(version == "2026-07-28")
    #expect(sent["id"] == 7)
  }

  @Test(arguments: [
    (-32021, Revision.newest, Revision.r2025_11_25, -32602),
    (-32042, .r2025_11_25, .newest, -32602), (-32042, .r2025_11_25, .r2025_06_18, -32602),
    (-32042, .r2025_11_25, .r2025_11_25, -32042), (-32002, .r2024_11_05, .r2025_11_25, -32002),
    (-32022, .newest, .newest, -32022), (-1, .r2024_11_05, .newest, -1),
  ])
  func `an error code that the client's revision does not know says wrong parameters`(
    code: Int, from: Revision, to: Revision, expected: Int
  ) throws {
    let line = #"{"jsonrpc":"2.0","id":7,"error":{"code":\#(code),"message":"m","data":{"a":1.0}}}"#
    let error = try answer(line, from: from, to: to)["error"]
    #expect(error?["code"] == .number(JSONNumber(expected)))
    #expect(error?["data"] == ["a": 1.0])
  }

  @Test func `a resource that is not found has the code of the client's era`() throws {
    let line = #"{"jsonrpc":"2.0","id":7,"error":{"code":-32002,"message":"gone"}}"#
    let error = try answer(line, from: .r2025_11_25, to: .newest, .resourcesRead)["error"]
    #expect(error?["code"] == -32602)
    #expect(error?["message"] == "gone")
  }
}
