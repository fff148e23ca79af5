import Glibc
import Harness
import Resilience
import Synchronization

/// The services of a fleet that are no children of the gateway: servers beside it, each at a port of
/// its own. One that ends is started again at the same port a moment later, as an operator or the
/// kernel would.
final class ServersBeside {
  let ports: [String: Int]
  private let members: [Fleet.Member]
  private let folder: String
  private let marker: ProcessMarker
  private var servers: [String: ServerProcess] = [:]
  private var due: [String: Instant] = [:]
  private var restarts = 0

  init(_ fleet: Fleet, folder: String, marker: ProcessMarker) {
    members = fleet.members.filter { $0.kind != .process }
    self.folder = folder
    self.marker = marker
    ports = Dictionary(uniqueKeysWithValues: members.map { ($0.name, FreePorts.next()) })
    for member in members { start(member) }
  }

  /// The process of each server that runs.
  var processes: [String: Int32] { servers.mapValues { $0.processID } }

  /// Starts those again that ended a while ago.
  func supervise() {
    let now = LoadClient.now
    for member in members {
      if let server = servers[member.name], server.poll() != nil {
        servers[member.name] = nil
        restarts += 1
        due[member.name] = now + .milliseconds(50 * (1 + restarts % 5))
      }
      if let time = due[member.name], time <= now {
        due[member.name] = nil
        start(member)
      }
    }
  }

  /// Their stdin ends, and so do they.
  func stop() {
    servers = [:]
    due = [:]
  }

  private func start(_ member: Fleet.Member) {
    let environment = [
      "FAKEB_SCRIPT": member.words(ledgers: folder, port: ports[member.name]),
      ProcessMarker.name: marker.value, "SERVICE": member.name,
      "SWIFT_BACKTRACE": "enable=no",
    ]
    servers[member.name] = try? ServerProcess(
      ServerCommand([Sibling.path(of: "switchyard-fake-backend")], environment: environment))
    // It will be tried again.
    if servers[member.name] == nil { due[member.name] = LoadClient.now + .milliseconds(500) }
  }
}

/// Ports of loopback that nobody listens at, below those that connections get from the kernel.
/// None is given twice while others follow, because who gets it listens a while later.
enum FreePorts {
  private static let last = Mutex(10_000 + Int(getpid()) % 20_000)

  static func next() -> Int {
    last.withLock { port in
      for _ in 0..<10_000 {
        port = port >= 32_000 ? 10_000 : port + 1
        if isFree(port) { break }
      }
      return port
    }
  }

  private static func isFree(_ port: Int) -> Bool {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
