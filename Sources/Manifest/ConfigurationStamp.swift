import Glibc

/// Which files a folder holds and which contents they have, as far as the file system tells.
///
/// Two equal stamps mean that there is nothing to read anew; a stamp that is the same before and
/// after a reading means that nothing was written meanwhile. Costs one `stat` for each file.
package struct ConfigurationStamp: Hashable, Sendable {
  /// What stat(2) says of a file.
  private struct Mark: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    var mode: UInt32
    var modified: [Int]
    var changed: [Int]

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
      mode = status.st_mode
      modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
      changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }

  private var files: [String: Mark] = [:]
  /// The folders in which the files lie, symbolic links followed: what is to be watched.
  package private(set) var folders: Set<String> = []

  /// - Parameters:
  ///   - directory: the folder of the configuration.
  ///   - others: manifests that lie elsewhere, those of plugins.
  package init(of directory: String, others: [String] = []) {
    add(folder: directory) { $0 == "gateway.yaml" }
    add(folder: directory + "/manifests") { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
    add(folder: directory + "/secrets") { !$0.hasPrefix(".") }
    for file in others { add(file: file) }
  }

  private mutating func add(folder: String, _ isWanted: (String) -> Bool) {
    if let real = Self.realPath(folder) { folders.insert(real) }
    // Whether there is one matters too.
    files[folder] = Mark(folder).map { mark in
      var mark = mark
      (mark.size, mark.modified, mark.changed) = (0, [], [])
      return mark
    }
    let names = (try? Folder.names(in: folder)) ?? []
    for name in names where isWanted(name) { add(file: folder + "/" + name) }
  }

  private mutating func add(file: String) {
    files[file] = Mark(file)
    guard let real = Self.realPath(file) else { return }
    folders.insert(FilePath.folder(of: real))
    // Where a link is exchanged, the folder of the link tells.
    folders.insert(FilePath.folder(of: file))
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
