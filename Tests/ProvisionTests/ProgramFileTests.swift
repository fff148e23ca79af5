import Digest
import Glibc
import Provision
import TestSupport
import Testing

/// Row S24: a program whose file must be the one that the manifest means.
@Suite struct ProgramFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func trouble(at path: String) -> ProgramFile.Trouble? {
    do throws(ProgramFile.Trouble) {
      _ = try ProgramFile(path: path)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [0, 1, 70_000]) func `S24: the digest is that of the whole file`(size: Int)
    throws
  {
    let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let path = try folder.write(content, to: "program", mode: 0o755)
    let file = try ProgramFile(path: path)
    #expect(try file.digest() == SHA256.hex(content))
    #expect(file.trouble(expecting: SHA256.hex(content)) == nil)
    let other = String(repeating: "0", count: 64)
    #expect(
      file.trouble(expecting: other)
        == .changed(path, expected: other, found: SHA256.hex(content)))
  }

  @Test func `S24: what others own or can change is refused, whatever its digest`() throws {
    let path = try folder.write("#!/bin/sh\n", to: "program", mode: 0o755)
    #expect(trouble(at: path) == nil)
    chmod(path, 0o757)
    #expect(trouble(at: path) == .writable(path, mode: 0o757))
    chmod(path, 0o755)
    if chown(path, 12_345, 0) == 0 { #expect(trouble(at: path) == .foreign(path, owner: 12_345)) }
    #expect(trouble(at: folder.path) == .notRegular(folder.path))
    #expect(trouble(at: path + "/x") == .unreadable(path + "/x", code: ENOTDIR))
    mkfifo(folder.path + "/fifo", 0o700)
    #expect(trouble(at: folder.path + "/fifo") == .notRegular(folder.path + "/fifo"))
  }

  @Test func `S24: a file that is written to, or replaced, has another mark`() throws {
    let path = try folder.write("#!/bin/sh\n", to: "program", mode: 0o755)
    let first = try ProgramFile(path: path)
    #expect(try first.isUnchanged && ProgramFile(path: path).mark == first.mark)
    // The same size, and the same time of change as far as a program can set it.
    let next = try folder.write("#!/bin/tr\n", to: "next", mode: 0o755)
    var status = stat()
    stat(path, &status)
    let times = [status.st_atim, status.st_mtim]
    utimensat(AT_FDCWD, next, times, 0)
    rename(next, path)
    #expect(try ProgramFile(path: path).mark != first.mark)
    chmod(path, 0o700)
    let second = try ProgramFile(path: path)
    let descriptor = open(path, O_WRONLY)
    pwrite(descriptor, "x", 1, 9)
    futimens(descriptor, times)
    close(descriptor)
    #expect(!second.isUnchanged)
  }

  @Test func `S24: a script is told from what the kernel loads itself`() throws {
    let path = try folder.write("#!/bin/sh\n", to: "program", mode: 0o755)
    #expect(try ProgramFile(path: path).isScript)
    #expect(try !ProgramFile(path: "/bin/true").isScript)
  }
}
