import Digest
import Glibc
package import Loop
import YAML

/// A program whose file must have a known digest (row S24).
///
/// The file is opened once: its owner, its mode and its content are those of the open file, and that
/// file is what is run, whatever its path names by then. A script is the exception: its interpreter
/// opens it by its path.
package struct ProgramFile: Sendable {
  /// Why a program is not run. A sentence without a full stop.
  package enum Trouble: Error, Hashable, Sendable {
    case unreadable(String, code: Int32)
    case notRegular(String)
    /// It belongs to neither us nor root.
    case foreign(String, owner: UInt32)
    /// Others can write to it.
    case writable(String, mode: UInt32)
    case changed(String, expected: String, found: String)
  }

  /// What says that a file was not written to since: device, number, size, times.
  package struct Mark: Hashable, Sendable {
    private var device: UInt64
    private var inode: UInt64
    private var size: Int64
    private var modified: [Int]
    private var changed: [Int]

    fileprivate init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
      modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
      changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }

  package let path: String
  package let program: OpenProgram
  package let mark: Mark
  /// Whether the kernel hands it to an interpreter.
  package let isScript: Bool

  /// Opens the program at an absolute path; refuses what others own or can change.
  package init(path: String) throws(Trouble) {
    let opened = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard opened >= 0 else { throw .unreadable(path, code: errno) }
    program = OpenProgram(descriptor: opened)
    self.path = path
    var status = stat()
    guard fstat(opened, &status) == 0 else { throw .unreadable(path, code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular(path) }
    guard status.st_uid == 0 || status.st_uid == geteuid() else {
      throw .foreign(path, owner: status.st_uid)
    }
    guard status.st_mode & 0o002 == 0 else { throw .writable(path, mode: status.st_mode & 0o7777) }
    mark = Mark(status)
    var start: [UInt8] = [0, 0]
    isScript = pread(opened, &start, 2, 0) == 2 && start == Array("#!".utf8)
  }

  /// Reads all of it: 64 hexadecimal digits. Takes some seconds for a gigabyte.
  package func digest() throws(Trouble) -> String {
    var hash = SHA256()
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var offset: off_t = 0
    while true {
      let count = pread(program.descriptor, &chunk, chunk.count, offset)
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw .unreadable(path, code: errno)
      }
      hash.update(chunk[..<count])
      offset += off_t(count)
    }
    return hash.finalize().map { byte in
      let text = String(byte, radix: 16)
      return text.utf8.count == 1 ? "0" + text : text
    }.joined()
  }

  /// Whether it is still what it was when it was opened.
  package var isUnchanged: Bool {
    var status = stat()
    return fstat(program.descriptor, &status) == 0 && Mark(status) == mark
  }

  /// Why it does not have the digest that is expected; nil if it has.
  package func trouble(expecting digest: String) -> Trouble? {
    do throws(Trouble) {
      return trouble(expecting: digest, found: try self.digest())
    } catch {
      return error
    }
  }

  func trouble(expecting digest: String, found: String) -> Trouble? {
    digest.utf8.elementsEqual(found.utf8) ? nil : .changed(path, expected: digest, found: found)
  }
}

extension ProgramFile.Trouble: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let path, let code):
      "the program \(quoted(path)) cannot be read: \(String(cString: strerror(code)))"
    case .notRegular(let path): "\(quoted(path)) is no regular file"
    case .foreign(let path, let owner):
      "the program \(quoted(path)) belongs to the user \(owner), who could change it"
    case .writable(let path, let mode):
      "everybody may change the program \(quoted(path)), whose mode is \(String(mode, radix: 8))"
    case .changed(let path, let expected, let found):
      "the program \(quoted(path)) has the digest \(found) and not \(expected), "
        + "which 'process.sha256' says"
    }
  }

  /// What to do about it.
  package var advice: String {
    switch self {
    case .unreadable, .notRegular: "correct 'process.command'"
    case .foreign: "have it belong to root or to you"
    case .writable: "chmod o-w it"
    case .changed: "find out who changed it; if it was you, write its new digest"
    }
  }
}

/// Digests of programs that have been read, by what says that they were not written to since.
@EventLoop
package enum KnownDigests {
  private static var digests: [ProgramFile.Mark: String] = [:]
  /// More programs than a gateway starts.
  private static let limit = 4_096

  package static func note(_ digest: String, of file: ProgramFile) {
    if digests.count >= limit { digests.removeAll() }
    digests[file.mark] = digest
  }

  package static func knows(_ file: ProgramFile) -> Bool { digests[file.mark] != nil }

  /// Has `spec` run the program that has this digest, and no other; reads it only if it is not known.
  package static func check(
    _ spec: inout ChildSpec, digest expected: String
  ) throws(ProgramFile.Trouble) {
    let file = try ProgramFile(path: spec.executable)
    let found: String
    if let known = digests[file.mark] {
      found = known
    } else {
      found = try file.digest()
      if file.isUnchanged { note(found, of: file) }
    }
    if let trouble = file.trouble(expecting: expected, found: found) { throw trouble }
    spec.program = file.isScript ? nil : file.program
  }
}
