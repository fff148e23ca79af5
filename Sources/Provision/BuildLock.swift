import Glibc
import Loop
import YAML

/// That one process at a time makes an environment, of all gateways and commands there are.
///
/// A lock of the kernel on a file: it ends with the process that holds it, however that ends, so
/// there is no stale one. The file says which process holds it, for people.
struct BuildLock {
  private let descriptor: Int32

  /// Waits until it is free, at most until the deadline; `waits` hears once who holds it.
  init(
    _ path: String, until deadline: ContinuousClock.Instant, waits: (String) -> Void
  ) throws(EnvironmentFailure) {
    var file = try Self.open(path)
    var hasTold = false
    // Whoever cleans up removes the file with the lock in hand: then another one counts.
    while flock(file, LOCK_EX | LOCK_NB) != 0 || !Self.isFile(file, at: path) {
      let holder = Self.holder(file)
      close(file)
      if !hasTold { waits(holder) }
      hasTold = true
      guard ContinuousClock.now < deadline else {
        throw EnvironmentFailure("process \(holder) makes it and does not come to an end")
      }
      usleep(50_000)
      file = try Self.open(path)
    }
    descriptor = file
    let text = Array("\(getpid()) \(ProcessIdentity.current?.startTime ?? 0)\n".utf8)
    ftruncate(file, 0)
    _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
  }

  private static func open(_ path: String) throws(EnvironmentFailure) -> Int32 {
    let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
    guard file >= 0 else {
      throw EnvironmentFailure("\(quoted(path)): \(String(cString: strerror(errno)))")
    }
    return file
  }

  private static func isFile(_ file: Int32, at path: String) -> Bool {
    var own = stat()
    var there = stat()
    return fstat(file, &own) == 0 && stat(path, &there) == 0 && own.st_ino == there.st_ino
      && own.st_dev == there.st_dev
  }

  /// Lets the next one have it; once.
  func release() {
    ftruncate(descriptor, 0)
    close(descriptor)
  }

  /// The number of the process that wrote itself into the file.
  private static func holder(_ file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(file, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }
    return digits.isEmpty ? "another" : String(decoding: digits, as: UTF8.self)
  }
}
