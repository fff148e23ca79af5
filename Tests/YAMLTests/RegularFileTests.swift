import FileTesting
import Glibc
import Testing
import YAML

@Suite struct RegularFileTests {
  private let folder = TemporaryFolder()

  private func failure(
    _ path: String, limit: Int = 1 << 20, isPrivate: Bool = false
  ) -> RegularFile.Failure? {
    do throws(RegularFile.Failure) {
      _ = try RegularFile.read(path, limit: limit, isPrivate: isPrivate)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a file is read whole, through a symbolic link as well`() throws {
    let bytes = (0..<70_001).map { UInt8(truncatingIfNeeded: $0) }
    let path = folder.write("file", bytes)
    #expect(try RegularFile.read(path, limit: 70_001) == bytes)
    symlink(path, folder.path + "/link")
    #expect(try RegularFile.read(folder.path + "/link", limit: 70_001) == bytes)
    #expect(try RegularFile.read(folder.write("empty", ""), limit: 0) == [])
  }

  @Test func `M02: a file over the limit is refused at limit and one`() {
    let path = folder.write("file", Array(repeating: 0x20, count: 101))
    #expect(failure(path, limit: 101) == nil)
    #expect(failure(path, limit: 100) == .tooLarge(limit: 100))
  }

  @Test func `M02: fifo, devices, folders and sockets are refused at once`() {
    let fifo = folder.path + "/fifo"
    mkfifo(fifo, 0o600)
    for path in [fifo, "/dev/zero", "/dev/null", folder.path] {
      #expect(failure(path) == .notRegular, "\(path)")
    }
    #expect(failure(folder.path + "/nothing") == .missing)
    #expect(failure(folder.write("plain", "") + "/below") == .missing)
  }

  @Test func `M02: a sparse file of 50 MB is refused without being read`() {
    let path = folder.write("large", "")
    truncate(path, 50_000_000)
    #expect(failure(path) == .tooLarge(limit: 1 << 20))
  }

  @Test func `M08: a private file must be nobody else's`() {
    let path = folder.write("secret", Array("x".utf8))
    for mode: mode_t in [0o600, 0o400] {
      chmod(path, mode)
      #expect(failure(path, isPrivate: true) == nil)
    }
    for mode: mode_t in [0o640, 0o604, 0o610, 0o601, 0o666] {
      chmod(path, mode)
      #expect(failure(path, isPrivate: true) == .notPrivate)
    }
  }

  @Test func `nothing stays open`() {
    let path = folder.write("file", Array("x".utf8))
    let before = openDescriptors()
    for _ in 0..<50 {
      _ = failure(path)
      _ = failure(path, limit: 0)
      _ = failure("/dev/zero")
    }
    // Other suites run at the same time and open a few of their own.
    #expect(openDescriptors() < before + 40)
  }

  private func openDescriptors() -> Int { (0..<1_024).count { fcntl(Int32($0), F_GETFD) >= 0 } }
}
