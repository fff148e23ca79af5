import Glibc
import Store
import TestSupport
import Testing

/// The file that holds a login (row S12).
@Suite struct LoginFileTests {
  private let folder: TemporaryFolder
  private let file: LoginFile

  init() throws {
    folder = try TemporaryFolder()
    file = LoginFile(state: folder.path, service: "far")
  }

  private func failure() -> LoginFile.Failure? {
    do throws(LoginFile.Failure) {
      _ = try file.read()
      return nil
    } catch {
      return error
    }
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test func `S12: what is written is its owner's alone, whatever the umask`() throws {
    #expect(try file.read() == nil)
    let old = umask(0)
    defer { umask(old) }
    try file.write(Array("one".utf8))
    try file.write(Array("two".utf8))
    #expect(try file.read() == Array("two".utf8))
    #expect(mode(file.path) == 0o600)
    #expect(mode(folder.path + "/logins") == 0o700)
    #expect(file.remove() && !file.remove())
  }

  @Test func `the state folder need not be there yet`() throws {
    let deep = LoginFile(state: folder.path + "/not/yet", service: "far")
    #expect(try deep.read() == nil)
    try deep.write([1])
    #expect(try deep.read() == [1])
    #expect(mode(folder.path + "/not/yet") == 0o700)
  }

  @Test(arguments: [mode_t(0o640), 0o604, 0o620, 0o602, 0o666])
  func `S12: a file that others can use is refused`(mode: mode_t) throws {
    try file.write(Array("x".utf8))
    chmod(file.path, mode)
    #expect(failure() == .notPrivate)
  }

  @Test func `S12: a link, a folder and a fifo are refused, and a link is replaced`() throws {
    try file.write(Array("x".utf8))
    let other = try folder.write("secret", to: "other")
    _ = file.remove()
    symlink(other, file.path)
    #expect(failure() == .notPrivate)
    try file.write(Array("y".utf8))
    #expect(folder.read("other") == "secret")
    #expect(try file.read() == Array("y".utf8))
    _ = file.remove()
    mkfifo(file.path, 0o600)
    #expect(failure() == .notPrivate)
    _ = file.remove()
    mkdir(file.path, 0o700)
    #expect(failure() == .notPrivate)
  }

  @Test func `S12: a folder that is a link is not written into`() throws {
    try folder.makeFolder("elsewhere")
    symlink(folder.path + "/elsewhere", folder.path + "/logins")
    #expect(throws: LoginFile.Failure.notPrivate) { try file.write([1]) }
  }

  @Test func `a file that is too large is refused`() throws {
    try file.write([UInt8](repeating: 0x20, count: 64 << 10))
    #expect(failure() == nil)
    try file.write([UInt8](repeating: 0x20, count: (64 << 10) + 1))
    #expect(failure() == .tooLarge)
  }

  @Test func `one has the lock at a time`() throws {
    var first = try file.lock()
    #expect(first != nil)
    #expect(try file.lock() == nil)
    first = nil
    #expect(try file.lock() != nil)
  }
}
