import Files
import Glibc
package import Manifest

/// All environments below one folder of the state.
package struct EnvironmentShelf {
  private let path: String

  package init(state: String) { path = PythonPackages.shelf(in: state) }

  /// The folders that no manifest of these configurations needs, those that were begun and never
  /// finished included; nothing that somebody makes at the moment.
  package func unused(by configurations: [Configuration]) -> [String] {
    var needed: Set<String> = []
    for entry in configurations.flatMap(\.services) {
      switch entry.state {
      case .ready(let manifest), .disabled(let manifest):
        if manifest.process.usesPython, let folder = manifest.process.python.folder {
          needed.insert(folder)
        }
      case .off: break
      }
    }
    return FolderTree.names(in: path).filter { !$0.hasSuffix(".lock") }.map { path + "/" + $0 }
      .filter { !needed.contains($0) && !isBeingMade($0) }
  }

  /// Removes one of them; false if somebody makes it meanwhile.
  @discardableResult
  package func remove(_ folder: String) -> Bool {
    let file = open(folder + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return false }
    defer { close(file) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return false }
    // Without its seal it is no environment, however far the removal comes.
    unlink(folder + "/" + PythonPackages.seal)
    FolderTree.remove(folder)
    unlink(folder + ".lock")
    return true
  }

  private func isBeingMade(_ folder: String) -> Bool {
    let file = open(folder + ".lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else { return false }
    defer { close(file) }
    return flock(file, LOCK_EX | LOCK_NB) != 0
  }
}
