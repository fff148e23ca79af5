import Files
import Glibc

extension ConfigFile {
  /// The path that reading or writing `path` really touches; links may lead to nothing yet.
  static func followLinks(from path: String) throws(ConfigFileError) -> String {
    var path = path
    for _ in 0..<40 {
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return path }
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(path, &buffer, buffer.count)
      guard count > 0 else { throw ConfigFileError(.cannot("follow the link"), path: path) }
      let link = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let isAbsolute = link.utf8.first == UInt8(ascii: "/")
      path = isAbsolute ? link : path.splitAtLastSlash.folder + "/" + link
    }
    errno = ELOOP
    throw ConfigFileError(.cannot("follow the link"), path: path)
  }

  /// The whole file, at most `limit` bytes.
  static func read(_ path: String) throws(ConfigFileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ConfigFileError(.cannot("read"), path: path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw ConfigFileError(.cannot("read"), path: path) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw ConfigFileError(.tooLarge, path: path) }
    }
  }

  /// Creates `path`, which must not exist, and does not return before the bytes are on disk.
  static func write(
    _ bytes: [UInt8], to path: String, mode: mode_t, owner: Status?
  ) throws(ConfigFileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw ConfigFileError(.cannot("create"), path: path) }
    defer { close(descriptor) }
    // Best effort: only root can give a file away, and then it should.
    if let owner { _ = fchown(descriptor, owner.user, owner.group) }
    guard fchmod(descriptor, mode) == 0, WholeWrite.write(bytes[...], to: descriptor) == 0,
      fsync(descriptor) == 0
    else {
      let error = ConfigFileError(.cannot("write"), path: path)
      unlink(path)
      throw error
    }
  }

  static func createFolders(_ folder: String) throws(ConfigFileError) {
    if folder.isEmpty || mkdir(folder, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT else { throw ConfigFileError(.cannot("create the folder"), path: folder) }
    try createFolders(folder.splitAtLastSlash.folder)
    guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
      throw ConfigFileError(.cannot("create the folder"), path: folder)
    }
  }

  /// Makes a rename survive a power cut; a file system that cannot is left as it is.
  static func flushFolder(_ folder: String) {
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}

/// Why a file was not read or replaced.
package struct ConfigFileError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: Hashable, Sendable {
    /// The system refused; `systemError` says why.
    case cannot(String)
    case notAFile, tooLarge, readOnly
    /// Somebody wrote the file between our reading and our replacing it.
    case changed
  }

  package var reason: Reason
  package var path: String
  /// `errno` at the time.
  package var systemError: Int32

  init(_ reason: Reason, path: String) {
    systemError = errno
    self.reason = reason
    self.path = path
  }

  var isTaken: Bool { reason == .cannot("create") && systemError == EEXIST }

  package var description: String {
    switch reason {
    case .cannot(let verb): "cannot \(verb) \(path): \(String(cString: strerror(systemError)))"
    case .notAFile: "\(path) is not a regular file; give another one with --file"
    case .tooLarge: "\(path) is larger than \(ConfigFile.limit >> 20) MiB; give another with --file"
    case .readOnly: "\(path) is read-only; allow writing to it (chmod u+w) and run this again"
    case .changed: "\(path) was changed by another program just now; run this again"
    }
  }
}

extension String {
  /// `/a/b/c` is `/a/b` and `c`; a path without a slash lies in `.`.
  var splitAtLastSlash: (folder: String, name: String) {
    guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", self) }
    return (String(self[..<slash]), String(self[utf8.index(after: slash)...]))
  }
}
