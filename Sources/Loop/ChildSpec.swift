import Glibc

/// What to start, completely: nothing is inherited but what is named here.
package struct ChildSpec: Sendable, Hashable {
  /// An absolute path; no search, no shell.
  package var executable: String
  /// argv, argv[0] included.
  package var arguments: [String]
  /// `NAME=value` each. The lineage marker is added by `Child.spawn`.
  package var environment: [String]
  /// The working directory; ours when nil.
  package var directory: String?
  /// RLIMIT_DATA in bytes; ours when nil.
  package var dataLimit: UInt64?
  /// The program itself, opened: what is run is this file, whatever `executable` names by then.
  package var program: OpenProgram?

  package init(
    executable: String, arguments: [String], environment: [String] = [],
    directory: String? = nil, dataLimit: UInt64? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.dataLimit = dataLimit
  }
}

/// How a process ended.
package enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
  /// The code passed to exit, 0 to 255; -1 when somebody else reaped it.
  case exited(Int32)
  /// The number of the signal that ended it.
  case signalled(Int32)

  package var description: String {
    switch self {
    case .exited(let code): "exited with code \(code)"
    case .signalled(let signal): "was ended by signal \(signal)"
    }
  }
}

/// A program's file, open for as long as somebody means to run it.
package final class OpenProgram: Sendable, Hashable {
  package let descriptor: Int32

  /// Owns the descriptor, which must not be one of the first three.
  package init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  package static func == (left: OpenProgram, right: OpenProgram) -> Bool { left === right }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
