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
    case system(Int32)
  }

  /// The whole content of the regular file at `path`, at most `limit` bytes.
  ///
  /// With `isPrivate`, a file that its group or others can use at all is refused.
  package static func read(
    _ path: String, limit: Int, isPrivate: Bool = false
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
    guard status.st_size <= limit else { throw .tooLarge(limit: limit) }
    return try content(of: descriptor, expecting: Int(status.st_size), limit: limit)
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
    case .system(let code): "cannot be read: " + String(cString: strerror(code))
    }
  }
}
