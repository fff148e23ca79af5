import Glibc

/// A port of loopback that nobody else gets while this lives. Who is told its number may listen
/// there, end, and listen again: this holds it with a socket that is bound and never listens, beside
/// which the kernel lets others with `SO_REUSEADDR` listen (socket(7)).
final class PortReservation {
  let port: Int
  private let socket: Int32

  init() {
    socket = LoopbackAddress.socket()
    var address = LoopbackAddress(port: 0)
    precondition(address.binds(socket), "the kernel has no free port")
    port = address.port
    // Not before: with it, the kernel might choose one that another run has reserved.
    var one: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(socket) }
}
