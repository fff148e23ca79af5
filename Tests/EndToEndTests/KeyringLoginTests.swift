import CommandTesting
import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// `switchyard login` and the keyring, with a `secret-tool` that keeps its entries in files.
@Suite struct KeyringLoginTests {
  private let server: OAuthServer
  private let folder: TemporaryFolder

  init() throws {
    let place = try LoginPlace()
    (server, folder) = (place.server, place.folder)
    // Fails on whatever it was not told of.
    try folder.write(
      """
      #!/bin/sh
      entry='\(folder.path)/entry'
      own='application switchyard login \(folder.path)/state/logins/far.json'
      [ "$DBUS_SESSION_BUS_ADDRESS" = 'unix:path=\(folder.path)/bus' ] || exit 9
      [ -f '\(folder.path)/broken' ] && { echo 'Cannot reach the bus' >&2; exit 1; }
      # As one that asks on a screen where nobody is.
      [ -f '\(folder.path)/asks' ] && { echo $$ >> '\(folder.path)/pids'; exec sleep 600; }
      case "$*" in *.test) entry="$entry.test" ;; esac
      case "$*" in
        "store --label=Switchyard: far $own" | "store --label=Switchyard: test $own.test")
          cat > "$entry.new" && mv "$entry.new" "$entry" ;;
        "lookup $own" | "lookup $own.test") [ -f "$entry" ] || exit 1; cat "$entry" ;;
        "search $own") [ -f "$entry" ] && printf '[/1]\\nsecret = x\\n'; exit 0 ;;
        "clear $own" | "clear $own.test") [ -f "$entry" ] || exit 1; rm "$entry" ;;
        *) echo "unscripted: $*" >&2; exit 9 ;;
      esac

      """, to: "bin/secret-tool", mode: 0o700)
  }

  private var path: String { folder.path + "/bin:/usr/bin:/bin" }

  private var bus: String { "unix:path=\(folder.path)/bus" }

  private func login(
    _ more: String..., path: String? = nil, variables: [String: String] = [:]
  ) throws -> CommandRun {
    let words = [
      "login", "far", "--timeout", "20", "--config", folder.path, "--state",
      folder.path + "/state",
    ]
    return try CommandRun(
      words + more,
      environment: [
        "HOME": folder.path, "BROWSER": folder.path + "/browser", "PATH": path ?? self.path,
        "DBUS_SESSION_BUS_ADDRESS": bus,
      ].merging(variables) { $1 })
  }

  private func gateway() throws -> GatewayRun {
    let variables = ["PATH": path, "DBUS_SESSION_BUS_ADDRESS": bus]
    let run = try GatewayRun([], revision: .newest, environment: variables, folder: folder)
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
    #expect(done.errors.contains("It is kept in the keyring.\n"))
    #expect(folder.read("entry").contains("refresh-1") && folder.read("entry.test") == "")
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
    // This bus is not the one of every session: nothing goes there unasked.
    let plain = try login()
    #expect(plain.code == 0, "\(plain.errors)")
    #expect(plain.errors.contains("It is kept in \(folder.path)/state/logins/far.json.\n"))
    #expect(folder.read("entry") == "")
    #expect(folder.read("state/logins/far.json").contains("refresh-"))
    server.http.stop()
  }

  @Test func `the keyring of every session is taken unasked where it works, else a file`() throws {
    let session = ["XDG_RUNTIME_DIR": folder.path]
    let kept = try login(variables: session)
    #expect(kept.code == 0 && kept.errors.contains("It is kept in the keyring.\n"))
    #expect(folder.read("entry").contains("refresh-1"))
    try folder.write("", to: "broken")
    let refused = try login(variables: session)
    #expect(refused.code == 0)
    #expect(
      refused.errors.contains(
        "The keyring refused: Cannot reach the bus; the login is kept in a file."))
    // The old one is still there.
    #expect(refused.errors.contains("remove the entry 'Switchyard: far' there"))
    #expect(folder.read("state/logins/far.json").contains("refresh-2"))
    unlink(folder.path + "/broken")
    #expect(try login("--no-keyring", variables: session).code == 0)
    #expect(folder.read("entry").contains("refresh-1"))
    #expect(folder.read("state/logins/far.json").contains("refresh-3"))
    // Without the program nothing is said of it.
    let missing = try login(path: folder.path, variables: session)
    #expect(missing.code == 0 && !missing.errors.contains("The keyring"), "\(missing.errors)")
    server.http.stop()
  }

  @Test func `a login that moves into the keyring is followed by gateways that run`() throws {
    #expect(try login("--no-keyring").code == 0)
    let run = try gateway()
    #expect(try call(run).kind == .result)
    #expect(try login("--keyring").code == 0)
    #expect(try call(run).kind == .result)
    server.change { $0.accepted = [] }
    let renewed = try call(run)
    #expect(renewed.kind == .result, "\(renewed.text)")
    #expect(folder.read("entry").contains("refresh-3"))
    #expect(!folder.read("state/logins/far.json").contains("token-"))
    try run.finish()
    server.http.stop()
  }

  @Test func `a renewed login that cannot be kept is told, and used meanwhile`() throws {
    let long = JSONValue.string(String(repeating: "r", count: 4090))
    server.change { $0.lies = ["/register": ["client_id": long]] }
    #expect(try login("--keyring").code == 0)
    let run = try gateway()
    #expect(try call(run).kind == .result)
    server.change {
      $0.accepted = []
      $0.lies = ["/token": ["refresh_token": long]]
    }
    #expect(try call(run).kind == .result)
    let isTold = run.wait {
      run.client.stderr.contains("login.not_kept")
        && run.client.stderr.contains("the keyring takes 8190 bytes and the login is larger")
    }
    #expect(isTold, "\(run.client.stderr)")
    try run.finish()
    server.http.stop()
  }

  // MARK: A keyring that asks on a screen

  /// Whether everything that hung has been ended.
  private func isNothingLeft() -> Bool {
    let pids = folder.read("pids").split(separator: "\n").compactMap { pid_t($0) }
    return pids.allSatisfy { kill($0, 0) != 0 }
  }

  @Test func `a keyring that is wanted and asks on a screen is waited for, told, and given up`()
    throws
  {
    try folder.write("", to: "asks")
    let run = try login("--keyring", "--timeout", "3")
    #expect(run.code == 1)
    #expect(
      run.errors == """
        Waiting for the keyring, which may be asking on the screen ...
        switchyard: The keyring did not answer in time; it may be asking on the screen, or be \
        locked. With --no-keyring the login is kept in a file.

        """, "\(run.errors)")
    #expect(!server.paths.contains("/authorize") && folder.read("state/logins/far.json") == "")
    #expect(isNothingLeft())
    server.http.stop()
  }

  @Test func `a keyring that nobody wanted and asks on a screen gives way to the file`() throws {
    try folder.write("", to: "asks")
    let run = try login(variables: ["XDG_RUNTIME_DIR": folder.path])
    #expect(run.code == 0, "\(run.errors)")
    #expect(
      run.errors.contains(
        "The keyring did not answer in time; it may be asking on the screen, or be locked; "
          + "the login is kept in a file.\n"))
    #expect(folder.read("state/logins/far.json").contains("refresh-1") && isNothingLeft())
    server.http.stop()
  }

  @Test func `a call whose keyring asks on a screen ends in time, and the others go on`() throws {
    #expect(try login("--keyring").code == 0)
    try folder.write("", to: "asks")
    try folder.write(
      RemoteRun.manifest(url: server.http.url + "/mcp", more: ["limits: {timeout: 1500ms}"]),
      to: "manifests/far.yaml")
    let near = try RemoteServer(.modern)
    try folder.write(RemoteRun.manifest(url: near.url), to: "manifests/near.yaml")
    let run = try gateway()
    let waits = try run.client.request("tools/call", ["name": "far_echo", "arguments": [:]])
    let isAsked = run.wait { folder.read("pids") != "" }
    #expect(isAsked)
    let other = try run.client.call("near_echo", ["text": "x"], within: GatewayRun.patience)
    #expect(other.kind == .result, "\(other.text)")
    let answer = try run.client.response(to: waits)
    #expect(answer.kind == .failure, "\(answer.text)")
    #expect(answer.error?.at(pointer: "/data/sent") == false, "\(answer.text)")
    try run.finish()
    let isOver = run.wait { isNothingLeft() }
    #expect(isOver)
    near.http.stop()
    server.http.stop()
  }
}
