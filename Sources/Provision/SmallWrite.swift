import Files
import Glibc

/// A file of some kilobytes, written whole.
enum SmallWrite {
  /// Returns 0 or why it could not be written (errno).
  static func write(_ bytes: [UInt8], to path: String) -> Int32 {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(path, flags, 0o600)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    let code = WholeWrite.write(bytes[...], to: descriptor)
    guard code == 0 else { return code }
    return fsync(descriptor) == 0 ? 0 : errno
  }
}
