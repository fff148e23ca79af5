import CommandTesting
import Glibc
import Loop
import RawJSON
import Store
import TestSupport
import Testing

/// A connection to the control socket of a gateway.
final class ControlLine {
  struct Closed: Error {}

  private let socket: Int32
  private var rest: [UInt8] = []

  init(_ address: ControlAddress) throws {
    socket = try LocalSocket.connect(to: address.path, milliseconds: 60_000)
  }

  deinit { close(socket) }

  /// Writes a line and waits for its answer.
  func ask(_ line: String) throws -> JSONValue {
    let bytes = Array((line + "\n").utf8)
    var at = 0
    while at < bytes.count {
      let count = bytes[at...].withUnsafeBytes {
        send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // It may refuse a line before it has read all of it.
      if count <= 0 { break }
      at += count
    }
    return try readAnswer()
  }

  func readAnswer() throws -> JSONValue {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      if let end = rest.firstIndex(of: 0x0A) {
        defer { rest.removeFirst(end + 1) }
        return try JSONValue(parsing: Array(rest[..<end]))
      }
      let count = read(socket, &chunk, chunk.count)
      guard count > 0 else { throw Closed() }
      rest += chunk[..<count]
    }
  }
}

extension GatewayRun {
  /// The socket of the gateway that runs now, if it is there already.
  var controlAddress: ControlAddress? {
    ControlAddress.all(in: folder.path + "/state").last
  }

  func waitForControl() -> ControlAddress? {
    _ = wait { controlAddress != nil }
    return controlAddress
  }

  /// A new connection to the gateway's socket.
  func control() throws -> ControlLine { try ControlLine(try #require(waitForControl())) }

  /// `switchyard` with the folders of this run.
  func command(_ words: String...) throws -> CommandRun {
    try CommandRun(
      words + ["--config", folder.path, "--state", folder.path + "/state"],
      environment: ["HOME": folder.path])
  }
}
