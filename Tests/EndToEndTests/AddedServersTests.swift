import CommandTesting
import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// A client's list of servers, behind the gateway.
@Suite struct AddedServersTests {
  private static let count = 20

  /// A client's configuration; each of its servers leaves a line in `starts` when it starts.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(
      "#!/bin/sh\necho \"$1\" >> '\(folder.path)/starts'\nexec '\(GatewayRun.backend)'\n",
      to: "server", mode: 0o700)
    let entries = (0..<Self.count).map { number in
      #""s\#(number)": {"command": "\#(folder.path)/server", "args": ["s\#(number)"], "#
        + #""env": {"FAKEB_SCRIPT": "", "API_KEY": "k\#(number)"}}"#
    }
    try folder.write(
      "{\"mcpServers\": {\(entries.joined(separator: ",\n"))}}", to: "claude.json")
    return folder
  }

  /// The names of all tools, and how often a server has been started by then.
  private func tools(_ folder: TemporaryFolder) throws -> (names: Set<String>, starts: Int) {
    let run = try GatewayRun([], folder: folder)
    try run.client.handshake()
    let answer = try run.client.response(
      to: try run.client.request("tools/list"), within: GatewayRun.patience)
    let tools = answer.result?["tools"]?.arrayValue ?? []
    let starts = folder.read("starts").split(separator: "\n").count
    try run.finish()
    return (Set(tools.compactMap { $0["name"]?.stringValue }), starts)
  }

  @Test func `twenty added servers are listed in full, from the second run on without one of them`()
    throws
  {
    let folder = try folder()
    let run = try CommandRun([
      "add", folder.path + "/claude.json", "--yes", "--config", folder.path, "--state",
      folder.path + "/state",
    ])
    #expect(run.code == 0, "\(run.errors)")
    #expect(folder.read("starts") == "", "adding starts nothing")
    let first = try tools(folder)
    #expect(first.starts >= Self.count)
    for number in 0..<Self.count { #expect(first.names.contains("s\(number)_echo")) }
    let started = folder.read("starts")
    let second = try tools(folder)
    #expect(second.names == first.names)
    #expect(folder.read("starts") == started, "the second run started nothing")
  }
}
