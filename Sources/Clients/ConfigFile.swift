import Files
import Glibc

/// A configuration file of a client: read once, then replaced as a whole or not at all.
///
/// Replacing writes a new file beside the old one, flushes it to disk and renames
/// it over the old one, so that no reader ever sees half a file. Before that, the
/// old bytes go into a backup beside it, under a name that nothing had before.
/// Symbolic links are followed: the file they lead to is replaced, the link stays.
package struct ConfigFile: Sendable {
  /// A file larger than this is no configuration of a client.
  package static let limit = 64 * 1024 * 1024

  /// The path as given.
  package let path: String
  /// The path after following symbolic links.
  package let target: String
  /// The bytes, or nil when the file does not exist yet.
  package let contents: [UInt8]?
  private let seen: Status?

  /// Follows links and reads the file.
  package init(path: String) throws(ConfigFileError) {
    self.path = path
    target = try Self.followLinks(from: path)
    seen = try Status(of: target)
    contents = seen == nil ? nil : try Self.read(target)
  }

  /// The backups that `replace` made earlier, newest first.
  package func backups() -> [String] {
    let (folder, name) = target.splitAtLastSlash
    return FolderTree.names(in: folder)
      .filter { $0.utf8.starts(with: (name + Self.backupMark).utf8) }.reversed()
      .map { folder + "/" + $0 }
  }

  /// Puts `text` in place of the file, creating it and its folders if need be.
  ///
  /// - Returns: the path of the backup, or nil when there was no file before.
  package func replace(with text: [UInt8]) throws(ConfigFileError) -> String? {
    let folder = target.splitAtLastSlash.folder
    if seen == nil { try Self.createFolders(folder) }
    let backup = try makeBackup()
    let mode = seen?.mode ?? 0o600
    let new = "\(target).switchyard-\(getpid())"
    _ = unlink(new)
    do {
      try Self.write(text, to: new, mode: mode, owner: seen)
      guard try Status(of: target) == seen else { throw ConfigFileError(.changed, path: target) }
      guard rename(new, target) == 0 else {
        throw ConfigFileError(.cannot("replace"), path: target)
      }
    } catch let error as ConfigFileError {
      _ = unlink(new)
      throw error
    } catch {}
    Self.flushFolder(folder)
    return backup
  }

  /// Removes the file, keeping its bytes in a backup.
  package func remove() throws(ConfigFileError) -> String? {
    let backup = try makeBackup()
    guard unlink(target) == 0 else { throw ConfigFileError(.cannot("remove"), path: target) }
    Self.flushFolder(target.splitAtLastSlash.folder)
    return backup
  }

  private static let backupMark = ".switchyard-backup-"

  private func makeBackup() throws(ConfigFileError) -> String? {
    guard let contents, let seen else { return nil }
    guard seen.mode & 0o200 != 0 else { throw ConfigFileError(.readOnly, path: target) }
    let first = target + Self.backupMark + Self.timestamp()
    for attempt in 1...99 {
      let path = attempt == 1 ? first : first + (attempt < 10 ? "-0" : "-") + "\(attempt)"
      do {
        try Self.write(contents, to: path, mode: seen.mode, owner: seen)
        return path
      } catch {
        guard error.isTaken else { throw error }
      }
    }
    throw ConfigFileError(.cannot("back up"), path: target)
  }

  /// `20261121T101112Z`, the wall clock in UTC: names of backups sort by age.
  private static func timestamp() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y%m%dT%H%M%SZ", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// What is compared to notice that somebody else wrote the file meanwhile.
struct Status: Hashable, Sendable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  var seconds: Int
  var nanoseconds: Int
  var mode: mode_t
  var user: uid_t
  var group: gid_t

  /// - Returns: nil when there is nothing at `path`.
  /// - Throws: when it is not a regular file, too large, or cannot be looked at.
  init?(of path: String) throws(ConfigFileError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw ConfigFileError(.cannot("read"), path: path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ConfigFileError(.notAFile, path: path)
    }
    guard status.st_size <= ConfigFile.limit else { throw ConfigFileError(.tooLarge, path: path) }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    seconds = Int(status.st_mtim.tv_sec)
    nanoseconds = Int(status.st_mtim.tv_nsec)
    mode = status.st_mode & 0o7777
    user = status.st_uid
    group = status.st_gid
  }
}
