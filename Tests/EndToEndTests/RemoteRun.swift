import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// The real gateway in front of one remote server, whose service is `far`.
final class RemoteRun {
  let server: RemoteServer
  let gateway: GatewayRun
  var client: HarnessClient { gateway.client }

  /// - Parameters:
  ///   - keys: below `http:`.
  ///   - more: lines of the manifest behind it.
  init(
    _ speech: RemoteServer.Speech = .both, keys: [String] = [], more: [String] = [],
    revision: Revision = .newest, capabilities: JSONValue? = nil,
    prepare: (RemoteServer) -> Void = { _ in }
  ) throws {
    server = try RemoteServer(speech)
    prepare(server)
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    try folder.write(
      Self.manifest(url: server.url, keys: keys, more: more), to: "manifests/far.yaml")
    gateway = try GatewayRun([], revision: revision, folder: folder)
    if let capabilities { gateway.client.capabilities = capabilities }
    try gateway.client.handshake()
  }

  static func manifest(url: String, keys: [String] = [], more: [String] = []) -> String {
    let lines = ["http:", "  url: \(url)"] + keys.map { "  " + $0 } + more
    return lines.joined(separator: "\n") + "\n"
  }

  func call(_ tool: String, _ arguments: JSONValue = [:]) throws -> ServerMessage {
    try client.call("far_" + tool, arguments, within: GatewayRun.patience)
  }

  func expectOK(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let answer = try call("echo", ["text": "still here"])
    #expect(
      answer.result?.at(pointer: "/structuredContent/text") == "still here", "\(answer.text)",
      sourceLocation: sourceLocation)
  }

  func finish(sourceLocation: SourceLocation = #_sourceLocation) throws {
    try gateway.finish(sourceLocation: sourceLocation)
    server.http.stop()
  }
}
