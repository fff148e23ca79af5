/// How a server is started.
package struct ServerCommand: Sendable {
  /// What stands on the server's stdin and stdout.
  package enum Channel: String, Sendable, CaseIterable {
    case pipes
    /// A socket pair each, as clients built on Node pass them.
    case sockets
  }

  /// The executable (looked up in PATH if it has no slash) and its arguments.
  package var words: [String]
  /// Variables on top of what is inherited.
  package var environment: [String: String]
  /// Whether the variables of this process are passed on.
  package var inheritsEnvironment: Bool
  /// The working directory; ours when nil.
  package var directory: String?
  package var channel: Channel

  package init(
    _ words: [String], environment: [String: String] = [:], inheritsEnvironment: Bool = true,
    directory: String? = nil, channel: Channel = .pipes
  ) {
    self.words = words
    self.environment = environment
    self.inheritsEnvironment = inheritsEnvironment
    self.directory = directory
    self.channel = channel
  }
}

/// How a server ended.
package enum ServerExit: Hashable, Sendable, CustomStringConvertible {
  case code(Int32)
  case signal(Int32)

  package var description: String {
    switch self {
    case .code(let code): "exit code \(code)"
    case .signal(let signal): "signal \(signal)"
    }
  }
}

/// Why the harness itself could not go on.
package enum HarnessError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The server could not be started: the command and the error of the system.
  case notStarted(String, errno: Int32)
  /// Nothing that was waited for came in time.
  case timeout(String, Duration)
  /// The server closed its stdout while something was waited for.
  case closed(String)
  /// The server does not read its stdin any more: bytes that were left.
  case notRead(Int)
  /// stdin was closed before.
  case inputClosed

  package var description: String {
    switch self {
    case .notStarted(let command, let code):
      "cannot start \(command): \(SystemText.error(code))"
    case .timeout(let awaited, let duration): "no \(awaited) within \(duration)"
    case .closed(let awaited): "the server closed its stdout before \(awaited)"
    case .notRead(let count): "the server did not read its stdin; \(count) bytes were left"
    case .inputClosed: "stdin of the server was closed before"
    }
  }
}
