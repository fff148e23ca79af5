import CSQLite
import Glibc
import Store
import TestSupport
import Testing

/// What may happen to a state file, and that the store goes on or says so.
@Suite struct DamageTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var directory: String { folder.path + "/state" }
  private var file: String { directory + "/state.sqlite" }

  private func record(_ service: String) -> CatalogueRecord {
    CatalogueRecord(
      service: service, digest: "d", revision: "r", tools: Array(repeating: 0x61, count: 20_000))
  }

  private func failure() -> StoreError? {
    do throws(StoreError) {
      _ = try StateStore(directory: directory)
      return nil
    } catch {
      return error
    }
  }

  /// Runs SQL as a tool of the user would.
  private func execute(_ sql: String) {
    var handle: OpaquePointer?
    sqlite3_open(file, &handle)
    sqlite3_exec(handle, sql, nil, nil, nil)
    sqlite3_close(handle)
  }

  private func overwrite(at offset: off_t, with bytes: [UInt8]) {
    let descriptor = open(file, O_WRONLY | O_CLOEXEC)
    pwrite(descriptor, bytes, bytes.count, offset)
    close(descriptor)
  }

  private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  @Test func `a file that is no database is moved aside and told`() throws {
    try folder.write(String(repeating: "not a database ", count: 1_000), to: "state/state.sqlite")
    let store = try StateStore(directory: directory)
    #expect(
      store.notice
        == "the state file was damaged; it was moved to state.sqlite.damaged and begun anew")
    #expect(store.save(record("a")))
    #expect(store.allCatalogues() == [record("a")])
    #expect(exists(file + ".damaged"))
    #expect(try StateStore(directory: directory).notice == nil)
  }

  @Test(arguments: [0, 16, 28, 100, 4_096, 8_192, 12_288, 30_000])
  func `damage anywhere in the file ends in a working store`(offset: Int) throws {
    do {
      let store = try StateStore(directory: directory)
      for index in 0..<20 { store.save(record("s\(index)")) }
    }
    execute("PRAGMA wal_checkpoint(TRUNCATE)")
    overwrite(at: off_t(offset), with: Array(repeating: 0xA5, count: 4_096))
    let store = try StateStore(directory: directory)
    for index in 0..<20 { _ = store.catalogue(service: "s\(index)", digest: "d") }
    // The first write may be the one that finds the damage; the one after it must succeed.
    _ = store.save(record("a"))
    #expect(store.save(record("a")))
    #expect(store.catalogue(service: "a", digest: "d") == record("a"))
  }

  @Test(arguments: [0, 8, 24, 32, 56, 4_000, 20_000])
  func `damage anywhere in the log ends in a working store`(offset: Int) throws {
    do {
      let store = try StateStore(directory: directory)
      for index in 0..<20 { store.save(record("s\(index)")) }
    }
    let descriptor = open(file + "-wal", O_WRONLY | O_CLOEXEC)
    pwrite(descriptor, [UInt8](repeating: 0xA5, count: 64), 64, off_t(offset))
    close(descriptor)
    let store = try StateStore(directory: directory)
    _ = store.allCatalogues()
    _ = store.save(record("a"))
    #expect(store.save(record("a")))
  }

  @Test func `a file cut anywhere ends in a working store`() throws {
    do {
      let store = try StateStore(directory: directory)
      for index in 0..<20 { store.save(record("s\(index)")) }
    }
    execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for size in [100_001, 4_097, 4_096, 1_024, 100, 99, 15, 1, 0] {
      truncate(file, off_t(size))
      let store = try StateStore(directory: directory)
      _ = store.allCatalogues()
      _ = store.save(record("a"))
      #expect(store.save(record("a")), "\(size)")
    }
  }

  @Test func `a newer file is left alone`() throws {
    _ = try StateStore(directory: directory)
    execute("PRAGMA user_version=99")
    #expect(failure() == .newer(version: 99))
    #expect(failure()?.description == "a newer version of Switchyard wrote the state file (99)")
    #expect(!exists(file + ".damaged"))
  }

  @Test func `a folder that cannot be one is an error with its reason`() throws {
    try folder.write("a file", to: "state")
    #expect(failure() == .folder(code: ENOTDIR))
    unlink(directory)
    mkdir(directory, 0o700)
    mkdir(file, 0o700)
    #expect(failure() == .notRegular)
    rmdir(file)
    mkfifo(file, 0o600)
    #expect(failure() == .notRegular)
    unlink(file)
    symlink("/nowhere/x", file)
    #expect(failure() == .notRegular)
  }

  @Test func `the file may be deleted while two stores use it`() throws {
    let first = try StateStore(directory: directory)
    let second = try StateStore(directory: directory)
    first.save(record("old"))
    for suffixes in [["", "-wal", "-shm"], [""], ["-wal", "-shm", ""]] {
      for suffix in suffixes { unlink(file + suffix) }
      #expect(first.allCatalogues().isEmpty)
      #expect(second.save(record("new")))
      #expect(first.save(record("newer")))
      #expect(first.allCatalogues().map(\.service) == ["new", "newer"])
      #expect(second.allCatalogues().map(\.service) == ["new", "newer"])
      #expect(first.failures == 0 && second.failures == 0)
    }
  }

  @Test func `the folder may be deleted while a store uses it`() throws {
    let store = try StateStore(directory: directory)
    for suffix in ["", "-wal", "-shm"] { unlink(file + suffix) }
    unlink(directory + "/state.lock")
    #expect(rmdir(directory) == 0)
    #expect(store.save(record("a")))
    #expect(store.allCatalogues() == [record("a")])
  }

  @Test func `a lock that lasts costs one bounded wait and one counted failure`() throws {
    let store = try StateStore(directory: directory)
    store.save(record("before"))
    var other: OpaquePointer?
    try #require(sqlite3_open(file, &other) == SQLITE_OK)
    defer { sqlite3_close(other) }
    try #require(sqlite3_exec(other, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK)
    var failures = 0
    let took = Promptness.time(under: .milliseconds(300)) {
      #expect(!store.save(record("during")))
      failures += 1
      #expect(store.failures == failures && store.lastFailure == .locked)
    }
    #expect(took < .milliseconds(300))
    #expect(store.allCatalogues() == [record("before")])
    // A second process can still open the file and read.
    #expect(try StateStore(directory: directory).allCatalogues() == [record("before")])
    sqlite3_exec(other, "ROLLBACK", nil, nil, nil)
    #expect(store.save(record("after")))
  }

  @Test func `a file locked for good is an error and not moved`() throws {
    _ = try StateStore(directory: directory)
    var other: OpaquePointer?
    try #require(sqlite3_open(file, &other) == SQLITE_OK)
    defer { sqlite3_close(other) }
    sqlite3_exec(other, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE", nil, nil, nil)
    #expect(failure() == .locked)
    #expect(!exists(file + ".damaged"))
  }
}
