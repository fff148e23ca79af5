import Glibc
import Store
import TestSupport
import Testing

/// R03 and R04: a disk that takes nothing costs records, not calls.
@Suite(.serialized) struct FullDiskTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func record(_ service: String, bytes: Int) -> CatalogueRecord {
    CatalogueRecord(
      service: service, digest: "d", revision: "r", tools: Array(repeating: 0x61, count: bytes))
  }

  @Test func `R03: writes fail and are counted while the disk is full, and work afterwards`() throws
  {
    let path = folder.path + "/small"
    mkdir(path, 0o700)
    guard mount("tmpfs", path, "tmpfs", 0, "size=256k") == 0 else {
      return print("skipped: mounting a file system needs root")
    }
    defer { umount2(path, Int32(MNT_DETACH)) }
    let store = try StateStore(directory: path)
    #expect(store.save(record("kept", bytes: 1_000)))
    var saved = 0
    for index in 0..<20 where store.save(record("s\(index)", bytes: 40_000)) { saved += 1 }
    #expect(saved < 20)
    #expect(store.failures == 20 - saved)
    #expect(store.catalogue(service: "kept", digest: "d") == record("kept", bytes: 1_000))
    #expect(mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=8m") == 0)
    #expect(store.save(record("after", bytes: 40_000)))
    #expect(store.catalogue(service: "kept", digest: "d") != nil)
  }

  @Test func `R04: a disk that became read-only leaves reading`() throws {
    let path = folder.path + "/fixed"
    mkdir(path, 0o700)
    guard mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0 else {
      return print("skipped: mounting a file system needs root")
    }
    defer { umount2(path, Int32(MNT_DETACH)) }
    do {
      let store = try StateStore(directory: path)
      #expect(store.save(record("kept", bytes: 10)))
    }
    #expect(
      mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
    #expect(throws: StoreError.folder(code: EROFS)) { try StateStore(directory: path) }
  }
}
