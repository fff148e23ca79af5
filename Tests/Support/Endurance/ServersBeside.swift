import Glibc
import Harness
import Resilience

/// The services of a fleet that are no children of the gateway: servers beside it, each at a port of
/// its own. One that ends is started again at the same port a moment later, as an operator or the
/// kernel would.
final class ServersBeside {
  /// The port of each, until the run is over.
  let ports: [String: Int]
  private let reservations: [String: PortReservation]
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
    reservations = Dictionary(
      uniqueKeysWithValues: members.map { ($0.name, PortReservation()) })
    ports = reservations.mapValues(\.port)
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

  /// Those that have not answered a question that is asked past the gateway. One that stood still
  /// has done, when it answers, what it was told meanwhile: it takes its signals first, and what it
  /// was asked before in order.
  func silent(within limit: Duration) -> [String] {
    let deadline = LoadClient.now + limit
    var silent = members.map(\.name)
    while !silent.isEmpty, LoadClient.now < deadline {
      supervise()
      silent.removeAll { name in
        ports[name].flatMap { DirectQuestion.answer(at: $0) }?.contains("HTTP/1.1 200 ") == true
      }
      if !silent.isEmpty { usleep(20_000) }
    }
    return silent
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
