import CommandTesting
import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// `switchyard login --keyring`, with a `secret-tool` that keeps its entry in a file.
@Suite struct KeyringLoginTests {
  private let server: OAuthServer
  private let folder: TemporaryFolder

  init() throws {
    server = try OAuthServer()
    folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    try folder.makeFolder("state")
    try folder.write(
      RemoteRun.manifest(url: server.http.url + "/mcp", more: ["limits: {timeout: 20s}"]),
      to: "manifests/far.yaml")
    try folder.write(
      """
      #!/usr/bin/python3
      import sys, urllib.request
      urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=20).read()

      """, to: "browser", mode: 0o700)
    // Fails on whatever it was not told of.
    try folder.write(
      """
      #!/bin/sh
      entry='\(folder.path)/entry'
      own='application switchyard login \(folder.path)/state/logins/far.json'
      [ -f '\(folder.path)/broken' ] && { echo 'Cannot reach the bus' >&2; exit 1; }
      case "$*" in
        "store --label=Switchyard: far $own") cat > "$entry.new" && mv "$entry.new" "$entry" ;;
        "lookup $own") [ -f "$entry" ] || exit 1; cat "$entry" ;;
        "clear $own") [ -f "$entry" ] || exit 1; rm "$entry" ;;
        *) echo "unscripted: $*" >&2; exit 9 ;;
      esac

      """, to: "bin/secret-tool", mode: 0o700)
  }

  private var path: String { folder.path + "/bin:/usr/bin:/bin" }

  private func login(_ more: String..., path: String? = nil) throws -> CommandRun {
    let words = [
      "login", "far", "--timeout", "20", "--config", folder.path, "--state",
      folder.path + "/state",
    ]
    return try CommandRun(
      words + more,
      environment: [
        "HOME": folder.path, "BROWSER": folder.path + "/browser", "PATH": path ?? self.path,
      ])
  }

  private func gateway() throws -> GatewayRun {
    let run = try GatewayRun([], revision: .newest, environment: ["PATH": path], folder: folder)
    try run.client.handshake()
    return run
  }

  private func call(_ run: GatewayRun) throws -> ServerMessage {
    try run.client.call("far_echo", ["text": "x"], within: GatewayRun.patience)
  }

  @Test func `tokens are in the keyring only, used from there, renewed there, and forgotten`()
    throws
  {
    let done = try login("--keyring")
    #expect(done.code == 0, "\(done.errors)")
    #expect(folder.read("entry").contains("refresh-1"))
    let file = folder.read("state/logins/far.json")
    #expect(file.contains("secret-tool") && !file.contains("token-"))
    let run = try gateway()
    let first = try call(run)
    #expect(first.kind == .result, "\(first.text)")
    server.change { $0.accepted = [] }
    let renewed = try call(run)
    #expect(renewed.kind == .result, "\(renewed.text)")
    #expect(server.state.refreshed == ["refresh-1"])
    #expect(folder.read("entry").contains("refresh-2"))
    #expect(folder.read("state/logins/far.json") == file)
    try run.finish()
    #expect(!run.client.stderr.contains("token-") && !run.client.stderr.contains("refresh-"))
    // Another gateway finds the renewed one.
    let other = try gateway()
    #expect(try call(other).kind == .result)
    #expect(server.state.refreshed == ["refresh-1"])
    try other.finish()
    let forgotten = try login("--forget")
    #expect(forgotten.code == 0 && forgotten.output == "forgotten\n", "\(forgotten.errors)")
    #expect(folder.read("entry") == "" && folder.read("state/logins/far.json") == "")
    server.http.stop()
  }

  @Test func `an entry that is gone is told, with what to do`() throws {
    #expect(try login("--keyring").code == 0)
    unlink(folder.path + "/entry")
    let run = try gateway()
    let answer = try call(run)
    #expect(answer.kind == .failure)
    let isTold = run.wait {
      run.client.stderr.contains(
        "the keyring does not hold the login; or run 'switchyard login far'")
    }
    #expect(isTold, "\(run.client.stderr)")
    try run.finish()
    server.http.stop()
  }

  @Test func `a keyring that cannot be used is noticed before the browser opens`() throws {
    try folder.write("", to: "broken")
    let broken = try login("--keyring")
    #expect(broken.code == 1)
    #expect(broken.errors.contains("The keyring refused: Cannot reach the bus."))
    let missing = try login("--keyring", path: folder.path)
    #expect(missing.code == 1 && missing.errors.contains("there is no 'secret-tool'"))
    #expect(!server.paths.contains("/authorize") && folder.read("state/logins/far.json") == "")
    server.http.stop()
  }

  @Test func `a login without the keyring takes the old one out of it`() throws {
    #expect(try login("--keyring").code == 0)
    let plain = try login()
    #expect(plain.code == 0, "\(plain.errors)")
    #expect(folder.read("entry") == "")
    #expect(folder.read("state/logins/far.json").contains("refresh-"))
    server.http.stop()
  }
}
