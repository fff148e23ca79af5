import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Services that are made of packages of Python, which the gateway installs for them.
@Suite struct PreparedServiceTests {
  private func service(_ packages: String) -> Service {
    Service("a", process: [FakePython.packages(packages)])
  }

  private func made(_ run: GatewayRun) -> Int {
    run.folder.read("made").split(separator: "\n").count
  }

  private func count(_ event: String, _ run: GatewayRun) -> Int {
    run.client.stderr.split(separator: "\n").count { $0.contains("\"\(event)\"") }
  }

  /// Removes the environments, so that the next start makes one.
  private func forget(_ run: GatewayRun) throws {
    for path in Set(run.folder.read("made").split(separator: "\n").map(String.init)) {
      try #require(unlink(path + "/switchyard.seal") == 0)
    }
  }

  @Test func `an environment is made by the first start, and used by all later ones`() throws {
    let run = try GatewayRun.open([service("good")])
    try run.expectOK("a_echo")
    #expect(made(run) == 1 && count("service.prepared", run) == 1)
    let environment = run.folder.read("made").split(separator: "\n").first ?? ""
    let told = try run.client.call("a_env").result
    let path = told?.at(pointer: "/structuredContent/environment/PATH")?.stringValue ?? ""
    #expect(path.hasPrefix(environment + "/bin:"), "\(path)")
    let virtual = told?.at(pointer: "/structuredContent/environment/VIRTUAL_ENV")?.stringValue
    #expect(virtual == String(environment))
    try run.finish()
    let next = try GatewayRun([service("good")], folder: run.folder)
    try next.client.handshake()
    try next.expectOK("a_echo")
    #expect(made(next) == 1 && count("service.preparing", next) == 0)
    try next.finish()
  }

  @Test func `a call that waits for it is told what is done, and is served in the end`() throws {
    let run = try GatewayRun.open([service("slow"), Service("good")])
    try run.folder.write("", to: "go")
    try run.expectOK("a_echo")
    try run.finish()
    // Known by now, and to be made again.
    unlink(run.folder.path + "/go")
    try forget(run)
    let next = try GatewayRun([service("slow"), Service("good")], folder: run.folder)
    try next.client.handshake()
    let id = try next.client.request(
      "tools/call",
      ["name": "a_echo", "arguments": ["text": "x"], "_meta": ["progressToken": "mine"]])
    let first = try next.client.notification("notifications/progress")
    #expect(first.params?["progressToken"] == "mine")
    #expect(
      first.params?["message"]?.stringValue
        == "Service 'a' is being prepared: making a virtual environment.")
    let second = try next.client.notification("notifications/progress")
    #expect(second.params?["message"]?.stringValue?.contains("installing 1 package") == true)
    // Others are served meanwhile.
    try next.expectOK("good_echo")
    try next.folder.write("", to: "go")
    #expect(try next.client.response(to: id).kind == .result)
    try next.finish()
  }

  @Test func `what cannot be installed is told with the installer's words, and not tried at once`()
    throws
  {
    let run = try GatewayRun.open([service("bad"), Service("good")])
    let begun = ContinuousClock.now
    for _ in 0..<3 {
      let refused = try run.expectError("a_echo", .backendUnavailable)
      #expect(refused.text.contains("could not be made"), "\(refused.text)")
      #expect(refused.text.contains("Its last words: asked:"), "\(refused.text)")
      #expect(refused.error?.at(pointer: "/data/sent") == false)
    }
    try run.expectOK("good_echo")
    // Not sooner than ten seconds after one that failed, on however slow a machine.
    let most = 1 + Int((ContinuousClock.now - begun) / .seconds(10))
    #expect((1...most).contains(made(run)), "\(run.client.stderr)")
    try run.finish()
  }

  @Test func `two gateways that need it at the same time make it once`() throws {
    let first = try GatewayRun.open([service("slow")])
    _ = try first.client.request("tools/list")
    let begins = first.wait { made(first) == 1 }
    #expect(begins)
    let second = try GatewayRun([service("slow")], folder: first.folder)
    try second.client.handshake()
    _ = try second.client.request("tools/list")
    let waits = second.wait { second.client.stderr.contains("waiting for process") }
    #expect(waits, "\(second.client.stderr)")
    try first.folder.write("", to: "go")
    try first.expectOK("a_echo")
    try second.expectOK("a_echo")
    #expect(made(first) == 1)
    // The manifest is the second one's by now, and so is the mark of what the first has started.
    try first.finish()
    try second.finish()
  }

  @Test func `a gateway that is killed takes its installer with it, and the next one begins anew`()
    throws
  {
    let run = try GatewayRun.open([service("slow")])
    _ = try run.client.request("tools/list")
    let begins = run.wait { run.client.stderr.contains("installing 1 package") }
    #expect(begins)
    kill(run.client.process.processID, SIGKILL)
    _ = try run.client.waitForExit(within: GatewayRun.patience)
    // Whatever the installer runs as, its words name the environment.
    let environment = run.folder.read("made").split(separator: "\n").first.map(String.init) ?? "/"
    // The brackets keep the command from finding itself.
    let search = "pgrep -f -- '[/]\(environment.dropFirst())'"
    let isGone = run.wait { (try? Shell(search).line()) == .some(nil) }
    #expect(isGone)
    try run.folder.write("", to: "go")
    let next = try GatewayRun([service("slow")], folder: run.folder)
    try next.client.handshake()
    try next.expectOK("a_echo")
    #expect(made(next) == 2)
    try next.finish()
  }

  @Test func `while it is made the status says so`() throws {
    let run = try GatewayRun.open([service("slow")])
    _ = try run.client.request("tools/list")
    let begins = run.wait { run.client.stderr.contains("installing 1 package") }
    #expect(begins)
    let service = run.status(of: "a")
    #expect(service?["state"] == "preparing")
    #expect(service?["why"] == "installing 1 package")
    try run.folder.write("", to: "go")
    try run.expectOK("a_echo")
    try run.finish()
  }
}
