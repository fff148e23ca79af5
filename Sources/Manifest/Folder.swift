import Glibc

/// A folder's entries.
enum Folder {
  enum Failure: Error, Hashable {
    case missing
    case notFolder
    case system(Int32)
  }

  /// The names in the folder at `path`, sorted by their bytes, without `.` and `..`.
  static func names(in path: String) throws(Failure) -> [String] {
    guard let stream = opendir(path) else {
      switch errno {
      case ENOENT: throw .missing
      case ENOTDIR: throw .notFolder
      default: throw .system(errno)
      }
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let length = MemoryLayout.size(ofValue: entry.pointee.d_name)
      let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
        start.withMemoryRebound(to: UInt8.self, capacity: length) {
          String(decodingCString: $0, as: UTF8.self)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

extension Folder.Failure: CustomStringConvertible {
  /// One phrase that follows the name of the folder.
  var description: String {
    switch self {
    case .missing: "does not exist"
    case .notFolder: "is not a folder"
    case .system(let code): "cannot be read: " + String(cString: strerror(code))
    }
  }
}
