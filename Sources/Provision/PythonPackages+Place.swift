import Digest
package import Manifest
import YAML

extension Configuration {
  /// Decides where the environments of all services are, below the folder of the state.
  ///
  /// Costs nothing for services without one; otherwise the lock file is read.
  package mutating func placeEnvironments(in state: String) {
    for index in services.indices {
      switch services[index].state {
      case .ready(var manifest) where manifest.process.usesPython:
        manifest.process.python.place(in: state)
        services[index].state = .ready(manifest)
      case .disabled(var manifest) where manifest.process.usesPython:
        manifest.process.python.place(in: state)
        services[index].state = .disabled(manifest)
      default: break
      }
    }
  }
}

extension PythonPackages {
  /// Bytes of a lock file.
  static let longestLock = 1 << 20

  /// The folder in which environments are.
  package static func shelf(in state: String) -> String { state + "/python" }

  package mutating func place(in state: String) { folder = Self.shelf(in: state) + "/" + name }

  /// 32 hexadecimal digits that are others where anything is that the environment follows from.
  ///
  /// Which interpreter a `PATH` has is not among that: terminals and clients have another one, and an
  /// environment that was made from one serves the other (`isBuilt` looks at the interpreter itself).
  private var name: String {
    var message: [UInt8] = []
    // Every part is preceded by its length, so no two lists run together to the same bytes.
    func append(_ bytes: some Collection<UInt8>) {
      message += Array("\(bytes.count):".utf8)
      message += bytes
    }
    append("switchyard python 1".utf8)
    append("\(requirements.count)".utf8)
    for requirement in requirements { append(requirement.utf8) }
    append((try? lockText()) ?? Array("missing".utf8))
    append(index.utf8)
    append(links.utf8)
    append(interpreter.utf8)
    return String(SHA256.hex(message).prefix(32))
  }

  /// The lock file; nothing where none is named.
  func lockText() throws(EnvironmentFailure) -> [UInt8] {
    guard !lock.isEmpty else { return [] }
    do throws(RegularFile.Failure) {
      return try RegularFile.read(lock, limit: Self.longestLock)
    } catch {
      throw EnvironmentFailure(
        "the lock file \(quoted(lock)) \(error); 'switchyard prepare --lock' writes it")
    }
  }
}

/// Why an environment could not be made.
package struct EnvironmentFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong and what to do, without a full stop; quotes the last lines of the installer.
  package var description: String

  package init(_ description: String) { self.description = description }
}
