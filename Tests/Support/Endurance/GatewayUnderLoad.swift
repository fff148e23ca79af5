import Glibc
import Harness
import Loop
import RawJSON
import Resilience
import Store
import TestSupport

/// A gateway in front of a fleet, with a folder of its own; what a run does to it and asks of it.
final class GatewayUnderLoad {
  let fleet: Fleet
  let folder: TemporaryFolder
  let marker = ProcessMarker.fresh()
  let process: ServerProcess
  let client: LoadClient
  let servers: ServersBeside
  private var versions: [String: (version: Int, note: Int)] = [:]
  private var known: [Int32: String] = [:]

  init(fleet: Fleet, isModern: Bool) throws {
    signal(SIGPIPE, SIG_IGN)
    self.fleet = fleet
    folder = try TemporaryFolder()
    try folder.makeFolder("state")
    try folder.write(Self.settings, to: "gateway.yaml")
    servers = ServersBeside(fleet, folder: folder.path, marker: marker)
    for member in fleet.members {
      try folder.write(
        member.manifest(
          (folder.path, marker), port: servers.ports[member.name], version: 0, note: 0),
        to: "manifests/\(member.name).yaml")
    }
    process = try ServerProcess(
      ServerCommand(
        [
          Sibling.path(of: "switchyard-gateway"), "--config", folder.path, "--state",
          folder.path + "/state",
        ], environment: [ProcessMarker.name: marker.value, "SWIFT_BACKTRACE": "enable=no"]))
    client = LoadClient(process, fleet, isModern: isModern)
  }

  deinit { marker.killAll() }

  /// A breaker that opens for long would keep the run waiting for its end.
  private static let settings = """
    deadlines: {initialize: 30s, probe: 10s}
    discovery: {wait: 1m, deadline: 1m}
    limits: {client_calls: 20000}
    breaker: {open: 500ms, longest: 2s}

    """

  // MARK: Waiting

  /// Moves bytes until something holds; says whether it came true in time.
  func wait(_ limit: Duration, _ condition: () -> Bool) -> Bool {
    let deadline = LoadClient.now + limit
    while true {
      servers.supervise()
      let now = LoadClient.now
      if client.wire.move(until: min(deadline, now + .milliseconds(20)), condition) { return true }
      if now >= deadline { return false }
    }
  }

  /// Moves bytes for a while.
  func rest(_ time: Duration) { _ = wait(time) { false } }

  /// The handshake, and the list with the tools of every group.
  func open(isModern: Bool) -> Bool {
    if !isModern {
      let id = client.ask(
        "initialize",
        #""protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}"#
      )
      guard wait(.seconds(60), { client.replies[id] != nil }) else { return false }
      client.notify("notifications/initialized")
    }
    let deadline = LoadClient.now + .seconds(60)
    while LoadClient.now < deadline {
      let id = client.ask("tools/list")
      guard wait(.seconds(60), { client.replies[id] != nil }) else { return false }
      let list = client.replies[id]?.bytes ?? []
      if fleet.members.allSatisfy({ list.contains("\"\($0.group)_echo\"") }) { return true }
      rest(.milliseconds(100))
    }
    return false
  }

  // MARK: Processes

  /// The processes of services now, by service: children of the gateway, and servers beside it.
  func processes() -> [String: [Int32]] {
    var found = servers.processes.mapValues { [$0] }
    for (name, children) in childProcesses() { found[name, default: []] += children }
    return found
  }

  /// Those that are children of the gateway.
  func childProcesses() -> [String: [Int32]] {
    var found: [String: [Int32]] = [:]
    let words = SmallFile.bytes(
      of: "/proc/\(process.processID)/task/\(process.processID)/children")
    for word in words.split(separator: 32) {
      guard let child = Int32(String(decoding: word, as: UTF8.self)) else { continue }
      let name = known[child] ?? Self.service(of: child)
      known[child] = name
      if !name.isEmpty { found[name, default: []].append(child) }
    }
    return found
  }

  /// Children that are dead and not reaped.
  func zombies() -> Int {
    let words = SmallFile.bytes(
      of: "/proc/\(process.processID)/task/\(process.processID)/children")
    return words.split(separator: 32).count { word in
      let id = String(decoding: word, as: UTF8.self)
      return SmallFile.bytes(of: "/proc/\(id)/stat").contains(") Z ")
    }
  }

  private static func service(of process: Int32) -> String {
    let environment = SmallFile.bytes(of: "/proc/\(process)/environ")
    let entry = environment.split(separator: 0).first { $0.starts(with: "SERVICE=".utf8) }
    return entry.map { String(decoding: $0.dropFirst(8), as: UTF8.self) } ?? ""
  }

  // MARK: Configuration

  enum Change { case process, note, nothing, nonsense }

  /// Writes the manifest of a service anew, over the old one.
  func write(_ member: Fleet.Member, _ change: Change) {
    var (version, note) = versions[member.name] ?? (0, 0)
    if change == .process { version += 1 }
    if change == .note { note += 1 }
    versions[member.name] = (version, note)
    let text = member.manifest(
      (folder.path, marker), port: servers.ports[member.name], version: version, note: note)
    let name = "manifests/\(member.name).yaml"
    _ = try? folder.write(change == .nonsense ? "process: [\n" : text, to: name)
  }

  // MARK: The control socket

  /// One command and its answer; nil where the gateway does not give one in time.
  func control(_ command: String) -> JSONValue? {
    guard let address = ControlAddress.all(in: folder.path + "/state").last,
      let socket = try? LocalSocket.connect(to: address.path, milliseconds: 20_000)
    else { return nil }
    defer { close(socket) }
    guard SmallFile.write(Array((command + "\n").utf8), on: socket) else { return nil }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while answer.last != 10 {
      let count = read(socket, &chunk, chunk.count)
      guard count > 0 else { return nil }
      answer += chunk[..<count]
    }
    return try? JSONValue(parsing: answer)
  }

  /// The services that are neither ready nor asleep, with their state.
  func unwell() -> [String] {
    guard let status = control(#"{"command":"status"}"#)?["services"]?.arrayValue else {
      return ["the gateway does not tell its status"]
    }
    return status.compactMap { service in
      let state = service["state"]?.stringValue ?? ""
      if state == "ready" || state == "asleep" { return nil }
      return "\(service["name"]?.stringValue ?? "") is \(state)"
    }
  }

  /// What the gateway counts and has now.
  func counters() -> GatewayFigures {
    var figures = GatewayFigures()
    figures.read(metrics: metrics())
    return figures
  }

  /// The same as Prometheus gets it; empty where the gateway does not tell.
  func metrics() -> String {
    control(#"{"command":"metrics"}"#)?["text"]?.stringValue ?? ""
  }

  func figures() -> GatewayFigures {
    var figures = counters()
    figures.read(log: client.log)
    return figures
  }

  /// What the services wrote down, with their names, for people.
  func ledgers() -> [UInt8] {
    fleet.members.flatMap { member in
      folder.read("ledger-\(member.name)").split(separator: "\n").flatMap {
        Array("\(member.name) \($0)\n".utf8)
      }
    }
  }

  /// What the services wrote down.
  func executions() -> [String: Int] {
    var found: [String: Int] = [:]
    for member in fleet.members {
      for line in folder.read("ledger-\(member.name)").split(separator: "\n") {
        let words = line.split(separator: " ", maxSplits: 2)
        if words.count > 1, words[0] == "executed" { found[String(words[1]), default: 0] += 1 }
      }
    }
    return found
  }

  // MARK: The end

  /// Ends the gateway as clients do; says what was not as it should be.
  func finish() -> [String] {
    client.wire.finishInput()
    var exit: ServerExit?
    _ = client.wire.move(until: LoadClient.now + .seconds(30), waitsForExit: true) {
      exit = exit ?? process.poll()
      return exit != nil && client.wire.outputEnded
    }
    var found: [String] = []
    if exit != .code(0) {
      found.append("the gateway ended with \(exit.map { "\($0)" } ?? "nothing")")
    }
    servers.stop()
    if !client.wire.partialLine.isEmpty { found.append("stdout ended inside a line") }
    let left = marker.waitUntilGone(within: .seconds(20))
    if !left.isEmpty { found.append("\(left.count) processes are left") }
    return found
  }
}
