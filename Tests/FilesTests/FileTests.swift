import Files
import Glibc
import TestSupport
import Testing

@Suite struct FileTests {
  @Test func `a folder goes with all that is in it, and what links lead to stays`() throws {
    let folder = try TemporaryFolder()
    let kept = try folder.write("kept", to: "outside/file")
    try folder.write("x", to: "tree/deep/er/file")
    try folder.write("x", to: "tree/.hidden")
    #expect(symlink(folder.path + "/outside", folder.path + "/tree/deep/link") == 0)
    #expect(symlink(kept, folder.path + "/tree/file") == 0)
    #expect(symlink("/no/such/place", folder.path + "/tree/nowhere") == 0)

    #expect(FolderTree.names(in: folder.path) == ["outside", "tree"])
    #expect(FolderTree.names(in: folder.path + "/tree") == [".hidden", "deep", "file", "nowhere"])
    FolderTree.remove(folder.path + "/tree")
    #expect(FolderTree.names(in: folder.path) == ["outside"])
    #expect(folder.read("outside/file") == "kept")

    #expect(symlink(folder.path + "/outside", folder.path + "/link") == 0)
    FolderTree.remove(folder.path + "/link")
    FolderTree.remove(folder.path + "/not/there")
    #expect(FolderTree.names(in: folder.path) == ["outside"])
    #expect(FolderTree.names(in: kept) == [])
  }

  @Test func `all is written, or why not is told`() throws {
    let folder = try TemporaryFolder()
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
    let file = open(folder.path + "/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    #expect(WholeWrite.write(bytes[1...], to: file) == 0)
    close(file)
    #expect(folder.read("file").utf8.count == bytes.count - 1)
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    #expect(WholeWrite.write(bytes[...], to: full) == ENOSPC)
    #expect(WholeWrite.write([], to: full) == 0)
    close(full)
    #expect(WholeWrite.write(bytes[...], to: -1) == EBADF)
  }
}
