import Glibc

/// A port of 127.0.0.1 as the calls of the C library take it; 0 lets the kernel choose one.
struct LoopbackAddress {
  private var address = sockaddr_in()

  init(port: Int) {
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  }

  var port: Int { Int(UInt16(bigEndian: address.sin_port)) }

  /// A new socket, which no child inherits; negative if there is none.
  static func socket() -> Int32 {
    Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  }

  func connects(_ socket: Int32) -> Bool {
    var copy = address
    return Self.with(&copy) { connect(socket, $0, $1) == 0 }
  }

  /// Binds a socket, and says afterwards at which port.
  mutating func binds(_ socket: Int32) -> Bool {
    Self.with(&address) { pointer, size in
      var size = size
      return bind(socket, pointer, size) == 0 && getsockname(socket, pointer, &size) == 0
    }
  }

  private static func with(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Bool
  ) -> Bool {
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
