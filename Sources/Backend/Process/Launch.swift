package import Loop
package import Manifest
package import Provision

/// Turns a manifest's `process:` into what is handed to the kernel: an absolute
/// executable, an argument vector (never a shell), and an environment that holds
/// an allow list plus what the manifest declares (reliability 2.6, S07, S08).
package enum Launch {
  /// Inherited from our own environment when present; everything else is not.
  package static let inheritedVariables = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"]

  package enum Failure: Error, Hashable, Sendable {
    case commandNotFound(String)
    /// A folder of `PATH` is a relative one: which program that is depends on where we are.
    case notAbsolute(String)
    /// Its file is not the one that the manifest means.
    case refused(ProgramFile.Trouble)
  }

  /// - Parameter inherited: our own environment.
  package static func spec(
    _ process: ProcessSpec, inherited: [String: String]
  ) throws(Failure) -> ChildSpec {
    var variables: [(String, String)] = []
    for name in inheritedVariables {
      if let value = inherited[name] { variables.append((name, value)) }
    }
    // A Swift child that crashes must die at once instead of printing for seconds.
    variables.append(("SWIFT_BACKTRACE", "enable=no"))
    for variable in process.environment {
      variables.removeAll { $0.0 == variable.name }
      variables.append((variable.name, variable.value.exposed))
    }
    if process.usesPython, let folder = process.python.folder {
      variables.removeAll { $0.0 == "PATH" || $0.0 == "VIRTUAL_ENV" }
      variables.append(("PATH", process.searchPath(inherited: inherited)))
      variables.append(("VIRTUAL_ENV", folder))
    }
    let executable = try executable(of: process, inherited: inherited)
    return ChildSpec(
      executable: executable, arguments: [process.command] + process.arguments,
      environment: variables.map { $0.0 + "=" + $0.1 }, directory: process.directory,
      dataLimit: process.memory)
  }

  /// The absolute path of the command, by the `PATH` that the child will have.
  package static func executable(
    of process: ProcessSpec, inherited: [String: String]
  ) throws(Failure) -> String {
    try locate(process.command, path: process.searchPath(inherited: inherited))
  }

  /// An absolute path as it is; a bare name from the directories of `PATH`.
  package static func locate(_ command: String, path: String) throws(Failure) -> String {
    guard let file = ProcessSpec.locate(command, path: path) else {
      throw .commandNotFound(command)
    }
    guard file.utf8.first == UInt8(ascii: "/") else { throw .notAbsolute(file) }
    return file
  }
}
