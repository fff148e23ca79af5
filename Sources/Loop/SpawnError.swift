import CSpawn
import CUV
import Glibc

/// Why a child could not be started.
package struct SpawnError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Stage: Hashable, Sendable {
    /// Fewer spare descriptors than a child may take from the rest of the process.
    case admission
    case pipe, fork, descriptor, limit, directory, exec
  }

  /// What the failure means for whoever wants the child.
  package enum Reason: Hashable, Sendable {
    case notFound, interpreterNotFound, notExecutable, isDirectory, wrongFormat
    case directoryMissing
    /// No descriptors left, here or in the system (EMFILE, ENFILE). Goes away by itself.
    case descriptors
    /// No process or memory to be had (EAGAIN, ENOMEM). Goes away by itself.
    case resources
    case other
  }

  package var stage: Stage
  package var code: Int32
  package var reason: Reason
  /// The executable or directory that the failure is about.
  package var path: String

  /// Whether trying later, unchanged, may work.
  package var isTransient: Bool { reason == .descriptors || reason == .resources }

  /// One sentence.
  package var description: String {
    switch reason {
    case .notFound: "\(path) does not exist."
    case .interpreterNotFound: "The interpreter or loader that \(path) names does not exist."
    case .notExecutable: "\(path) is not executable by this user."
    case .isDirectory: "\(path) is a directory, not a program."
    case .wrongFormat:
      "\(path) is no program for this machine (another architecture, or a script without #!)."
    case .directoryMissing:
      "The working directory \(path) cannot be entered: \(String(cString: strerror(code)))."
    case .descriptors: "No file descriptors are left to start \(path)."
    case .resources: "The system has no process or memory left to start \(path)."
    case .other:
      "\(path) could not be started (\(stage)): \(String(cString: strerror(code)))."
    }
  }

  static func admission(_ spec: ChildSpec) -> SpawnError {
    SpawnError(stage: .admission, code: EMFILE, reason: .descriptors, path: spec.executable)
  }

  /// Asks the file system what an errno of execve was about.
  init(stage: Stage, code: Int32, spec: ChildSpec) {
    self.stage = stage
    self.code = code
    path = stage == .directory ? (spec.directory ?? "") : spec.executable
    reason = Self.reason(stage, code, spec)
  }

  private init(stage: Stage, code: Int32, reason: Reason, path: String) {
    (self.stage, self.code, self.reason, self.path) = (stage, code, reason, path)
  }

  private static func reason(_ stage: Stage, _ code: Int32, _ spec: ChildSpec) -> Reason {
    switch (stage, code) {
    case (_, EMFILE), (_, ENFILE): return .descriptors
    case (_, EAGAIN), (_, ENOMEM): return .resources
    case (.directory, _): return .directoryMissing
    case (.exec, ENOEXEC): return .wrongFormat
    case (.exec, ENOENT), (.exec, ENOTDIR):
      return access(spec.executable, F_OK) == 0 ? .interpreterNotFound : .notFound
    case (.exec, EACCES), (.exec, EPERM):
      var status = stat()
      guard stat(spec.executable, &status) == 0 else { return .notExecutable }
      return status.st_mode & S_IFMT == S_IFDIR ? .isDirectory : .notExecutable
    default: return .other
    }
  }

  init(_ result: cspawn_result, spec: ChildSpec) {
    let stage: Stage =
      switch result.stage {
      case Int32(CSPAWN_FORK.rawValue): .fork
      case Int32(CSPAWN_DESCRIPTOR.rawValue): .descriptor
      case Int32(CSPAWN_LIMIT.rawValue): .limit
      case Int32(CSPAWN_DIRECTORY.rawValue): .directory
      default: .exec
      }
    self.init(stage: stage, code: result.error, spec: spec)
  }
}
