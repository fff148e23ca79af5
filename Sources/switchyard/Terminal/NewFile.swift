import Files
import Glibc

/// A file that there was not before.
enum NewFile {
  /// Writes it whole; never over one that somebody may have edited.
  static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      let advice = errno == EEXIST ? "; remove it first, or give another name" : ""
      throw CommandFailure("\(path): \(Process.lastError)\(advice)")
    }
    defer { close(descriptor) }
    let code = WholeWrite.write(bytes[...], to: descriptor)
    guard code == 0 else { throw CommandFailure("\(path): \(String(cString: strerror(code)))") }
  }
}
