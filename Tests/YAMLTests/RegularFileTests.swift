import Glibc
import TestSupport
import Testing
import YAML

@Suite struct RegularFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

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
    let path = try folder.write(bytes, to: "file")
    #expect(try RegularFile.read(path, limit: 70_001) == bytes)
    symlink(path, folder.path + "/link")
    #expect(try RegularFile.read(folder.path + "/link", limit: 70_001) == bytes)
    #expect(try RegularFile.read(folder.write("", to: "empty"), limit: 0) == [])
  }

  @Test func `M02: a file over the limit is refused at limit and one`() throws {
    let path = try folder.write(Array(repeating: 0x20, count: 101), to: "file")
    #expect(failure(path, limit: 101) == nil)
    #expect(failure(path, limit: 100) == .tooLarge(limit: 100))
  }

  @Test func `M02: fifo, devices, folders and sockets are refused at once`() throws {
    let fifo = folder.path + "/fifo"
    mkfifo(fifo, 0o600)
    for path in [fifo, "/dev/zero", "/dev/null", folder.path] {
      #expect(failure(path) == .notRegular, "\(path)")
    }
    #expect(failure(folder.path + "/nothing") == .missing)
    let plain = try folder.write("", to: "plain")
    #expect(failure(plain + "/below") == .missing)
  }

  @Test func `M02: a sparse file of 50 MB is refused without being read`() throws {
    let path = try folder.write("", to: "large")
    truncate(path, 50_000_000)
    #expect(failure(path) == .tooLarge(limit: 1 << 20))
  }

  @Test func `M08: a private file must be nobody else's`() throws {
    let path = try folder.write("x", to: "secret")
    for mode: mode_t in [0o600, 0o400] {
      chmod(path, mode)
      #expect(failure(path, isPrivate: true) == nil)
    }
    for mode: mode_t in [0o640, 0o604, 0o610, 0o601, 0o666] {
      chmod(path, mode)
      #expect(failure(path, isPrivate: true) == .notPrivate)
    }
  }

  @Test func `nothing stays open`() throws {
    let path = try folder.write("x", to: "file")
    let fifo = folder.path + "/fifo"
    mkfifo(fifo, 0o600)
    let held = open(path, O_RDONLY | O_CLOEXEC)
    #expect(openBelowFolder() == 1)
    for _ in 0..<50 {
      #expect(failure(path) == nil)
      #expect(failure(path, limit: 0) == .tooLarge(limit: 0))
      #expect(failure(fifo) == .notRegular)
    }
    #expect(openBelowFolder() == 1)
    close(held)
  }

  /// How many of our descriptors lead into this test's own folder.
  private func openBelowFolder() -> Int {
    (0..<4_096).count { descriptor in
      var memory = [CChar](repeating: 0, count: 4_096)
      let count = readlink("/proc/self/fd/\(descriptor)", &memory, memory.count)
      let path = memory.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
      return String(decoding: path, as: UTF8.self).hasPrefix(folder.path + "/")
    }
  }
}
