import Files
import Glibc

/// A folder of the user's alone, with those that it lies in.
enum NewFolder {
  /// Leaves what is there as it is.
  static func make(_ path: String) throws {
    if path.isEmpty || Process.exists(path) { return }
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    if !parent.isEmpty { try make("/" + parent) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw CommandFailure("\(path): \(Process.lastError)")
    }
  }
}

extension Process {
  /// What lies in a folder; nothing where there is none.
  static func names(in folder: String) -> [String] {
    FolderTree.names(in: folder)
  }
}
