import Glibc
import Loop
import RawJSON
import Store

/// A running gateway, told things through its socket in the state folder.
struct ControlClient {
  /// Milliseconds until a gateway counts as one that does not answer.
  static let patience = 5_000
  /// Bytes of an answer.
  private static let longestAnswer = 64 << 20

  let address: ControlAddress

  /// Every gateway of a state folder; the names of those that have died are removed.
  static func all(in state: String) -> [ControlClient] {
    ControlAddress.all(in: state).filter { address in
      LocalSocket.removeIfStale(address.path)
      return access(address.path, F_OK) == 0
    }.map { ControlClient(address: $0) }
  }

  /// Why there is no answer, or that it is a refusal.
  enum Failure: Error, CustomStringConvertible {
    case unreachable(SystemError)
    /// It took the command and ended or stayed silent.
    case silent
    /// `code` is a word for programs.
    case refused(code: String, message: String)

    var description: String {
      switch self {
      case .unreachable(let error): "it cannot be reached: \(error)"
      case .silent: "it did not answer"
      case .refused(_, let message): message
      }
    }
  }

  /// Sends one command and returns the members of its answer.
  func ask(
    _ command: JSONValue, milliseconds: Int = ControlClient.patience
  ) throws(Failure) -> JSONObject {
    let socket: Int32
    do throws(SystemError) {
      socket = try LocalSocket.connect(to: address.path, milliseconds: milliseconds)
    } catch {
      throw .unreachable(error)
    }
    defer { close(socket) }
    send(command.serialized() + [0x0A], on: socket)
    guard let line = readLine(from: socket),
      let answer = (try? JSONValue(parsing: line))?.objectValue
    else { throw .silent }
    guard answer["ok"] == true else {
      let error = answer["error"]
      throw .refused(
        code: error?["code"]?.stringValue ?? "", message: error?["message"]?.stringValue ?? "")
    }
    return answer
  }

  private func send(_ bytes: [UInt8], on socket: Int32) {
    var at = 0
    while at < bytes.count {
      let count = bytes[at...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 { at += count } else if errno != EINTR { return }
    }
  }

  private func readLine(from socket: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < Self.longestAnswer {
      let count = read(socket, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      bytes += chunk[..<count]
      if let end = bytes.firstIndex(of: 0x0A) { return Array(bytes[..<end]) }
    }
    return nil
  }
}
