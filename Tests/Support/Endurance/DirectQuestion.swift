import Glibc
import Harness

/// A ping for a server of the fleet on a connection of its own, past the gateway. It waits.
enum DirectQuestion {
  private static let patience = timeval(tv_sec: 2, tv_usec: 0)
  private static let body = #"{"jsonrpc":"2.0","id":"direct","method":"ping"}"#
  private static let text = """
    POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nMCP-Protocol-Version: 2026-07-28\r\n\
    Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
    """

  /// The beginning of the response; nil where none comes in two seconds.
  static func answer(at port: Int) -> [UInt8]? {
    let socket = LoopbackAddress.socket()
    guard socket >= 0 else { return nil }
    defer { close(socket) }
    var patience = patience
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(socket, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    guard LoopbackAddress(port: port).connects(socket),
      SmallFile.write(Array(text.utf8), on: socket)
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(socket, &bytes, bytes.count, 0)
    return count > 0 ? Array(bytes.prefix(count)) : nil
  }
}
