import HTTPTesting
import Harness
import MCP
import Manifest
import RawJSON
import TestSupport
import Testing

/// Every key of `http` changes what the gateway does.
@Suite struct RemoteKeyTests {
  @Test func `no key of http is without a test here`() {
    let section = ServiceManifest.remoteKeys.first { $0.key == "http" }
    guard case .section(let keys) = section?.shape else {
      Issue.record("there is no section 'http'")
      return
    }
    let names = keys.flatMap { key -> [String] in
      guard case .section(let inner) = key.shape else { return [key.key] }
      return inner.map { key.key + "." + $0.key }
    }
    #expect(names == ["url", "headers", "auth.bearer", "protocol"])
  }

  @Test(arguments: ["/one", "/two/", "/three?key=value", ""])
  func `http.url: requests go there, as it is written`(target: String) throws {
    let run = try run(target: target)
    try run.run.expectOK("far_echo")
    let seen = Set(run.server.http.requests.map(\.target))
    #expect(seen == [target.isEmpty ? "/" : target])
    try run.run.finish()
    run.server.http.stop()
  }

  @Test(arguments: ["one", "two"])
  func `http.headers: are sent with every request`(value: String) throws {
    let run = try RemoteRun(.modern, keys: ["headers: {X-Team: \(value)}"])
    try run.expectOK()
    #expect(run.server.http.requests.allSatisfy { $0.values(of: "X-Team") == [value] })
    try run.finish()
  }

  @Test(arguments: ["one-token", "two-token"])
  func `http.auth.bearer: is sent with every request`(token: String) throws {
    let run = try RemoteRun(.modern, keys: ["auth: {bearer: \(token)}"])
    try run.expectOK()
    let expected = ["Bearer \(token)"]
    #expect(run.server.http.requests.allSatisfy { $0.values(of: "Authorization") == expected })
    try run.finish()
  }

  @Test(arguments: [("legacy", true), ("2026-07-28", false)])
  func `http.protocol: decides the era`(word: String, isLegacy: Bool) throws {
    let run = try RemoteRun(.both, keys: ["protocol: \(word)"])
    try run.expectOK()
    #expect(run.server.methods.contains("initialize") == isLegacy)
    #expect(run.server.methods.contains("server/discover") == !isLegacy)
    try run.finish()
  }

  private func run(target: String) throws -> (server: RemoteServer, run: GatewayRun) {
    let server = try RemoteServer(.modern)
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    try folder.write(
      RemoteRun.manifest(url: server.http.url + target), to: "manifests/far.yaml")
    let run = try GatewayRun([], revision: .newest, folder: folder)
    try run.client.handshake()
    return (server, run)
  }
}
