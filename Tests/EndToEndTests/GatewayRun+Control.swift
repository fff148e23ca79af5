import CommandTesting
import Glibc
import Harness
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

  /// Writes a request and reads until the other side closes.
  func page(_ request: String) throws -> String {
    let bytes = Array(request.utf8)
    _ = bytes.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(socket, &chunk, chunk.count)
      guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
      answer += chunk[..<count]
    }
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

  /// A counter or gauge of one service; nil when the gateway does not export it.
  func metric(_ name: String, of service: String) throws -> Int? {
    let text = try control().ask(#"{"command":"metrics"}"#)["text"]?.stringValue ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name){service=\"\(service)\"") }
    return line?.split(separator: " ").last.flatMap { Int($0) }
  }

  var controlCount: Int { ControlAddress.all(in: folder.path + "/state").count }

  /// What the gateway says of one service; nil if it does not know it.
  func status(of service: String) -> JSONValue? {
    let status = try? control().ask(#"{"command":"status"}"#)
    return status?["services"]?.arrayValue?.first { $0["name"]?.stringValue == service }
  }

  /// What a reload would do now.
  func difference() throws -> JSONValue { try control().ask(#"{"command":"diff"}"#) }

  func manifest(_ service: Service) -> String {
    let variables = [ProcessMarker.name: marker.value, "SERVICE": service.name]
    return service.manifest(command: Self.backend, variables: variables)
  }

  /// Writes a manifest beside, or in place of, those that are there.
  func write(_ service: Service) throws {
    try folder.write(manifest(service), to: "manifests/\(service.name).yaml")
  }

  /// `switchyard` with the folders of this run.
  func command(_ words: String...) throws -> CommandRun {
    try CommandRun(
      words + ["--config", folder.path, "--state", folder.path + "/state"],
      environment: ["HOME": folder.path])
  }
}
