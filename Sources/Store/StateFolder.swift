import Glibc

/// The folder that holds the state file, made with the right modes.
struct StateFolder {
  private let directory: String
  /// The path of the state file.
  let path: String

  init(_ directory: String) throws(StoreError) {
    self.directory = directory
    path = directory + "/state.sqlite"
    try prepare()
  }

  init(path: String) throws(StoreError) {
    self.path = path
    directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    try prepare()
  }

  /// Makes the folder 0700 and the file 0600. SQLite gives `-wal` and `-shm` the file's mode.
  private func prepare() throws(StoreError) {
    try Self.makeFolder(directory)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { throw .folder(code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .folder(code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .folder(code: EINVAL) }
    if status.st_mode & 0o077 != 0 { fchmod(descriptor, 0o600) }
  }

  private static func makeFolder(_ directory: String) throws(StoreError) {
    if mkdir(directory, 0o700) == 0 { return }
    switch errno {
    case EEXIST: return
    case ENOENT:
      guard let slash = directory.lastIndex(of: "/"), slash != directory.startIndex else {
        throw .folder(code: ENOENT)
      }
      try makeFolder(String(directory[..<slash]))
      guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw .folder(code: errno) }
    default: throw .folder(code: errno)
    }
  }

  /// Moves a damaged file to `state.sqlite.damaged`, unless `isUsable` succeeds by now:
  /// another gateway may have been quicker. Returns what to tell, if anything was moved.
  func setDamagedAside(unless isUsable: () throws(StoreError) -> Void) throws(StoreError) -> String?
  {
    let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { throw .folder(code: errno) }
    defer { close(lock) }
    while flock(lock, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EINTR else { throw .locked }
    }
    do throws(StoreError) {
      try isUsable()
      return nil
    } catch {
      guard error.isDamage else { throw error }
    }
    for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
    guard rename(path, path + ".damaged") == 0 else { throw .folder(code: errno) }
    try prepare()
    return "the state file was damaged; it was moved to state.sqlite.damaged and begun anew"
  }
}
