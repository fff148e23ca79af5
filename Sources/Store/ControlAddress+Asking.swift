import Glibc
package import Loop

extension ControlAddress {
  /// Bytes of an answer.
  private static let longestAnswer = 64 << 20

  /// Sends one line and waits for the line that answers it; nil if the gateway ends or stays silent.
  ///
  /// Blocks: at most `milliseconds` for connecting, for each write and for each read.
  package func ask(
    _ line: [UInt8], milliseconds: Int
  ) throws(SystemError) -> [UInt8]? {
    let socket = try LocalSocket.connect(to: path, milliseconds: milliseconds)
    defer { close(socket) }
    var rest = (line + [UInt8(ascii: "\n")])[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { break }
    }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while answer.count < Self.longestAnswer {
      let count = read(socket, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      answer += chunk[..<count]
      if let end = answer.firstIndex(of: UInt8(ascii: "\n")) { return Array(answer[..<end]) }
    }
    return nil
  }
}
