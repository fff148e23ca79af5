import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// The real gateway in front of fake backends, with a configuration and a state
/// folder of its own, driven over real pipes or sockets.
///
/// `finish` is the teardown that every test ends with: the gateway leaves after
/// the end of its input, nothing but MCP came out, each request was answered
/// once, and no process with our marker is left. How soon, `EndingTests` prove.
///
/// Every wait has a limit that only something broken reaches, however slow the
/// machine: a test that wants a deadline to pass sets one of its own.
final class GatewayRun {
  let folder: TemporaryFolder
  let client: HarnessClient
  /// Carried by the gateway and by every service.
  let marker: ProcessMarker

  static let gateway = Sibling.path(of: "switchyard-gateway")
  static let backend = Sibling.path(of: "switchyard-fake-backend")

  /// Nothing that works is ever cut off by a deadline.
  static let patientSettings = """
    deadlines: {call: 2m, initialize: 1m, probe: 1m}
    discovery: {wait: 1m, deadline: 2m}

    """
  /// Longer than anything takes that works.
  static let patience = Duration.seconds(60)

  /// - Parameters:
  ///   - settings: the text of gateway.yaml.
  ///   - wrapper: words in front of the gateway, such as `sh -c 'exec "$@"' sh`.
  init(
    _ services: [Service], settings: String = GatewayRun.patientSettings, wrapper: [String] = [],
    revision: Revision = .newestLegacy, channel: ServerCommand.Channel = .pipes,
    environment: [String: String] = [:], folder: TemporaryFolder? = nil
  ) throws {
    let folder = try folder ?? TemporaryFolder()
    self.folder = folder
    marker = ProcessMarker.fresh()
    try folder.ensureFolder("manifests")
    try folder.ensureFolder("state")
    try folder.write(settings, to: "gateway.yaml")
    if services.contains(where: { $0.arguments == [ShellService.file] }) {
      try folder.write(ShellService.script, to: "manifests/" + ShellService.file)
    }
    for service in services {
      let variables = [ProcessMarker.name: marker.value, "SERVICE": service.name]
      try folder.write(
        service.manifest(command: Self.backend, variables: variables),
        to: "manifests/\(service.name).yaml")
    }
    var all = environment
    if FakePython.isUsed(by: services) {
      let script = FakePython.script(in: folder.path)
      // One that was written anew is another python.
      if folder.read("manifests/" + FakePython.file).isEmpty {
        try folder.write(script, to: "manifests/" + FakePython.file, mode: 0o700)
      }
      // Without whatever else installs packages on this machine.
      all["PATH"] = "/usr/bin:/bin"
    }
    all[ProcessMarker.name] = marker.value
    all["SWIFT_BACKTRACE"] = "enable=no"
    let words =
      wrapper + [Self.gateway, "--config", folder.path, "--state", folder.path + "/state"]
    client = try HarnessClient(
      ServerCommand(words, environment: all, channel: channel), revision: revision)
  }

  deinit { marker.killAll() }

  /// The usual opening.
  static func open(
    _ services: [Service], settings: String = GatewayRun.patientSettings,
    revision: Revision = .newestLegacy
  ) throws -> GatewayRun {
    let run = try GatewayRun(services, settings: settings, revision: revision)
    try run.client.handshake()
    return run
  }

  /// Ends the gateway as clients do and asserts what every run must leave.
  func finish(
    exit expected: ServerExit = .code(0), sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    client.closeInput()
    let exit = try client.waitForExit(within: Self.patience)
    #expect(exit == expected, "\(client.stderr)", sourceLocation: sourceLocation)
    checkWhatIsLeft(sourceLocation: sourceLocation)
  }

  /// The part of the teardown that holds however the gateway ended.
  func checkWhatIsLeft(sourceLocation: SourceLocation = #_sourceLocation) {
    let violations = WireRules.violations(
      in: client.transcript, unfinished: client.partialLine)
    #expect(violations == [], sourceLocation: sourceLocation)
    checkProcesses(sourceLocation: sourceLocation)
  }

  func checkProcesses(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(marker.waitUntilGone(within: Self.patience) == [], sourceLocation: sourceLocation)
  }

  /// Processes of one service, wherever they went.
  func processes(of service: String) -> [Int32] {
    let ours = Set(marker.processes())
    return ProcessMarker(variable: "SERVICE", value: service).processes().filter(ours.contains)
  }

  /// Waits until a condition holds; says whether it came true.
  func wait(within limit: Duration = GatewayRun.patience, _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + limit
    while !condition() {
      guard ContinuousClock.now < deadline else { return false }
      client.run(for: .milliseconds(20))
    }
    return true
  }

  /// Asserts that a service answers: `good_echo` by default.
  func expectOK(
    _ tool: String = "good_echo", within limit: Duration = GatewayRun.patience,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let answer = try client.call(tool, ["text": "still here"], within: limit)
    #expect(
      answer.result?.at(pointer: "/structuredContent/text") == "still here", "\(answer.text)",
      sourceLocation: sourceLocation)
  }

  /// Asserts that a call ends in this error; returns the answer.
  @discardableResult
  func expectError(
    _ tool: String, _ code: ErrorCode, arguments: JSONValue = [:],
    within limit: Duration = GatewayRun.patience, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ServerMessage {
    let answer = try client.call(tool, arguments, within: limit)
    #expect(
      answer.errorCode == code.rawValue, "\(answer.text)", sourceLocation: sourceLocation)
    return answer
  }

  /// Asserts that a service with a short deadline answers in the end: an answer that
  /// this machine was too slow for is asked for again.
  func expectServed(
    _ tool: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var answer = try client.call(tool)
    let isServed = wait {
      if answer.errorCode == ErrorCode.timeout.rawValue, let next = try? client.call(tool) {
        answer = next
      }
      return answer.errorCode != ErrorCode.timeout.rawValue
    }
    #expect(isServed && answer.kind == .result, "\(answer.text)", sourceLocation: sourceLocation)
  }
}

extension TemporaryFolder {
  /// Makes the folder unless it is there.
  func ensureFolder(_ name: String) throws {
    if access(path + "/" + name, F_OK) != 0 { try makeFolder(name) }
  }
}

/// Figures of a process from /proc.
enum ProcessFigures {
  /// Resident memory in bytes.
  static func memory(_ process: Int32) -> Int { status(process, "VmRSS:") * 1024 }

  /// Peak resident memory in bytes.
  static func peakMemory(_ process: Int32) -> Int { status(process, "VmHWM:") * 1024 }

  static func threads(_ process: Int32) -> Int { status(process, "Threads:") }

  /// Children that are dead and not reaped.
  static func zombies(of process: Int32) -> Int {
    let children = SmallFile.bytes(of: "/proc/\(process)/task/\(process)/children")
    return children.split(separator: UInt8(ascii: " ")).count { child in
      let id = String(decoding: child, as: UTF8.self)
      let line = String(decoding: SmallFile.bytes(of: "/proc/\(id)/stat"), as: UTF8.self)
      return line.contains(") Z ")
    }
  }

  /// Seconds of processor time that it has used, its children not counted.
  static func processorTime(_ process: Int32) -> Double {
    let text = String(decoding: SmallFile.bytes(of: "/proc/\(process)/stat"), as: UTF8.self)
    // The name of the process, in brackets, may hold anything.
    let fields = text.drop { $0 != ")" }.split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      return 0
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Bytes that it has written in its life, wherever to.
  static func written(by process: Int32) -> Int {
    let text = String(decoding: SmallFile.bytes(of: "/proc/\(process)/io"), as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("wchar:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  static func descriptors(_ process: Int32) -> Int {
    guard let folder = opendir("/proc/\(process)/fd") else { return -1 }
    defer { closedir(folder) }
    var count = -2
    while readdir(folder) != nil { count += 1 }
    return count
  }

  private static func status(_ process: Int32, _ name: String) -> Int {
    let text = String(decoding: SmallFile.bytes(of: "/proc/\(process)/status"), as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }
}
