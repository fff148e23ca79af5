// Files and folders, as everybody needs them who makes some: environments of Python, bundles,
// clients' configurations, tests.
//
// Nothing is kept between calls, and nothing here runs on the way of a call. It knows no formats
// and decides on no modes: whoever opens a file does.

import Glibc

/// A folder with everything in it.
///
/// Errors are not told: what cannot be read counts as empty, what cannot be removed stays.
package enum FolderTree {
  /// Removes a folder and what is in it, or a file; links are removed and not followed.
  package static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in names(in: path) { remove(path + "/" + name) }
    }
    _ = Glibc.remove(path)
  }

  /// What stands in a folder but `.` and `..`, sorted by its bytes; nothing where there is none.
  package static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
