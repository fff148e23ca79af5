import Glibc
import Loop
import RawJSON
import Store

/// A running gateway, told things through its socket in the state folder.
struct ControlClient {
  /// Milliseconds until a gateway counts as one that does not answer.
  static let patience = 5_000
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
    let line: [UInt8]?
    do throws(SystemError) {
      line = try address.ask(command.serialized(), milliseconds: milliseconds)
    } catch {
      throw .unreachable(error)
    }
    guard let line, let answer = (try? JSONValue(parsing: line))?.objectValue else {
      throw .silent
    }
    guard answer["ok"] == true else {
      let error = answer["error"]
      throw .refused(
        code: error?["code"]?.stringValue ?? "", message: error?["message"]?.stringValue ?? "")
    }
    return answer
  }
}
