import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Results that are given again, at the gateway's pipes.
@Suite struct CacheTests {
  private func service(_ script: String = "", tools: String = "", in folder: TemporaryFolder)
    -> Service
  {
    Service(
      "a", script + ",ledger=\(folder.path)/ledger,starts=\(folder.path)/starts",
      process: ["idle: 1s"],
      more: ["tools: {read_only: [echo, pid, digest, slow, fail, hang], cache: {'*': 1h}\(tools)}"])
  }

  private func open(
    _ service: Service, _ folder: TemporaryFolder, revision: Revision = .newestLegacy
  ) throws -> GatewayRun {
    let run = try GatewayRun([service], folder: folder)
    run.client.revision = revision
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    return run
  }

  private func executions(_ folder: TemporaryFolder, of uuid: String) -> Int {
    folder.read("ledger").split(separator: "\n").count { $0.hasPrefix("executed \(uuid) ") }
  }

  @Test func `a hit is the same answer under its own id, and starts no service`() throws {
    let folder = try TemporaryFolder()
    let run = try open(service(in: folder), folder)
    let first = try run.client.call("a_echo", ["uuid": "u", "text": "x"])
    #expect(run.wait { run.processes(of: "a").isEmpty })
    // Another order and more space say the same.
    let id = "\"again\""
    try run.client.send(
      line: #"{"jsonrpc":"2.0","id":"again","method":"tools/call","params":{"name":"a_echo","#
        + #""arguments":{ "text" : "\u0078" , "uuid":"u" }}}"#)
    let second = try run.client.response(to: id)
    #expect(second.result == first.result, "\(second.text)")
    #expect(executions(folder, of: "u") == 1)
    #expect(try run.metric("switchyard_cache_hits_total", of: "a") == 1)
    #expect(try run.metric("switchyard_cache_misses_total", of: "a") == 1)
    #expect(run.processes(of: "a").isEmpty)
    #expect(folder.read("starts").split(separator: "\n").count == 1)
    try run.finish()
  }

  @Test func `S17: arguments that differ, errors and results with isError are never given again`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try open(service(in: folder), folder)
    for text in ["x", "y", "X"] {
      let answer = try run.client.call("a_echo", ["uuid": "u", "text": .string(text)])
      #expect(answer.result?.at(pointer: "/structuredContent/text")?.stringValue == text)
    }
    #expect(executions(folder, of: "u") == 3)
    for _ in 0..<2 { _ = try run.client.call("a_fail", ["uuid": "f"]) }
    #expect(executions(folder, of: "f") == 2)
    try run.finish()
  }

  @Test func `S17: another client gets nothing that was kept for the first`() throws {
    let folder = try TemporaryFolder()
    let run = try open(service(in: folder), folder, revision: .newest)
    for name in ["one", "two", "one"] {
      let line =
        #"{"jsonrpc":"2.0","id":"\#(name)\#(executions(folder, of: "u"))","method":"tools/call","params":"#
        + #"{"name":"a_echo","arguments":{"uuid":"u"},"_meta":{"#
        + #""io.modelcontextprotocol/protocolVersion":"2026-07-28","#
        + #""io.modelcontextprotocol/clientCapabilities":{},"#
        + #""io.modelcontextprotocol/clientInfo":{"name":"\#(name)","version":"1"}}}}"#
      let before = run.client.transcript.answerCount
      try run.client.send(line: line)
      #expect(
        run.client.run(until: { $0.answerCount > before }, within: GatewayRun.patience))
    }
    #expect(executions(folder, of: "u") == 2)
    try run.finish()
  }

  @Test func `equal calls at the same time are one call, and each gets its answer`() throws {
    let folder = try TemporaryFolder()
    let run = try open(service("delay=300", in: folder), folder)
    let ids = try (0..<20).map { _ in
      try run.client.request("tools/call", ["name": "a_echo", "arguments": ["uuid": "u"]])
    }
    try run.client.cancel(ids[3])
    for id in ids where id != ids[3] {
      #expect(try run.client.response(to: id).kind == .result)
    }
    #expect(executions(folder, of: "u") == 1)
    try run.finish()
  }

  @Test func `when the one that is asked is cancelled, another takes its place`() throws {
    let folder = try TemporaryFolder()
    let run = try open(service(in: folder), folder)
    let ids = try (0..<3).map { _ in
      try run.client.request("tools/call", ["name": "a_hang", "arguments": ["uuid": "u"]])
    }
    #expect(run.wait { executions(folder, of: "u") == 1 })
    try run.client.cancel(ids[0])
    #expect(run.wait { executions(folder, of: "u") == 2 })
    try run.client.cancel(ids[2])
    try run.client.cancel(ids[1])
    try run.expectOK("a_echo")
    #expect(executions(folder, of: "u") == 2)
    try run.finish()
  }

  @Test func `a write makes what was kept untrue, also what was asked before it ended`() throws {
    let folder = try TemporaryFolder()
    let run = try open(service("only=echo,delay=300", in: folder), folder)
    _ = try run.client.call("a_echo", ["uuid": "u"])
    _ = try run.client.call("a_add", ["a": 1, "b": 1])
    // This one begins before a write and ends after it.
    let early = try run.client.request(
      "tools/call", ["name": "a_echo", "arguments": ["uuid": "u"]])
    _ = try run.client.call("a_add", ["a": 1, "b": 2])
    _ = try run.client.response(to: early)
    _ = try run.client.call("a_echo", ["uuid": "u"])
    #expect(executions(folder, of: "u") == 3)
    try run.finish()
  }
}
