import Glibc

extension ZipArchive {
  /// Puts everything into the new folder `folder`, all of it or nothing.
  ///
  /// Files get mode 0600, or 0700 where the archive or `executables` says so; folders 0700. The
  /// folder appears under its name when it is whole; its parent must exist.
  package func unpack(into folder: String, executables: Set<String> = []) throws(ZipError) {
    let draft = "\(folder).unpacking-\(getpid())"
    Self.delete(draft)
    do throws(ZipError) {
      try Self.makeFolder(draft)
      var made: Set<String> = []
      for entry in entries {
        let parents = ZipPath.parents(of: entry.path).map { String(decoding: $0, as: UTF8.self) }
        let folders = parents + (entry.isFolder ? [entry.path] : [])
        for path in folders where made.insert(path).inserted {
          try Self.makeFolder(draft + "/" + path)
        }
        guard !entry.isFolder else { continue }
        let isExecutable = entry.isExecutable || executables.contains(entry.path)
        try write(entry, to: draft + "/" + entry.path, mode: isExecutable ? 0o700 : 0o600)
      }
      guard rename(draft, folder) == 0 else { throw ZipError(.system(folder, errno)) }
    } catch {
      Self.delete(draft)
      throw error
    }
  }

  private static func makeFolder(_ path: String) throws(ZipError) {
    guard mkdir(path, 0o700) == 0 else { throw ZipError(.system(path, errno)) }
  }

  private func write(_ entry: Entry, to path: String, mode: mode_t) throws(ZipError) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = open(path, flags, mode)
    guard descriptor >= 0 else { throw ZipError(.system(path, errno)) }
    defer { close(descriptor) }
    try read(entry) { (piece) throws(ZipError) in
      var rest = piece
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
          rest = rest.dropFirst(count)
        } else if errno != EINTR {
          throw ZipError(.system(path, errno))
        }
      }
    }
  }

  /// Removes a folder and what is in it; links are removed, not followed.
  private static func delete(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR, let folder = opendir(path) {
      var names: [String] = []
      while let entry = readdir(folder) {
        names.append(
          withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
          })
      }
      closedir(folder)
      for name in names where name != "." && name != ".." { delete(path + "/" + name) }
    }
    remove(path)
  }
}
