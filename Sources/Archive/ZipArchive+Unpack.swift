import Files
import Glibc

extension ZipArchive {
  /// Puts everything into the new folder `folder`, all of it or nothing.
  ///
  /// Files get mode 0600, or 0700 where the archive or `executables` says so; folders 0700. The
  /// folder appears under its name when it is whole; its parent must exist.
  package func unpack(into folder: String, executables: Set<String> = []) throws(ZipError) {
    let draft = "\(folder).unpacking-\(getpid())"
    FolderTree.remove(draft)
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
      FolderTree.remove(draft)
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
      let code = WholeWrite.write(piece, to: descriptor)
      guard code == 0 else { throw ZipError(.system(path, code)) }
    }
  }
}
