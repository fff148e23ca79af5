import Files
package import Glibc

/// A folder of its own for one test; removed with everything in it.
package final class TemporaryFolder: Sendable {
  package let path: String

  package struct Failure: Error { package var code = errno }

  package init() throws {
    var template = Array("/tmp/switchyard-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure() }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { FolderTree.remove(path) }

  /// Writes a file and makes the folders it lies in; returns its path.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o600) throws -> String {
    let file = path + "/" + name
    var parent = path
    for part in name.split(separator: "/").dropLast() {
      parent += "/" + part
      mkdir(parent, 0o700)
    }
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw Failure() }
    defer { close(descriptor) }
    let code = WholeWrite.write(bytes[...], to: descriptor)
    guard code == 0 else { throw Failure(code: code) }
    fchmod(descriptor, mode)
    return file
  }

  /// Writes a text.
  @discardableResult
  package func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
    try write(Array(text.utf8), to: name, mode: mode)
  }

  /// The content of a file, or nothing where there is none.
  package func read(_ name: String) -> String {
    let descriptor = open(path + "/" + name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = Glibc.read(descriptor, &chunk, chunk.count), count > 0 {
      content += chunk[0..<count]
    }
    return String(decoding: content, as: UTF8.self)
  }

  /// Returns the path of the folder.
  @discardableResult
  package func makeFolder(_ name: String) throws -> String {
    let folder = path + "/" + name
    guard mkdir(folder, 0o700) == 0 else { throw Failure() }
    return folder
  }
}
