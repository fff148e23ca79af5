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
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw CommandFailure("\(path): \(Process.lastError)")
      }
    }
  }
}
