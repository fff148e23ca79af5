import Glibc
package import Loop
package import Store
import Telemetry

// Control: how a person or a script tells a running gateway something.
//
//   switchyard ──{"command":"disable","service":"git"}──▶ STATE/gateway-PID-START.socket
//              ◀──{"ok":true,"service":"git",...}────────
//
// A line is a JSON object, and each has one answer, in order. A first line `GET /metrics HTTP/1.1`
// is answered as HTTP has it, for collectors of metrics, and ends the connection.
//
// It is bounded: so many connections, so long a line, one command of a connection at a time, and a
// connection that says nothing is closed. Only the user who runs the gateway is listened to: the socket and its folder are his
// alone, and the kernel is asked who is on the other side.
//
// It never stands in the way of calls: commands are answered from what is known, and what takes
// longer (a reload) is answered when it is done.

/// The gateway's control socket and those connected to it.
@EventLoop
package final class ControlServer {
  /// Connections at the same time; more are told so and closed.
  package static let connectionLimit = 16

  private let gateway: Gateway
  private let listener: LocalListener
  private let relay: ControlRelay
  private var connections: [ObjectIdentifier: ControlConnection] = [:]

  /// Listens in the state folder; throws where that is not possible.
  package init(
    for gateway: Gateway, at address: ControlAddress
  ) throws(SystemError) {
    self.gateway = gateway
    let relay = ControlRelay()
    self.relay = relay
    listener = try LocalListener(path: address.path) { relay.server?.connected($0) }
    relay.server = self
  }

  /// Listens no more and forgets its connections; the socket's name is gone.
  package func close() {
    listener.close()
    connections.removeAll()
  }

  private func connected(_ descriptor: Int32) {
    let user = LocalSocket.peer(of: descriptor)
    guard user == geteuid() || user == 0 else {
      gateway.log(
        .warning, "control.refused", ["user": user.map { String($0) } ?? "unknown"])
      _ = Glibc.close(descriptor)
      return
    }
    guard let connection = ControlConnection(descriptor, of: self) else { return }
    guard connections.count < Self.connectionLimit else {
      return connection.refuse(.failure("busy", "Too many connections; try again."))
    }
    connections[ObjectIdentifier(connection)] = connection
    connection.begin()
  }

  func closed(_ connection: ControlConnection) {
    connections[ObjectIdentifier(connection)] = nil
  }

  func perform(_ line: [UInt8], _ answer: @escaping @EventLoop (ControlAnswer) -> Void) {
    do throws(ControlAnswer) {
      gateway.perform(try ControlCommand(line), answer)
    } catch {
      answer(error)
    }
  }
}

/// What the listener calls; it exists before the server does.
@EventLoop
private final class ControlRelay {
  weak var server: ControlServer?
}
