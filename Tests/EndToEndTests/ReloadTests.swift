import Glibc
import Harness
import MCP
import RawJSON
import Store
import TestSupport
import Testing

/// A configuration that changes while the gateway runs.
@Suite struct ReloadTests {
  static let changed = "notifications/tools/list_changed"

  private func open(
    _ services: [Service] = [Service("good"), Service("other")],
    settings: String = GatewayRun.patientSettings
  ) throws -> GatewayRun {
    let run = try GatewayRun.open(services, settings: settings)
    _ = try run.client.roundTrip("tools/list")
    // It watches once it listens.
    _ = try run.control()
    return run
  }

  private func tools(_ run: GatewayRun) throws -> [String] { try KeyBehaviour.tools(run) }

  @Test func `a service that is added is listed and served, and no other is touched`() throws {
    let run = try open()
    try run.expectOK()
    let before = run.processes(of: "good")
    try run.write(Service("new"))
    _ = try run.client.notification(Self.changed)
    #expect(try tools(run).contains("new_echo"))
    try run.expectOK("new_echo")
    try run.expectOK()
    #expect(run.processes(of: "good") == before && before.count == 1)
    try run.finish()
  }

  @Test func `M15: a service that is removed answers what it has, and ends`() throws {
    let run = try open()
    try run.expectOK()
    let call = try run.client.request(
      "tools/call", ["name": "good_slow", "arguments": ["ms": 1_500, "steps": 3]])
    #expect(run.wait { run.status(of: "good")?["inFlight"] == 1 })
    unlink(run.folder.path + "/manifests/good.yaml")
    _ = try run.client.notification(Self.changed)
    #expect(!(try tools(run)).contains("good_echo"))
    #expect(try run.client.call("good_echo").errorCode == ErrorCode.invalidParams.rawValue)
    // It was removed while the call was with it, and the call is answered all the same.
    #expect(try run.client.response(to: call).kind == .result)
    #expect(run.wait { run.processes(of: "good").isEmpty })
    try run.expectOK("other_echo")
    try run.finish()
  }

  @Test func `M15: a service that is changed has another process, and the old one answers`() throws
  {
    let run = try open()
    try run.expectOK()
    try run.expectOK("other_echo")
    let old = run.processes(of: "good")
    let other = run.processes(of: "other")
    let call = try run.client.request(
      "tools/call", ["name": "good_slow", "arguments": ["ms": 1_500, "steps": 3]])
    #expect(run.wait { run.status(of: "good")?["inFlight"] == 1 })
    try run.write(Service("good", "tools=12"))
    #expect(run.wait { run.client.stderr.contains("config.reloaded") })
    try run.expectOK()
    let new = run.processes(of: "good").filter { !old.contains($0) }
    #expect(new.count == 1)
    #expect(try run.client.response(to: call).kind == .result)
    #expect(run.wait { run.processes(of: "good") == new })
    #expect(run.processes(of: "other") == other)
    #expect(
      try tools(run).contains("good_extra_1")
        || run.wait {
          (try? tools(run))?.contains("good_extra_1") == true
        })
    try run.finish()
  }

  @Test func `what does not concern a process leaves it running`() throws {
    let run = try open()
    try run.expectOK()
    let before = run.processes(of: "good")
    try run.write(Service("good", more: ["tools: {exclude: [add]}", "priority: 90"]))
    _ = try run.client.notification(Self.changed)
    let names = try tools(run)
    #expect(names.contains("good_echo") && !names.contains("good_add"))
    #expect(names.first == "good_digest" || names.first?.hasPrefix("good_") == true)
    try run.expectOK()
    #expect(run.processes(of: "good") == before)
    try run.finish()
  }

  @Test func `M13: a broken manifest changes nothing, is told once, and is seen in the status`()
    throws
  {
    let run = try open()
    try run.expectOK()
    let before = run.processes(of: "good")
    let names = try tools(run)
    try run.folder.write("service: good\nprocess: [\n", to: "manifests/good.yaml")
    #expect(run.wait { run.client.stderr.contains("config.kept") })
    try run.expectOK()
    #expect(run.processes(of: "good") == before)
    #expect(try tools(run) == names)
    let error = try run.control().ask(#"{"command":"status"}"#)["configurationError"]
    #expect(error?["why"]?.stringValue?.contains("good.yaml:") == true, "\(run.client.stderr)")
    #expect(run.client.stderr.split(separator: "\n").count { $0.contains("config.kept") } == 1)
    try run.write(Service("good"))
    #expect(
      run.wait {
        let status = try? run.control().ask(#"{"command":"status"}"#)
        return status?["configurationError"] == nil
      })
    try run.expectOK()
    #expect(run.processes(of: "good") == before, "it is what it was")
    #expect(run.client.transcript.messages.count { $0.method == Self.changed } == 0)
    try run.finish()
  }

  @Test func `M16: a folder that vanishes changes nothing, and one that comes back is followed`()
    throws
  {
    let run = try open()
    try run.expectOK()
    let folder = run.folder.path + "/manifests"
    #expect(rename(folder, folder + ".away") == 0)
    #expect(run.wait { run.client.stderr.contains("config.kept") })
    try run.expectOK()
    #expect(rename(folder + ".away", folder) == 0)
    try run.write(Service("new"))
    _ = try run.client.notification(Self.changed)
    try run.expectOK("new_echo")
    try run.finish()
  }

  @Test func `M18: limits that are lowered below what is in use end no call`() throws {
    let run = try open(settings: GatewayRun.patientSettings + "limits: {client_calls: 10}\n")
    try run.expectOK()
    let calls = try (0..<4).map { _ in
      try run.client.request("tools/call", ["name": "good_hang"])
    }
    #expect(run.wait { run.status(of: "good")?["inFlight"] == 4 })
    try run.folder.write(
      GatewayRun.patientSettings + "limits: {client_calls: 2, backend_calls: 1}\n",
      to: "gateway.yaml")
    #expect(run.wait { run.client.stderr.contains("config.reloaded") })
    try run.expectError("good_echo", .overloaded)
    #expect(run.status(of: "good")?["inFlight"] == 4)
    for call in calls { try run.client.cancel(call) }
    try run.expectOK()
    try run.finish()
  }

  @Test func `keys of gateway.yaml that can be are taken over at once`() throws {
    let run = try open(settings: GatewayRun.patientSettings + "log: {level: info}\n")
    #expect(try tools(run).count == 22)
    try run.folder.write(
      GatewayRun.patientSettings + "limits: {page: 3, client_message: 2KiB}\nlog: {level: error}\n",
      to: "gateway.yaml")
    #expect(run.wait { (try? tools(run))?.count == 3 })
    try run.client.send(line: String(repeating: "x", count: 4_000))
    #expect(try run.client.errorWithoutID().errorCode == ErrorCode.invalidRequest.rawValue)
    try run.write(Service("new"))
    #expect(run.wait { run.status(of: "new")?["tools"] == 11 })
    try run.expectOK("new_echo")
    #expect(!run.client.stderr.contains(#""service":"new""#))
    try run.finish()
  }

  @Test func `R12: SIGHUP reads the configuration anew and ends nothing`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.expectOK()
    let gateway = try #require(run.waitForControl()).pid
    try run.folder.write(
      GatewayRun.patientSettings + "limits: {page: 4}\nnonsense: 1\n", to: "gateway.yaml")
    #expect(run.wait { run.client.stderr.contains("config.kept") })
    let before = run.client.stderr.split(separator: "\n").count { $0.contains("config.kept") }
    kill(gateway, SIGHUP)
    #expect(
      run.wait {
        run.client.stderr.split(separator: "\n").count { $0.contains("config.kept") } > before
      })
    try run.expectOK()
    try run.finish()
  }

  /// Runs the gateway with a terminal of its own, whose other end it closes when a file is there.
  private static let terminal = """
    import os, sys, time
    master, slave = os.openpty()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(master)
        kept = os.open(os.ttyname(slave), os.O_RDWR)
        os.set_inheritable(kept, True)
        os.execv(sys.argv[2], sys.argv[2:])
    os.close(slave)
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if master >= 0 and os.path.exists(sys.argv[1]):
            os.close(master)
            master = -1
        time.sleep(0.02)
    """

  @Test(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not installed"))
  func `R12: with a terminal SIGHUP reads anew, and the end of the terminal ends the gateway`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [Service("good")], wrapper: ["python3", "-c", Self.terminal, folder.path + "/hangup"],
      folder: folder)
    try run.client.handshake()
    try run.expectOK()
    let gateway = try #require(run.waitForControl()).pid
    try run.folder.write("nonsense: 1\n", to: "gateway.yaml")
    kill(gateway, SIGHUP)
    let isRead = run.wait { run.client.stderr.contains("config.kept") }
    #expect(isRead)
    try run.expectOK()
    try folder.write("", to: "hangup")
    #expect(try run.client.waitForExit(within: GatewayRun.patience) == .code(0))
    #expect(run.client.stderr.contains("gateway.signalled"))
    run.checkWhatIsLeft()
  }

  @Test(arguments: ["manifests", "nowhere", "gateway.yaml"])
  func `M16: a folder that cannot be read changes nothing`(target: String) throws {
    let run = try open()
    try run.expectOK()
    let names = try tools(run)
    let before = run.processes(of: "good")
    let folder = run.folder.path + "/manifests"
    #expect(rename(folder, folder + ".away") == 0)
    // A link to itself, to nothing, and to what is no folder.
    #expect(symlink(target, folder) == 0)
    _ = try run.control().ask(#"{"command":"reload"}"#)
    let isKept = run.wait { run.client.stderr.contains("config.kept") }
    #expect(isKept)
    #expect(try tools(run) == names)
    try run.expectOK("other_echo")
    #expect(run.processes(of: "good") == before)
    #expect(unlink(folder) == 0 && rename(folder + ".away", folder) == 0)
    try run.write(Service("new"))
    _ = try run.client.notification(Self.changed)
    try run.expectOK("new_echo")
    try run.finish()
  }

  @Test(.enabled(if: access("/usr/bin/strace", X_OK) == 0, "strace is not installed"))
  func `M20: where the system gives out no watches, the files are looked at`() throws {
    let run = try GatewayRun(
      [Service("good")],
      wrapper: [
        "/usr/bin/strace", "-qq", "-o", "/dev/null", "-e", "trace=inotify_add_watch", "-e",
        "inject=inotify_add_watch:error=ENOSPC",
      ])
    try run.client.handshake()
    try run.expectOK()
    #expect(run.wait { run.client.stderr.contains("config.polled") })
    try run.write(Service("new"))
    #expect(run.wait { run.status(of: "new") != nil })
    try run.expectOK("new_echo")
    try run.finish()
  }

  @Test func `M20: more folders than are watched are looked at now and then`() throws {
    let run = try open()
    for number in 0..<70 {
      let name = "s\(number)"
      try run.folder.write(
        "process: {command: /bin/false}\n", to: "far/\(number)/\(name).yaml")
      #expect(
        symlink(
          "../far/\(number)/\(name).yaml", run.folder.path + "/manifests/\(name).yaml") == 0)
    }
    #expect(run.wait { run.client.stderr.contains("config.polled") })
    try run.write(Service("new"))
    #expect(run.wait { run.status(of: "new") != nil })
    try run.expectOK("new_echo")
    try run.expectOK()
    try run.finish()
  }
}
