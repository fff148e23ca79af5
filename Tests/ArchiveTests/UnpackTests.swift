import Archive
import ArchiveTesting
import Files
import Glibc
import TestSupport
import Testing

/// Archives on the disk: all of them or nothing.
@Suite struct UnpackTests {
  private typealias Part = ZipBuilder.Part

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func `files get their data and the modes that they need`() throws {
    let folder = try TemporaryFolder()
    var run = Part("bin/run", "#!/bin/sh\n")
    run.mode = 0o104755
    let archive = try ZipArchive(
      ZipBuilder([
        run, Part("lib/deep/a.txt", "text", isDeflated: true), Part("empty/"), Part("tool", "x"),
      ]).bytes)
    try archive.unpack(into: folder.path + "/out", executables: ["tool"])
    #expect(folder.read("out/lib/deep/a.txt") == "text")
    // Bits that lend a user's rights are not taken over.
    #expect(mode(folder.path + "/out/bin/run") == 0o700)
    #expect(mode(folder.path + "/out/tool") == 0o700)
    #expect(mode(folder.path + "/out/lib/deep/a.txt") == 0o600)
    #expect(mode(folder.path + "/out/empty") == 0o700)
    #expect(FolderTree.names(in: folder.path) == ["out"])
  }

  @Test func `an entry that is wrong leaves nothing behind`() throws {
    let folder = try TemporaryFolder()
    var bad = Part("b", "text")
    bad.claimedSum = 1
    let archive = try ZipArchive(ZipBuilder([Part("a", "fine"), bad]).bytes)
    let error = #expect(throws: ZipError.self) {
      try archive.unpack(into: folder.path + "/out")
    }
    #expect(error?.reason == .otherData && error?.path == "b")
    #expect(FolderTree.names(in: folder.path) == [])
  }

  @Test func `a folder that cannot be made is told`() throws {
    let folder = try TemporaryFolder()
    let archive = try ZipArchive(ZipBuilder([Part("a", "fine")]).bytes)
    let error = #expect(throws: ZipError.self) {
      try archive.unpack(into: folder.path + "/missing/out")
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("No such file or directory"))
  }
}
