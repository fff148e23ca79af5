import Glibc
import Harness

/// A folder of its own for one test; removed with everything in it.
package final class TemporaryFolder {
  package let path: String

  struct Failure: Error {}

  package init() throws {
    var template = Array("/tmp/switchyard-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure() }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.delete(path) }

  /// Returns the path of the file.
  @discardableResult
  package func write(_ text: String, to name: String) throws -> String {
    let file = path + "/" + name
    guard SmallFile.write(Array(text.utf8), to: file) else { throw Failure() }
    return file
  }

  /// The content of a file, or nothing where there is none.
  package func read(_ name: String) -> String {
    String(decoding: SmallFile.bytes(of: path + "/" + name), as: UTF8.self)
  }

  /// Returns the path of the folder.
  @discardableResult
  package func makeFolder(_ name: String) throws -> String {
    let folder = path + "/" + name
    guard mkdir(folder, 0o700) == 0 else { throw Failure() }
    return folder
  }

  private static func delete(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR, let folder = opendir(path) {
      var names: [String] = []
      while let entry = readdir(folder) {
        names.append(
          withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
          })
      }
      closedir(folder)
      for name in names where name != "." && name != ".." { delete(path + "/" + name) }
    }
    remove(path)
  }
}
