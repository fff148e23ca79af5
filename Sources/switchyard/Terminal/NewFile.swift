import Files
import Glibc

/// A file that there was not before, or another in its place.
enum NewFile {
  /// Writes it whole; never over one that somebody may have edited.
  static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
    try write(bytes[...], to: path, mode: mode)
  }

  static func write(_ bytes: ArraySlice<UInt8>, to path: String, mode: mode_t) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      let advice = errno == EEXIST ? "; remove it first, or give another name" : ""
      throw CommandFailure("\(path): \(Process.lastError)\(advice)")
    }
    defer { close(descriptor) }
    let code = WholeWrite.write(bytes, to: descriptor)
    guard code == 0 else { throw CommandFailure("\(path): \(String(cString: strerror(code)))") }
  }

  /// Puts it in the place of what is there, in one step.
  static func replace(_ bytes: [UInt8], at path: String, mode: mode_t) throws {
    let draft = path + ".new"
    unlink(draft)
    try write(bytes, to: draft, mode: mode)
    guard rename(draft, path) == 0 else {
      let why = Process.lastError
      unlink(draft)
      throw CommandFailure("\(path): \(why)")
    }
  }
}
