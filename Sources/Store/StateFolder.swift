import Glibc

/// The folder that holds the state file, and the lock under which files come and go.
///
/// SQLite finds `-wal` and `-shm` by path. A process that opened the old file a
/// moment before it was replaced would use the new one's log with it, so opening,
/// creating and replacing happen under `state.lock` and never at the same time.
struct StateFolder {
  private let directory: String
  /// The path of the state file.
  let path: String

  init(_ directory: String) {
    self.directory = directory
    path = directory + "/state.sqlite"
  }

  /// Runs `body` while no other process opens or replaces the file.
  ///
  /// Makes the folder (0700) if it is missing. Waits at most `timeout` milliseconds.
  func locked<Result>(
    timeout: Int32, _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try Self.makeFolder(directory)
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let lock = open(directory + "/state.lock", flags, 0o600)
    guard lock >= 0 else { throw .folder(code: errno) }
    defer { close(lock) }
    var waited: Int32 = 0
    while flock(lock, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { throw .folder(code: errno) }
      guard waited < timeout else { throw .locked }
      usleep(2_000)
      waited += 2
    }
    return try body()
  }

  /// Makes an empty file with mode 0600 where there is none. Only under the lock.
  ///
  /// SQLite gives `-wal` and `-shm` the file's mode. The file itself is never opened here if it
  /// exists: closing a descriptor would drop the locks that SQLite holds on it (fcntl(2)).
  func prepare() throws(StoreError) {
    var status = stat()
    if lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
      if status.st_mode & 0o077 != 0 { chmod(path, 0o600) }
      // An empty database must not meet the log of one that was deleted.
      if status.st_size == 0 { removeLog() }
      return
    }
    guard errno == ENOENT else { throw .folder(code: errno) }
    removeLog()
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .folder(code: errno) }
    fchmod(descriptor, 0o600)
    close(descriptor)
  }

  /// Moves a damaged file to `state.sqlite.damaged`, over an earlier one. Only under the lock.
  func setAside() throws(StoreError) {
    guard rename(path, path + ".damaged") == 0 else { throw .folder(code: errno) }
    removeLog()
    try prepare()
  }

  private func removeLog() {
    for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
  }

  static func makeFolder(_ directory: String) throws(StoreError) {
    if mkdir(directory, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = directory.lastIndex(of: "/"), slash != directory.startIndex
    else { throw .folder(code: errno) }
    try makeFolder(String(directory[..<slash]))
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw .folder(code: errno) }
  }
}

/// Which file a path means at the moment.
struct FileIdentity: Hashable {
  private let device: UInt64
  private let inode: UInt64

  /// nil if there is no file at `path`.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }
}
