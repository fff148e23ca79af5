import Glibc

/// A port of loopback that nobody else gets while this lives. Who is told its number may listen
/// there, end, and listen again: this holds it with a socket that is bound and never listens, beside
/// which the kernel lets others with `SO_REUSEADDR` listen (socket(7)).
final class PortReservation {
  let port: Int
  private let socket: Int32

  init() {
    socket = Glibc.socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    precondition(isBound, "the kernel has no free port")
    port = Int(UInt16(bigEndian: address.sin_port))
    // Not before: with it, the kernel might choose one that another run has reserved.
    var one: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(socket) }
}
