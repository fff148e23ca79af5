import Harness
import MCP
import RawJSON
import Testing

/// Lines that no client should send.
@Suite struct BadInputTests {
  private static let ping = #"{"jsonrpc":"2.0","id":"next","method":"ping"}"#

  private func demo() throws -> HarnessClient {
    try HarnessClient(
      ServerCommand([Sibling.path(of: "switchyard-demo")]), revision: .newestLegacy)
  }

  private func expectNextWorks(_ client: HarnessClient) throws {
    try client.send(line: Self.ping)
    #expect(try client.response(to: "\"next\"").result == [:])
  }

  @Test(arguments: ["nonsense", "{", "{\"a\":1} x", "\u{FEFF}{}", "[1,", "\"\\ud800"])
  func `C01: a line that is not JSON is refused and the next one served`(line: String) throws {
    let client = try demo()
    try client.send(line: line)
    #expect(try client.errorWithoutID().errorCode == -32700)
    try expectNextWorks(client)
  }

  @Test func `C03: invalid UTF-8 is refused and the next line served`() throws {
    let client = try demo()
    let start = Array(#"{"jsonrpc":"2.0","method":"pin"#.utf8)
    try client.send(start + [0xFF, 0xFE] + Array("\",\"id\":1}\n".utf8))
    #expect(try client.errorWithoutID().errorCode == -32700)
    try expectNextWorks(client)
  }

  @Test func `C06: blank lines, CRLF and leading spaces are accepted`() throws {
    let client = try demo()
    try client.send(Array("\n\r\n  \n   \(Self.ping)\r\n".utf8))
    #expect(try client.response(to: "\"next\"").result == [:])
  }

  @Test func `C07: a line beyond the limit is refused and the next one served`() throws {
    let client = try demo()
    let filler = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    for _ in 0..<17 { try client.send(filler) }
    try client.send([0x0A])
    #expect(try client.errorWithoutID().errorCode == -32600)
    try expectNextWorks(client)
  }

  @Test func `C05: batches are served in 2025-03-26 and refused elsewhere`() throws {
    let batch =
      #"[{"jsonrpc":"2.0","id":"b1","method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"},"#
      + #"{"jsonrpc":"2.0","id":"b2","method":"tools/call","params":{"name":"roll"}},7]"#
    let client = try demo()
    try client.send(line: batch)
    #expect(try client.errorWithoutID().errorCode == -32600)
    client.revision = .r2025_03_26
    _ = try client.handshake()
    var answers: [JSONValue] = []
    client.observer = { direction, line in
      guard direction == .toClient else { return }
      answers += (try? JSONValue(parsing: line))?.arrayValue ?? []
    }
    try client.send(line: batch)
    _ = client.run(until: { _ in !answers.isEmpty }, within: .seconds(5))
    #expect(answers.count == 3)
    #expect(answers.contains { $0["id"] == "b1" && $0["result"] == [:] })
    #expect(answers.contains { $0["id"] == "b2" && $0["result"] != nil })
    #expect(answers.contains { $0["error"]?["code"] == -32600 })
    client.observer = nil
    try client.send(line: "[]")
    #expect(try client.errorWithoutID().errorCode == -32600)
    client.revision = .newestLegacy
    _ = try client.handshake()
    try client.send(line: batch)
    #expect(try client.errorWithoutID().errorCode == -32600)
  }

  @Test func `C16: a stray response is ignored`() throws {
    let client = try demo()
    try client.send(line: #"{"jsonrpc":"2.0","id":9,"result":{}}"#)
    try client.send(line: #"{"jsonrpc":"2.0","id":9,"error":{"code":1,"message":"x"}}"#)
    try expectNextWorks(client)
    #expect(client.transcript.messages.count == 1)
  }

  @Test func `C02: a line without an end is never carried out`() throws {
    let client = try demo()
    try client.send(Array(Self.ping.utf8))
    client.closeInput()
    #expect(try client.waitForExit(within: .seconds(3)) == .code(0))
    #expect(client.transcript.messages.isEmpty)
  }
}
