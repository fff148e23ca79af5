import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
import Testing

/// Connections that break, stall or lie (reliability section 4, H rows), seen by a client.
@Suite struct RESTTransportTests {
  @Test func `H04: what may have been sent is repeated only where that is safe`() throws {
    let api = try APIRun()
    let read = try api.call("go", ["act": "reset"])
    #expect(read.errorCode == ErrorCode.backendLost.rawValue, "\(read.text)")
    #expect(api.server.requests.count == 3)
    let write = try api.call("send", ["act": "reset"])
    #expect(write.errorCode == ErrorCode.backendLost.rawValue)
    #expect(write.error?.at(pointer: "/data/outcome") == "unknown")
    #expect(write.error?.at(pointer: "/data/sent") == true)
    #expect(api.server.requests.count == 4)
    // The manifest says that it may be repeated.
    _ = try api.call("put", ["act": "reset"])
    #expect(api.server.requests.count == 7)
    try api.expectOK()
    try api.finish()
  }

  @Test func `H01: nobody listens: not sent, and said so`() throws {
    let api = try APIRun()
    api.server.stop()
    let answer = try api.call("send", ["act": "echo"])
    #expect(answer.errorCode == ErrorCode.backendUnavailable.rawValue, "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/sent") == false)
    #expect(answer.error?.at(pointer: "/data/outcome") == "not_executed")
    let told = answer.error?["message"]?.stringValue ?? ""
    let place = "127.0.0.1:\(api.server.port)"
    #expect(told.contains("at \(place): the host took no connection. "), "\(told)")
    try api.finish()
  }

  @Test(arguments: ["slow", "stall"])
  func `H09: a body that trickles and a server that is silent end with the deadline`(
    _ act: String
  ) throws {
    let api = try APIRun()
    let answer = try api.call("brief", ["act": .string(act)])
    #expect(answer.errorCode == ErrorCode.timeout.rawValue, "\(answer.text)")
    #expect(api.gateway.wait(within: .seconds(20)) { api.server.open == 0 })
    try api.expectOK()
    try api.finish()
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "nonsense\r\n\r\n",
  ])
  func `H10 H11 H23: a broken message is an error, and the next call works`(_ raw: String) throws {
    let api = try APIRun(answer: { request, connection in
      guard request.target.hasPrefix("/raw") else { return APIRun.answer(request, connection) }
      connection.send(raw)
      return false
    })
    let answer = try api.call("go", ["act": "raw"])
    let codes = [ErrorCode.backendLost, .backendProtocolError, .backendUnavailable].map(\.rawValue)
    #expect(answer.errorCode.map { codes.contains($0) } == true, "\(answer.text)")
    try api.expectOK()
    try api.finish()
  }

  @Test func `H12 H13 S18: bombs of headers and of zeros are stopped, and memory stays`() throws {
    let api = try APIRun(rest: ["connections: {answer_limit: 1MiB}"])
    try api.expectOK()
    let identity = api.client.process.processID
    let idle = ProcessFigures.peakMemory(identity)
    let headers = try api.call("go", ["act": "headers", "value": "4000000"])
    #expect(headers.errorCode != nil || headers.result?["isError"] == true, "\(headers.text)")
    let bomb = try api.refusal("go", ["act": "gzip", "value": "5000000"])
    #expect(bomb.facts["category"] == "validation")
    #expect(bomb.text.contains("Ask for less"))
    #expect(ProcessFigures.peakMemory(identity) - idle < 40 << 20)
    try api.expectOK()
    try api.finish()
  }

  @Test func `H25: an answer above the limit is refused by name`() throws {
    let api = try APIRun(rest: ["connections: {answer_limit: 64KiB}"])
    let (text, facts) = try api.refusal("go", ["act": "bytes", "value": "70000"])
    #expect(text.contains("65536") || text.contains("64 KiB") || text.contains("64KiB"), "\(text)")
    #expect(facts["category"] == "validation")
    try api.expectOK()
    try api.finish()
  }

  @Test func `H21: an answer before the body was read is an answer`() throws {
    let api = try APIRun()
    let text = String(repeating: "x", count: 200_000)
    let answer = try api.call("send", ["act": "early", "text": .string(text)])
    // The reset that follows may overtake the answer.
    if answer.errorCode == nil {
      #expect(answer.result?.at(pointer: "/_meta/switchyard~1error/status")?.intValue == 413)
    } else {
      #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
    }
    try api.expectOK()
    try api.finish()
  }

  @Test func `H24: more calls than connections wait their turn`() throws {
    let api = try APIRun(rest: ["connections: {most: 2}"])
    let ids = try (0..<200).map { number in
      try api.client.request(
        "tools/call", ["name": "api_echo", "arguments": ["id": .string("\(number)")]])
    }
    for id in ids {
      #expect(try api.client.response(to: id).result?["isError"] == nil)
    }
    #expect(api.server.accepted <= 2)
    #expect(api.server.requests.count == 200)
    try api.finish()
  }

  @Test func `H29: a cancel closes the connection, and no answer comes`() throws {
    let api = try APIRun()
    let id = try api.client.request(
      "tools/call", ["name": "api_go", "arguments": ["act": "stall"]])
    #expect(api.gateway.wait(within: .seconds(20)) { !api.server.requests.isEmpty })
    try api.client.cancel(id)
    api.client.forget(id)
    #expect(api.gateway.wait(within: .seconds(20)) { api.server.open == 0 })
    try api.expectOK()
    #expect(api.client.transcript.answersByID[id] == nil)
    try api.finish()
  }

  @Test func `C24: calls in flight are answered when the client leaves`() throws {
    let api = try APIRun()
    let id = try api.client.request(
      "tools/call", ["name": "api_go", "arguments": ["act": "stall"]])
    #expect(api.gateway.wait(within: .seconds(20)) { !api.server.requests.isEmpty })
    api.client.closeInput()
    let answer = try api.client.response(to: id)
    #expect(answer.errorCode == ErrorCode.shuttingDown.rawValue, "\(answer.text)")
    try api.finish()
  }
}
