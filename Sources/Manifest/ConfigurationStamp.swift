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
  /// The folders in which the files and the links to them lie: what is to be watched.
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
    // Whether there is one matters, its own times do not.
    files[folder] = Mark(folder).map { mark in
      var mark = mark
      (mark.size, mark.modified, mark.changed) = (0, [], [])
      return mark
    }
    follow(folder, isFolder: true)
    let names = (try? Folder.names(in: folder)) ?? []
    for name in names where isWanted(name) { add(file: folder + "/" + name) }
  }

  private mutating func add(file: String) {
    files[file] = Mark(file)
    follow(file, isFolder: false)
  }

  /// Adds the folder in which a path ends, and each folder that holds a link on the way there.
  private mutating func follow(_ path: String, isFolder: Bool) {
    var rest = path.split(separator: "/").reversed().map(String.init)
    var current: [String] = []
    var links = 0
    while let name = rest.popLast() {
      if name == "." { continue }
      if name == ".." {
        _ = current.popLast()
        continue
      }
      let parent = "/" + current.joined(separator: "/")
      guard let target = Self.target(of: parent + "/" + name), links < Self.linkLimit else {
        current.append(name)
        continue
      }
      links += 1
      folders.insert(parent)
      if target.utf8.first == UInt8(ascii: "/") { current.removeAll() }
      rest += target.split(separator: "/").reversed().map(String.init)
    }
    let end = "/" + (isFolder ? current : current.dropLast()).joined(separator: "/")
    if Mark(end) != nil { folders.insert(end) }
  }

  /// As many as the kernel follows.
  private static let linkLimit = 40

  private static func target(of path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
