import Harness
import MCP
import TestSupport
import Testing

/// The key `plugins`, which needs an installation: a copy of the gateway in a prefix of its own.
@Suite struct PluginKeyTests {
  @Test(arguments: [true, false])
  func `an installed plugin is served where gateway.yaml names it, and only there`(
    isNamed: Bool
  ) throws {
    let prefix = try TemporaryFolder()
    try prefix.ensureFolder("bin")
    let folder = try TemporaryFolder()
    let marker = ProcessMarker.fresh()
    defer { marker.killAll() }
    try prefix.write(
      Service("extra").manifest(
        command: GatewayRun.backend,
        variables: [ProcessMarker.name: marker.value, "SERVICE": "extra"]),
      to: "share/switchyard/plugins/extra/manifest.yaml")
    let copy = "'\(prefix.path)/bin/switchyard-gateway'"
    let run = try GatewayRun(
      [Service("good")],
      settings: GatewayRun.patientSettings + (isNamed ? "plugins: [extra]\n" : ""),
      wrapper: ["/bin/sh", "-c", "cp \"$1\" \(copy) && shift && exec \(copy) \"$@\"", "sh"],
      folder: folder)
    try run.client.handshake()
    let list = try run.client.roundTrip("tools/list")
    #expect(list.text.contains("good_echo"))
    #expect(list.text.contains("extra_echo") == isNamed)
    if isNamed { try run.expectOK("extra_echo") }
    try run.finish()
    #expect(marker.waitUntilGone(within: GatewayRun.patience) == [])
  }
}
