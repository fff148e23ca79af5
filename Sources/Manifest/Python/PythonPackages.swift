import Glibc
import YAML

/// Packages of Python that a service is made of, and where they come from: `process.python`.
///
/// They are installed into a virtual environment of their own, whose folder is not said by the
/// manifest: it follows from what is to be in it (`PythonPackages.place` of `Provision`).
package struct PythonPackages: Hashable, Sendable {
  /// Requirements as pip takes them; empty where the service needs no environment.
  package var requirements: [String] = []
  /// The file with every package and its version; absolute, empty where there is none.
  package var lock = ""
  /// What makes the environment: a name to be looked up in `PATH`, or an absolute path.
  package var interpreter = "python3"
  /// The address of a package index in place of the usual one; empty for that.
  package var index = ""
  /// A folder or page with files of packages; empty where there is none.
  package var links = ""
  /// The longest that making the environment may take.
  package var timeout = Duration.seconds(600)
  /// Where the environment is or will be, absolute; nil until it was decided.
  package var folder: String?

  package init() {}

  /// The file that says that an environment is whole: it is written last, and holds the mark of the
  /// interpreter with which it was made.
  package static let seal = "switchyard.seal"

  /// Whether the environment stands, with the interpreter with which it was made: one of another
  /// version, put into its place, would not find what was installed.
  package var isBuilt: Bool {
    guard let folder, let mark = Self.mark(ofInterpreterIn: folder) else { return false }
    return (try? RegularFile.read(folder + "/" + Self.seal, limit: 1 << 14)) == mark
  }

  /// What tells the interpreter of an environment from others: its file without links, its size and
  /// time of change. Nil where there is none.
  package static func mark(ofInterpreterIn folder: String) -> [UInt8]? {
    var status = stat()
    let link = folder + "/bin/python"
    guard access(link, X_OK) == 0, let path = realpath(link, nil) else { return nil }
    defer { free(path) }
    guard stat(path, &status) == 0 else { return nil }
    let time = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    return Array("\(String(cString: path)) \(status.st_size) \(time)\n".utf8)
  }
}

extension ProcessSpec {
  /// Whether it runs in an environment that is made for it.
  package var usesPython: Bool { !python.requirements.isEmpty }

  /// The folder with the programs of its environment, once that was decided.
  var ownPrograms: String? { usesPython ? python.folder.map { $0 + "/bin" } : nil }

  /// Why its environment cannot be used as things are; nil if it can, or if it needs none.
  var environmentTrouble: CommandTrouble? {
    guard usesPython, !python.isBuilt else { return nil }
    if !python.lock.isEmpty, access(python.lock, R_OK) != 0 { return .noLock(python.lock) }
    return .notBuilt
  }
}
