import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Calls that may be sent again, while the configuration changes.
@Suite struct RetryAndReloadTests {
  private func service(_ folder: TemporaryFolder, tools: String) -> Service {
    Service(
      "a", "script=\(folder.path)/script", more: ["tools: \(tools)"])
  }

  /// A call is with its service when the configuration changes, and then the service dies.
  private func outcome(afterReloadTo tools: String) throws -> ServerMessage {
    let folder = try TemporaryFolder()
    try folder.write("hang", to: "script")
    let run = try GatewayRun([service(folder, tools: "{idempotent: [digest]}")], folder: folder)
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    let id = try run.client.request(
      "tools/call", ["name": "a_digest", "arguments": ["uuid": "u"]])
    // Whatever is answered after it was written after it.
    _ = try run.client.roundTrip("ping")
    try folder.write("", to: "script")
    // What `tools` says does not concern the process; the other service does not concern this one.
    try run.write(service(folder, tools: tools))
    try run.write(Service("b"))
    _ = run.wait { run.status(of: "b") != nil }
    let isKnown = run.wait { (try? KeyBehaviour.tools(run))?.contains("b_echo") == true }
    #expect(isKnown)
    for process in run.processes(of: "a") { kill(process, SIGKILL) }
    let answer = try run.client.response(to: id)
    try run.finish()
    return answer
  }

  @Test func `a safe call is sent again although the services have changed meanwhile`() throws {
    let answer = try outcome(afterReloadTo: "{idempotent: [digest]}")
    #expect(answer.kind == .result, "\(answer.text)")
    let attempts = answer.result?["_meta"]?["switchyard/attempts"]?.arrayValue ?? []
    #expect(attempts.map { $0["outcome"] } == ["lost", "answered"])
    #expect(attempts.map { $0["service"] } == ["a", "a"])
  }

  @Test func `what the manifest says now decides whether a call may be sent again`() throws {
    let answer = try outcome(afterReloadTo: "{low: [digest]}")
    #expect(answer.errorCode == ErrorCode.backendLost.rawValue, "\(answer.text)")
  }
}
