import CommandTesting
import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// `after`: services that start after others and end before them.
@Suite struct ServiceOrderTests {
  /// Writes into `order` when it starts, when it is ready and when it ends.
  private func service(
    _ name: String, after: [String] = [], process: [String] = [], ready: String = ""
  ) -> Service {
    ShellService.named(
      name,
      environment: [
        "AT_START": "echo start \(name) >>order; trap 'echo end \(name) >>order' EXIT",
        "READY": "\(ready)echo ready \(name) >>order",
      ], process: process,
      more: after.isEmpty ? [] : ["after: [\(after.joined(separator: ", "))]"])
  }

  private func order(_ run: GatewayRun) -> [String] {
    run.folder.read("manifests/order").split(separator: "\n").map(String.init)
  }

  private func forget(_ run: GatewayRun) { unlink(run.folder.path + "/manifests/order") }

  /// Every service is known, and none runs.
  private func known(_ services: [Service]) throws -> TemporaryFolder {
    let run = try GatewayRun.open(services)
    _ = try KeyBehaviour.tools(run)
    try run.finish()
    forget(run)
    return run.folder
  }

  @Test func `a call starts what comes before, in order, and the end goes the other way`() throws {
    let services = [
      service("app", after: ["cache", "database"]), service("cache", after: ["database"]),
      service("database", ready: "sleep 0.3; "), service("other"),
    ]
    let run = try GatewayRun(services, folder: try known(services))
    try run.client.handshake()
    #expect(try run.client.call("app_echo").kind == .result)
    #expect(
      order(run) == [
        "start database", "ready database", "start cache", "ready cache", "start app", "ready app",
      ])
    forget(run)
    try run.finish()
    #expect(order(run) == ["end app", "end cache", "end database"])
  }

  @Test func `what comes before is not stopped for idleness while it is used`() throws {
    let services = [
      service("app", after: ["database"], process: ["idle: 1h"]),
      service("database", process: ["idle: 1s"]), service("idler", process: ["idle: 1s"]),
    ]
    let run = try GatewayRun(services, folder: try known(services))
    try run.client.handshake()
    _ = try run.client.call("idler_echo")
    _ = try run.client.call("app_echo")
    _ = try run.client.call("idler_echo")
    // It has been idle for as long as the other one.
    #expect(run.wait { order(run).contains("end idler") })
    #expect(run.wait { run.processes(of: "idler").isEmpty })
    #expect(run.processes(of: "database").count == 1)
    try run.finish()
  }

  @Test func `what comes before and is switched off ends after what uses it`() throws {
    let services = [
      service("app", after: ["database"], process: ["idle: 1s"]), service("database"),
    ]
    let run = try GatewayRun(services, folder: try known(services))
    try run.client.handshake()
    _ = try run.client.call("app_echo")
    _ = try run.control()
    #expect(try run.command("disable", "database").code == 0)
    #expect(run.wait { order(run).contains("end database") })
    #expect(order(run).suffix(2) == ["end app", "end database"])
    let answer = try run.expectError("app_echo", .backendUnavailable)
    #expect(answer.text.contains("'app' comes after 'database', which is switched off"))
    #expect(try run.command("enable", "database").code == 0)
    #expect(try run.client.call("app_echo").kind == .result)
    try run.finish()
  }

  @Test func `what comes before and does not start is named in the error`() throws {
    let run = try GatewayRun.open([
      service("app", after: ["database"]), Service("database", command: "no-such-database"),
      service("other"),
    ])
    _ = try KeyBehaviour.tools(run)
    let answer = try run.expectError("app_echo", .backendUnavailable)
    #expect(answer.text.contains("comes after 'database', which does not start"), "\(answer.text)")
    #expect(answer.text.contains("no-such-database"))
    #expect(try run.client.call("other_echo").kind == .result)
    try run.finish()
  }

  @Test func `what comes before is started again when it crashes`() throws {
    let services = [service("app", after: ["database"]), service("database")]
    let run = try GatewayRun(services, folder: try known(services))
    try run.client.handshake()
    _ = try run.client.call("app_echo")
    let first = run.processes(of: "database")
    kill(try #require(first.first), SIGKILL)
    #expect(
      run.wait {
        let now = run.processes(of: "database")
        return now.count == 1 && now != first
      })
    try run.finish()
  }
}
