import Digest
import Glibc

/// Which file an executable is, as far as a catalogue cares.
package struct FileStamp: Hashable, Sendable {
  package var size: Int64
  /// Nanoseconds since 1970.
  package var modified: Int64

  package init(size: Int64, modified: Int64) {
    self.size = size
    self.modified = modified
  }

  /// nil if nothing is at `path`.
  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    size = Int64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }
}

/// The key under which a service's catalogue is kept.
///
/// It changes when the command, its arguments, directory or executable change,
/// or the *names* of its variables. Values of variables do not enter: they may
/// be secrets, and a digest of a short secret can be guessed.
package enum CommandDigest {
  /// 64 hexadecimal digits. `stamp` is nil if the executable cannot be found.
  package static func of(
    executable: String, arguments: [String], environmentNames: [String], directory: String,
    stamp: FileStamp?
  ) -> String {
    var message: [UInt8] = []
    // Every part is preceded by its length, so no two lists run together to the same bytes.
    func append(_ text: String) {
      message += Array("\(text.utf8.count):".utf8)
      message += Array(text.utf8)
    }
    func append(_ texts: [String]) {
      append("\(texts.count)")
      for text in texts { append(text) }
    }
    append("switchyard command 1")
    append(executable)
    append(arguments)
    append(environmentNames.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    append(directory)
    append(stamp.map { "\($0.size) \($0.modified)" } ?? "missing")
    return SHA256.hex(message)
  }
}
