import Glibc

/// Reads files that people wrote, and nothing else.
///
/// A fifo, a device, a directory or a huge file costs no time and no memory:
/// the descriptor is opened non-blocking, checked with `fstat`, and read to a
/// limit (reliability row M02). Symbolic links are followed.
package enum RegularFile {
  package enum Failure: Error, Hashable, Sendable {
    case missing
    case notRegular
    case tooLarge(limit: Int)
    /// The file may be read or written by others than its owner; only where that is asked.
    case notPrivate
    /// Others than its owner and root can change it; only where that is asked.
    case exposed
    case system(Int32)
  }

  /// The whole content of the regular file at `path`, at most `limit` bytes.
  ///
  /// With `isPrivate`, a file that its group or others can use at all is refused; with `isGuarded`,
  /// one that others can change. Both are asked of the open file, which is then read.
  package static func read(
    _ path: String, limit: Int, isPrivate: Bool = false, isGuarded: Bool = false
  ) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      throw errno == ENOENT || errno == ENOTDIR ? .missing : .system(errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    guard !isPrivate || status.st_mode & 0o077 == 0 else { throw .notPrivate }
    guard !isGuarded || Self.isGuarded(status) else { throw .exposed }
    guard status.st_size <= limit else { throw .tooLarge(limit: limit) }
    return try content(of: descriptor, expecting: Int(status.st_size), limit: limit)
  }

  /// Whether nobody but root and us can change what is at `path`; true where there is nothing.
  package static func isGuarded(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 || isGuarded(status)
  }

  /// It belongs to root or to us, and its mode lets nobody else write. A group with the number of
  /// the user is the user's own, as most distributions have it, or root's.
  private static func isGuarded(_ status: stat) -> Bool {
    let user = geteuid()
    guard status.st_uid == user || status.st_uid == 0, status.st_mode & 0o002 == 0 else {
      return false
    }
    return status.st_mode & 0o020 == 0 || status.st_gid == status.st_uid || status.st_gid == 0
  }

  /// Whether anything at all is at `path`, a broken link included.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR)
  }

  /// Reads to the end; the file may grow meanwhile, so the limit is checked again.
  private static func content(
    of descriptor: Int32, expecting size: Int, limit: Int
  ) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(max(size, 511), 1 << 16) + 1)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(errno)
      }
      guard bytes.count + count <= limit else { throw .tooLarge(limit: limit) }
      bytes += chunk.prefix(count)
    }
  }
}

extension RegularFile.Failure: CustomStringConvertible {
  /// One phrase that follows the name of the file.
  package var description: String {
    switch self {
    case .missing: "does not exist"
    case .notRegular: "is not a regular file"
    case .tooLarge(let limit): "is larger than \(limit) bytes"
    case .notPrivate: "can be used by others than its owner; run chmod 600 on it"
    case .exposed: "can be changed by others; run chmod go-w on it, and have it belong to you"
    case .system(let code): "cannot be read: " + String(cString: strerror(code))
    }
  }
}
