import Glibc

/// The login of one service, a file of its owner's alone: `STATE/logins/SERVICE.json`.
///
/// It is read through one descriptor that is checked first (no link, no other owner, no mode that
/// lets others in), and replaced as a whole, so that a reader sees the old one or the new one. What
/// it holds is nobody's business here.
package struct LoginFile: Hashable, Sendable {
  package enum Failure: Error, Hashable, Sendable {
    /// It is not a file of ours alone.
    case notPrivate
    case tooLarge
    case system(Int32)
  }

  static let limit = 64 << 10
  private let folder: String
  private let service: String
  package var path: String { "\(folder)/\(service).json" }

  /// - Parameters:
  ///   - state: the folder of the state file.
  ///   - service: a name that a manifest may have.
  package init(state: String, service: String) {
    folder = state + "/logins"
    self.service = service
  }

  /// Nil where there is none.
  package func read() throws(Failure) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw errno == ELOOP ? .notPrivate : .system(errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0,
      status.st_uid == geteuid()
    else { throw .notPrivate }
    guard status.st_size <= Self.limit else { throw .tooLarge }
    var bytes = [UInt8](repeating: 0, count: Self.limit + 1)
    var count = 0
    while count < bytes.count {
      let read = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
      }
      if read == 0 { return Array(bytes.prefix(count)) }
      if read < 0, errno != EINTR { throw .system(errno) }
      count += max(0, read)
    }
    throw .tooLarge
  }

  /// Replaces it, with mode 0600 in a folder with mode 0700.
  package func write(_ bytes: [UInt8]) throws(Failure) {
    try makeFolder()
    let draft = "\(path).\(getpid())"
    unlink(draft)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(errno) }
    var code: Int32 = 0
    var rest = bytes[...]
    while code == 0, !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { code = errno }
    }
    if code == 0, fsync(descriptor) != 0 { code = errno }
    close(descriptor)
    if code == 0, rename(draft, path) != 0 { code = errno }
    guard code == 0 else {
      unlink(draft)
      throw .system(code)
    }
  }

  /// Says whether there was one.
  package func remove() -> Bool { unlink(path) == 0 }

  /// The right to replace it, while the value is kept; nil while another process has it.
  package func lock() throws(Failure) -> LoginLock? {
    try makeFolder()
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open("\(folder)/\(service).lock", flags, 0o600)
    guard descriptor >= 0 else { throw .system(errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      if code == EWOULDBLOCK || code == EINTR { return nil }
      throw .system(code)
    }
    return LoginLock(descriptor)
  }

  private func makeFolder() throws(Failure) {
    do throws(StoreError) {
      try StateFolder.makeFolder(folder)
    } catch {
      guard case .folder(let code) = error else { throw .notPrivate }
      throw .system(code)
    }
    var status = stat()
    guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == geteuid()
    else { throw .notPrivate }
    if status.st_mode & 0o077 != 0 { chmod(folder, 0o700) }
  }
}

/// Held by one process at a time; given back when it is released.
package final class LoginLock: Sendable {
  private let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }
}

extension LoginFile.Failure: CustomStringConvertible {
  /// What follows the name of the file.
  package var description: String {
    switch self {
    case .notPrivate: "is not a file of its owner's alone; remove it and log in again"
    case .tooLarge: "is too large; remove it and log in again"
    case .system(let code): "cannot be used: " + String(cString: strerror(code))
    }
  }
}
