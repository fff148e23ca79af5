import MCP
import RawJSON
import Testing

@Suite struct MessageTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func `an error without an id is null in the legacy era and absent in the modern one`() {
    #expect(
      text(Message.error(id: nil, code: .parse, "Not \"JSON\".", era: .legacy))
        == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Not \"JSON\"."}}"#)
    #expect(
      text(Message.error(id: nil, code: .invalidRequest, "m", era: .modern))
        == #"{"jsonrpc":"2.0","error":{"code":-32600,"message":"m"}}"#)
  }

  @Test func `ids and data are passed on as they are`() {
    #expect(
      text(
        Message.error(
          id: Array("1.0".utf8), code: .timeout, "m", data: Array("{\"a\":1}".utf8), era: .legacy))
        == #"{"jsonrpc":"2.0","id":1.0,"error":{"code":-31003,"message":"m","data":{"a":1}}}"#)
    #expect(
      text(Message.result(id: Array("\"x\"".utf8), Array("{}".utf8)))
        == #"{"jsonrpc":"2.0","id":"x","result":{}}"#)
  }

  @Test func `what we write is what we would read`() throws {
    let request = try Line(text(Message.request(id: 7, .toolsList, params: Array("{}".utf8))))
    #expect(request.envelope.kind == .request)
    #expect(request.envelope.method == .toolsList)
    #expect(request(\.id) == "7")
    let notification = try Line(text(Message.notification(.toolsListChanged)))
    #expect(notification.envelope.kind == .notification)
    let failure = try Line(text(Message.error(id: nil, code: .parse, "\n\u{1}", era: .modern)))
    #expect(failure.envelope.kind == .failure)
  }

  @Test func `codes of our own lie outside the range that JSON-RPC reserves`() {
    for code in ErrorCode.allCases {
      #expect(code.isGatewayOwn == !(-32768 ... -32000).contains(code.rawValue))
    }
  }
}
