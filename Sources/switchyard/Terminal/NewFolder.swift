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
  /// What lies in a folder, in no order; nothing where there is none.
  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
