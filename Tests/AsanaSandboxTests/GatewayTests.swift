import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// The sandbox behind the gateway, as `make demo` and `make install` set it up.
@Suite struct SandboxBehindTheGatewayTests {
  private static let root =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  private func gateway(
    _ configuration: String, in folder: TemporaryFolder, revision: Revision
  ) throws -> HarnessClient {
    let client = try HarnessClient(
      ServerCommand(
        [
          Sibling.path(of: "switchyard-gateway"), "--config", configuration, "--state",
          folder.path + "/state",
        ],
        environment: [
          "SWITCHYARD_ASANA_SANDBOX": Sibling.path(of: "switchyard-asana-sandbox"),
          "SWITCHYARD_DEMO": Sibling.path(of: "switchyard-demo"),
        ]), revision: revision)
    try client.handshake()
    return client
  }

  @Test(arguments: [Revision.newestLegacy, .newest])
  func `the demo's configuration offers the 33 tools under their own names`(revision: Revision)
    throws
  {
    let folder = try TemporaryFolder()
    let client = try gateway(Self.root + "/config/demo", in: folder, revision: revision)
    let list = try client.roundTrip("tools/list", within: .seconds(30)).result?["tools"]
    let names = (list?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    let ours = names.filter { $0.hasPrefix("asana_") }
    #expect(Set(ours).count == 33)
    #expect(ours.count == 33)
    let made = try client.call(
      "asana_create_task", ["name": "Through the gateway", "project_id": "1301"],
      within: .seconds(20))
    let gid = try #require(made.result?.at(pointer: "/structuredContent/gid"))
    let read = try client.call("asana_get_task", ["task_id": gid], within: .seconds(20))
    #expect(read.result?.at(pointer: "/structuredContent/name") == "Through the gateway")
    client.closeInput()
    #expect(try client.waitForExit(within: .seconds(20)) == .code(0))
  }

  @Test func `a second service with the same tools takes them away from both`() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    for name in ["asana-sandbox", "asana"] {
      try folder.write(
        """
        process: { command: \(Sibling.path(of: "switchyard-asana-sandbox")) }
        tools: { prefix: asana_ }

        """, to: "manifests/\(name).yaml")
    }
    let client = try gateway(folder.path, in: folder, revision: .newestLegacy)
    let list = try client.roundTrip("tools/list", within: .seconds(30)).result?["tools"]
    let names = (list?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    #expect(!names.contains { $0.hasPrefix("asana_") })
    let call = try client.call("asana_get_user", within: .seconds(20))
    #expect(call.errorCode == -32602)
    client.closeInput()
    #expect(try client.waitForExit(within: .seconds(20)) == .code(0))
  }
}
