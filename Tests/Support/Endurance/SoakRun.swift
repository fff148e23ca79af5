import Glibc
import Harness
import RawJSON
import Resilience
import TestSupport

/// A day in a few minutes: load that rises and falls, and in each hour a reload, a crash, a client
/// that does not read for a while, and a storm of changed lists. At the end of each hour, when
/// everything is quiet, what the gateway holds is written down; it must not grow.
package final class SoakRun {
  package struct Settings: Sendable {
    package var seed: UInt64
    package var hours: Int
    /// How long an hour is.
    package var hour: Duration
    /// Calls a second at noon.
    package var most: Int

    package init(seed: UInt64, hours: Int = 24, hour: Duration, most: Int = 1_000) {
      self.seed = seed
      self.hours = hours
      self.hour = hour
      self.most = most
    }
  }

  private static let services = 8
  /// Those that are children of the gateway.
  private var processes: Int { fleet.members.count { $0.kind == .process } }
  /// Calls that wait for an answer at a time.
  private static let window = 500
  private static let patience = Duration.seconds(60)

  private let settings: Settings
  private let fleet = Fleet(alone: services)
  private let gateway: GatewayUnderLoad
  private var random: SplitMix
  private var client: LoadClient { gateway.client }

  package init(_ settings: Settings) throws {
    self.settings = settings
    random = SplitMix(seed: settings.seed)
    gateway = try GatewayUnderLoad(fleet: fleet, isModern: false)
  }

  /// Runs all of it.
  ///
  /// - Parameter tell: gets each quiet point as it is reached.
  package func run(_ tell: (QuietPoint) -> Void = { _ in }) -> SoakReport {
    var report = SoakReport()
    guard gateway.open(isModern: false) else {
      report.complaints = ["the services did not come up"]
      return report
    }
    for hour in 0..<settings.hours {
      pass(hour)
      guard let point = quietPoint(hour, after: report.points.first) else {
        report.complaints.append("hour \(hour) does not come to rest: \(gateway.unwell())")
        break
      }
      report.points.append(point)
      tell(point)
    }
    report.complaints += client.complaints + gateway.finish()
    let accounting = Accounting(
      calls: client.calls, figures: GatewayFigures(), executions: gateway.executions(), deeds: [],
      fleet: fleet)
    report.complaints += accounting.wrongAnswers
    return report
  }

  // MARK: An hour

  private func pass(_ hour: Int) {
    let start = LoadClient.now
    let end = start + settings.hour
    var events = Event.allCases[...]
    var owed = 0.0
    var last = start
    while LoadClient.now < end {
      let now = LoadClient.now
      owed += rate(hour) * Double((now - last).inNanoseconds) / 1e9
      last = now
      while owed >= 1, client.inFlight < Self.window {
        send()
        owed -= 1
      }
      owed = min(owed, Double(Self.window))
      let part = Double((now - start).inNanoseconds) / Double(settings.hour.inNanoseconds)
      let due = Int(part * Double(Event.allCases.count + 1))
      while let event = events.first, event.rawValue < due {
        act(event, hour)
        events.removeFirst()
      }
      gateway.rest(.milliseconds(2))
      if !client.wire.readsOutput, part > Event.deafness.end { client.wire.readsOutput = true }
    }
    client.wire.readsOutput = true
  }

  /// Few calls at midnight, most at noon.
  private func rate(_ hour: Int) -> Double {
    let part = Double(hour) / Double(max(1, settings.hours))
    let height = sin(part * Double.pi)
    return 50 + Double(settings.most - 50) * height * height
  }

  private enum Event: Int, CaseIterable {
    case reload, storm, crash, deafness

    /// The part of the hour when it is over.
    var end: Double { (Double(rawValue) + 1.5) / Double(Self.allCases.count + 1) }
  }

  private func act(_ event: Event, _ hour: Int) {
    let member = fleet.members[hour % fleet.members.count]
    switch event {
    case .reload:
      gateway.write(member, .process)
      gateway.write(fleet.members[(hour + 1) % fleet.members.count], .note)
    case .storm: for _ in 0..<50 { client.call(.fail, of: "s0", size: 0) }
    case .crash:
      let victim = fleet.members[(hour + 2) % fleet.members.count].name
      for process in gateway.processes()[victim] ?? [] { kill(process, SIGKILL) }
    case .deafness: client.wire.readsOutput = false
    }
  }

  private func send() {
    guard let member = fleet.members.randomElement(using: &random) else { return }
    let isLong = Int.random(in: 0..<500, using: &random) == 0
    let isSlow = Int.random(in: 0..<10, using: &random) == 0
    client.call(
      isSlow ? .slow : .echo, of: member.group,
      size: isLong ? 1 << 20 : random.size(from: 100, to: 8 << 10),
      milliseconds: Int.random(in: 1...40, using: &random))
    if Int.random(in: 0..<20, using: &random) == 0 { client.cancel(client.calls.count - 1) }
  }

  // MARK: Quiet

  /// Waits until everything is as it was: all answered, all services there, and no more of anything
  /// than at first. What does not come down in time is told as it is.
  private func quietPoint(_ hour: Int, after first: QuietPoint?) -> QuietPoint? {
    let deadline = LoadClient.now + Self.patience
    var latest: QuietPoint?
    while LoadClient.now < deadline {
      for member in fleet.members { client.call(.echo, of: member.group, size: 100) }
      guard gateway.wait(Self.patience, { client.inFlight == 0 }) else { return nil }
      // Buffers of large messages are given back after two seconds.
      gateway.rest(.milliseconds(settings.hours >= 10 ? 2_500 : 300))
      let point = figures(hour)
      if gateway.unwell().isEmpty, point.children == processes, point.pending == 0,
        point.zombies == 0
      {
        latest = point
        // A connection of our own, or a process that has just ended, may still be open.
        if point.descriptors <= first?.descriptors ?? .max { return point }
      }
    }
    return latest
  }

  private func figures(_ hour: Int) -> QuietPoint {
    let process = gateway.process.processID
    var point = QuietPoint(hour: hour, calls: client.calls.count)
    point.memory = ProcessState.number("Pss_Anon:", in: "/proc/\(process)/smaps_rollup")
    point.threads = ProcessState.number("Threads:", in: "/proc/\(process)/status")
    // Connections to servers are kept for later requests, as many as were needed at a time.
    point.connections = ProcessState.connections(
      of: process, to: Set(gateway.servers.ports.values))
    point.descriptors = ProcessState.descriptors(of: process) - point.connections
    point.children = gateway.childProcesses().values.reduce(0) { $0 + $1.count }
    point.zombies = gateway.zombies()
    // Last: it opens a connection.
    let counters = gateway.counters()
    point.pending = counters.clientRequests + counters.waiting + counters.inFlight
    return point
  }
}

/// What the gateway holds while nothing happens.
package struct QuietPoint: Hashable, Sendable {
  package var hour: Int
  package var calls: Int
  /// KiB that belong to nobody else.
  package var memory = 0
  /// Without connections to servers.
  package var descriptors = 0
  package var connections = 0
  package var threads = 0
  package var children = 0
  package var zombies = 0
  package var pending = 0

  package init(hour: Int, calls: Int) {
    self.hour = hour
    self.calls = calls
  }

  package static let heading =
    "hour     calls  memory KiB  descriptors  connections  threads  children  pending"

  package var line: String {
    func column(_ number: Int, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
    return column(hour, 4) + column(calls, 10) + column(memory, 12) + column(descriptors, 13)
      + column(connections, 13) + column(threads, 9) + column(children, 10) + column(pending, 9)
  }
}

/// Figures of a process from /proc.
enum ProcessState {
  /// The number behind a key.
  static func number(_ key: String, in file: String) -> Int {
    let text = String(decoding: SmallFile.bytes(of: file), as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  static func descriptors(of process: Int32) -> Int { links(of: process).count }

  /// Open connections of TCP whose other end is one of these ports.
  static func connections(of process: Int32, to ports: Set<Int>) -> Int {
    let table = String(decoding: SmallFile.bytes(of: "/proc/\(process)/net/tcp"), as: UTF8.self)
    var sockets: Set<String> = []
    for line in table.split(separator: "\n").dropFirst() {
      // Number, local and remote address in hexadecimal, state, ..., the inode in the tenth place.
      let words = line.split(separator: " ")
      guard words.count > 9, let port = Int(words[2].suffix(4), radix: 16), ports.contains(port)
      else { continue }
      sockets.insert("socket:[\(words[9])]")
    }
    return links(of: process).count { sockets.contains($0) }
  }

  /// What each descriptor leads to.
  private static func links(of process: Int32) -> [String] {
    let path = "/proc/\(process)/fd"
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var found: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard !name.hasPrefix(".") else { continue }
      var target = [CChar](repeating: 0, count: 256)
      let length = readlink("\(path)/\(name)", &target, target.count)
      let bytes = target.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
      found.append(String(decoding: bytes, as: UTF8.self))
    }
    return found
  }
}
