import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Health checks of real processes.
@Suite struct HealthCheckTests {
  private static let often =
    GatewayRun.patientSettings + "surface: {tools: true}\nhealth: {every: 100ms}\n"

  private func isChecked(_ run: GatewayRun) -> Bool {
    HealthKeys.report(run)?["responseMs"]?.intValue != nil
  }

  private func pinging(_ command: String) -> Service {
    ShellService.named("a", environment: ["AT_PING": command])
  }

  @Test func `a service that ignores pings is asked for its tools and is up`() throws {
    let run = try GatewayRun.open(
      [pinging("continue")],
      settings: GatewayRun.patientSettings
        + "surface: {tools: true}\nhealth: {every: 100ms, timeout: 300ms}\n")
    try run.expectOK("a_echo")
    #expect(run.wait { isChecked(run) })
    #expect(HealthKeys.report(run)?["state"] == "up")
    #expect(HealthKeys.report(run)?["failuresInARow"] == 0)
    try run.finish()
  }

  @Test func `B21: a frozen process is ended after three checks, and the next call gets another`()
    throws
  {
    let run = try GatewayRun.open(
      [Service("a")],
      settings: GatewayRun.patientSettings
        + "surface: {tools: true}\nhealth: {every: 100ms, timeout: 2s}\n")
    try run.expectOK("a_echo")
    #expect(run.wait { isChecked(run) })
    let frozen = try #require(run.processes(of: "a").first)
    kill(frozen, SIGSTOP)
    #expect(run.wait { run.client.stderr.contains("has not answered 3 health checks") })
    kill(frozen, SIGCONT)
    try run.expectServed("a_echo")
    #expect(!run.processes(of: "a").contains(frozen))
    try run.finish()
  }

  @Test func `checks wake no service and keep none awake`() throws {
    let run = try GatewayRun.open(
      [Service("a", process: ["idle: 1s"])], settings: Self.often)
    try run.expectOK("a_echo")
    #expect(run.wait { isChecked(run) })
    #expect(run.wait { run.client.stderr.contains("service.idle") })
    #expect(run.wait { run.processes(of: "a").isEmpty })
    #expect(run.wait { HealthKeys.report(run)?["state"] == "asleep" })
    run.client.run(for: .milliseconds(500))
    #expect(run.processes(of: "a").isEmpty)
    try run.finish()
  }

  @Test func `a service with a call in flight is not asked`() throws {
    let run = try GatewayRun.open([Service("a")], settings: Self.often)
    _ = try run.client.request("tools/call", ["name": "a_hang"])
    #expect(run.wait { run.status(of: "a")?["inFlight"] == 1 })
    // One may be under way, sent before the call came.
    run.client.run(for: .milliseconds(200))
    let checks = try run.metric("switchyard_checks_total", of: "a")
    run.client.run(for: .milliseconds(500))
    #expect(try run.metric("switchyard_checks_total", of: "a") == checks)
    run.client.closeInput()
    _ = try run.client.waitForExit(within: GatewayRun.patience)
    run.checkProcesses()
  }

  @Test func `B08: more than a thousand lines of garbage a minute degrade a service that answers`()
    throws
  {
    let run = try GatewayRun.open([pinging("seq 300")], settings: Self.often)
    try run.expectOK("a_echo")
    #expect(run.wait { HealthKeys.report(run)?["reason"] == "garbage" })
    #expect(HealthKeys.report(run)?["state"] == "degraded")
    try run.expectOK("a_echo")
    try run.finish()
  }

  @Test func `a URL is asked in place of the process`() throws {
    let folder = try TemporaryFolder()
    // Nobody listens: the process answers, and its check fails.
    let url = "unix:\(folder.path)/nobody"
    let run = try GatewayRun.open(
      [Service("a", more: ["health: {check: '\(url)'}"])], settings: Self.often)
    try run.expectOK("a_echo")
    #expect(run.wait { HealthKeys.report(run)?["state"] == "down" })
    try run.expectOK("a_echo")
    try run.finish()
  }

  @Test func `what fails becomes history that outlives the gateway`() throws {
    let run = try GatewayRun.open([Service("a")], settings: Self.often)
    try run.expectOK("a_echo")
    try run.expectError("a_crash", .backendLost)
    #expect(run.wait { HealthKeys.report(run)?["history"] != [] })
    try run.finish()
    let next = try GatewayRun([Service("a")], settings: Self.often, folder: run.folder)
    try next.client.handshake()
    let history = HealthKeys.report(next)?["history"]
    #expect(history?.at(pointer: "/0/what") == "down", "\(history ?? .null)")
    #expect(history?.at(pointer: "/0/detail") == "crashed")
    try next.finish()
  }
}
