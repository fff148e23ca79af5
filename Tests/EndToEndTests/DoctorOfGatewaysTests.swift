import CommandTesting
import Glibc
import HTTPTesting
import Harness
import Loop
import RawJSON
import Store
import TestSupport
import Testing

/// What `switchyard doctor` finds of gateways that run, and of what they leave in the state folder.
@Suite struct DoctorOfGatewaysTests {
  /// Codes with their services, as `code service`, and what is said of them.
  private func findings(
    _ folder: TemporaryFolder
  ) throws -> [String: String] {
    let words = ["doctor", "--json", "--config", folder.path, "--state", folder.path + "/state"]
    let run = try CommandRun(words, environment: ["HOME": folder.path])
    let list = try JSONValue(parsing: Array(run.output.utf8))["findings"]?.arrayValue ?? []
    var found: [String: String] = [:]
    for finding in list {
      let service = finding["service"]?.stringValue.map { " " + $0 } ?? ""
      let code = (finding["code"]?.stringValue ?? "") + service
      found[code] = finding["detail"]?.stringValue ?? ""
    }
    found["client-unregistered"] = nil
    return found
  }

  private func folder(_ manifests: [String: String] = [:]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    try folder.makeFolder("state")
    for (name, text) in manifests { try folder.write(text + "\n", to: "manifests/\(name).yaml") }
    return folder
  }

  @Test func `a service that crashes again and again`() throws {
    let run = try GatewayRun([
      Service("loop", command: "/bin/sh", arguments: ["-c", "exit 7"]), ShellService.named("good"),
    ])
    try run.client.handshake()
    try run.expectOK()
    // Whoever asks makes it start until it counts as one that crashes all the time.
    let isLooping = run.wait {
      _ = try? run.client.call("loop_echo", [:], within: GatewayRun.patience)
      return run.client.stderr.contains(#""flapping":"true""#)
    }
    #expect(isLooping, "\(run.client.stderr.suffix(500))")
    let found = try findings(run.folder)
    let why = found["crash-loop loop"] ?? ""
    #expect(why.hasPrefix("at the gateway \(run.client.process.processID): "), "\(found)")
    #expect(!found.keys.contains { $0.hasSuffix(" good") }, "\(found)")
    try run.finish()
  }

  @Test func `a service that waits before it is started again`() throws {
    // Refused at once, and tried again after half a second for ever.
    let folder = try folder(["far": "http: {url: \"http://127.0.0.1:9/mcp\"}"])
    let run = try GatewayRun([], folder: folder)
    try run.client.handshake()
    let isTold = run.wait {
      _ = try? run.client.call("far_echo", [:], within: GatewayRun.patience)
      return (try? findings(folder))?.keys.contains("service-failed far") == true
    }
    #expect(isTold)
    try run.finish()
  }

  @Test func `a gateway that keeps what it had, since what is there now is broken`() throws {
    let run = try GatewayRun.open([ShellService.named("good")])
    try run.expectOK()
    try run.folder.write("service: good\nprocess: [\n", to: "manifests/good.yaml")
    let isKept = run.wait { run.client.stderr.contains("config.kept") }
    #expect(isKept)
    let found = try findings(run.folder)
    let why = found["configuration-kept"] ?? ""
    #expect(why.hasPrefix("the gateway \(run.client.process.processID): "), "\(found)")
    #expect(found.keys.contains("manifest-broken good"))
    try run.finish()
  }

  @Test func `a gateway that does not answer, and one of another version`() throws {
    let folder = try folder(["good": "process: {command: /bin/cat}"])
    // Listens, and nobody reads.
    let deaf = try LocalSocket.listen(at: folder.path + "/state/gateway-1-1.socket")
    defer { close(deaf) }
    let old = folder.path + "/state/gateway-2-2.socket"
    let server = try Shell(
      """
      exec timeout 60 python3 -c '
      import socket
      listener = socket.socket(socket.AF_UNIX)
      listener.bind("\(old)")
      listener.listen()
      print("ready", flush=True)
      while True:
          connection, _ = listener.accept()
          said = connection.recv(65536)
          if said == b"end":
              break
          if said:
              connection.sendall(b"{\\"ok\\": true, \\"version\\": \\"0.0.9\\", \\"services\\": []}\\n")
          connection.close()
      '
      """)
    defer {
      if let end = try? LocalSocket.connect(to: old, milliseconds: 20_000) {
        send(end, "end", 3, Int32(MSG_NOSIGNAL))
        close(end)
      }
      server.finish()
    }
    try #require(server.line() == "ready")
    let found = try findings(folder)
    #expect(found["gateway-silent"] == "the gateway with the process number 1", "\(found)")
    #expect(
      found["gateway-outdated"]?.hasPrefix("the gateway 2 is 0.0.9, this is ") == true, "\(found)")
  }

  @Test func `a service that spoke another era than its manifest says`() throws {
    let run = try GatewayRun.open([ShellService.named("good")])
    try run.expectOK()
    try run.finish()
    #expect(try findings(run.folder).isEmpty)
    let manifest = run.folder.read("manifests/good.yaml")
    try run.folder.write(
      manifest.replacing("protocol: legacy", with: "protocol: 2026-07-28"),
      to: "manifests/good.yaml")
    let found = try findings(run.folder)
    #expect(
      found["era-wrong good"] == "'protocol: 2026-07-28', but it spoke 2025-11-25", "\(found)")
  }

  @Test(arguments: [
    (RemoteServer.Speech.modern, "legacy", "2026-07-28"), (.modern, "sse", "2026-07-28"),
    (.legacy, "2026-07-28", "2025-11-25"), (.legacy, "legacy", ""), (.modern, "auto", ""),
  ])
  func `a remote service that spoke another era than its manifest says`(
    speech: RemoteServer.Speech, choice: String, spoken: String
  ) throws {
    let run = try RemoteRun(speech)
    _ = try run.client.roundTrip("tools/list", within: GatewayRun.patience)
    try run.gateway.finish()
    try run.gateway.folder.write(
      RemoteRun.manifest(url: run.server.url, keys: ["protocol: \(choice)"]),
      to: "manifests/far.yaml")
    let found = try findings(run.gateway.folder)
    #expect(
      (found["era-wrong far"] ?? "")
        == (spoken.isEmpty ? "" : "'protocol: \(choice)', but it spoke \(spoken)"),
      "\(found)")
    run.server.http.stop()
  }

  @Test func `a process that a gateway has left behind`() throws {
    let folder = try folder(["good": "process: {command: /bin/cat}"])
    let store = try StateStore(directory: folder.path + "/state")
    let process = try #require(ProcessIdentity.current)
    var owner = process
    owner.startTime -= 1
    store.record(ChildRecord(process: process, marker: "x", service: "good", owner: owner))
    let found = try findings(folder)
    #expect(found == ["leaked-process good": "process \(getpid())"])
    store.remove(process)
    #expect(try findings(folder) == [:])
    // One whose gateway runs is nobody's leftover.
    store.record(ChildRecord(process: process, marker: "x", service: "good", owner: process))
    #expect(try findings(folder) == [:])
  }

  @Test func `a state file that is locked, and one that cannot be used`() throws {
    let folder = try folder(["good": "process: {command: /bin/cat}"])
    let lock = open(folder.path + "/state/state.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    #expect(flock(lock, LOCK_EX) == 0)
    #expect(try findings(folder) == ["state-locked": folder.path + "/state/state.lock"])
    close(lock)
    #expect(try findings(folder) == [:])
    unlink(folder.path + "/state/state.sqlite")
    try folder.makeFolder("state/state.sqlite")
    #expect(
      try findings(folder) == ["state-unusable": "the state file is not a regular file"])
  }

  @Test func `a command without its gateway`() throws {
    let folder = try folder(["good": "process: {command: /bin/cat}"])
    // The same file under another name, in a folder where nothing else is.
    let program = Sibling.path(of: "switchyard")
    let place = program + "-alone-\(getpid())"
    #expect(mkdir(place, 0o700) == 0)
    defer {
      unlink(place + "/switchyard")
      rmdir(place)
    }
    #expect(link(program, place + "/switchyard") == 0)
    let line =
      "HOME='\(folder.path)' PATH=/usr/bin:/bin '\(place)/switchyard' doctor --config "
      + "'\(folder.path)' --state '\(folder.path)/state'; true"
    let told = try Shell(line)
    var lines: [String] = []
    while let next = told.line() { lines.append(next) }
    #expect(lines.contains("error gateway-missing"), "\(lines)")
  }
}
