import RawJSON

/// Why the gateway could not be asked.
enum GatewayClientError: Error {
  /// The executable could not be started.
  case cannotStart(path: String, systemError: String)
  /// It ended, or closed its output, before it answered.
  case ended(log: String)
  case timeout(seconds: Double)
  /// A line on its standard output was not a JSON-RPC message.
  case notAMessage(line: String)
  /// It answered with a JSON-RPC error.
  case refused(code: Int, message: String, data: JSONValue?)
  /// The person pressed Ctrl-C; the call was cancelled.
  case interrupted
}

extension GatewayClientError: CustomStringConvertible {
  /// One sentence for people; the log of the gateway follows where it helps.
  var description: String {
    switch self {
    case .cannotStart(let path, let systemError): "cannot start \(path): \(systemError)"
    case .ended(let log):
      "the gateway ended without an answer" + (log.isEmpty ? "" : "; it says:\n\(Self.shown(log))")
    case .timeout(let seconds):
      "no answer within \(seconds) s; --timeout waits longer, 'switchyard status' shows the services"
    case .notAMessage(let line): "the gateway wrote something that is not MCP: \(line)"
    case .refused(let code, let message, _): "\(message.printable()) (code \(code))"
    case .interrupted: "interrupted"
    }
  }

  /// What is wrong with the configuration as `switchyard check` tells it, other lines as they are.
  private static func shown(_ log: String) -> String {
    let lines = log.split(separator: "\n").map { line in
      let problem = (try? JSONValue(parsing: Array(line.utf8)))?["problem"]?.stringValue
      return problem?.printable() ?? String(line)
    }
    return lines.joined(separator: "\n")
  }

  var status: ExitStatus {
    if case .interrupted = self { .interrupted } else { .gateway }
  }

  /// What ends a command that was about a tool.
  var failure: CommandFailure {
    let isUnknown = if case .refused(-32602, _, _) = self { true } else { false }
    return CommandFailure(
      "\(self)" + (isUnknown ? "; 'switchyard list' shows the tools" : ""), status)
  }
}
