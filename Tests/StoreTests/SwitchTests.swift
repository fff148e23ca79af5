import CSQLite
import Store
import TestSupport
import Testing

/// Services that a person has switched off, as the state file keeps them.
@Suite struct SwitchTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `M22: what one process switches off, another one finds off`() throws {
    let one = try StateStore(directory: folder.path)
    let other = try StateStore(directory: folder.path)
    #expect(one.turn("git", on: false, now: 1) && one.turn("notes", on: false, now: 2))
    #expect(other.switchedOff() == ["git", "notes"])
    #expect(other.turn("git", on: true, now: 3))
    #expect(one.switchedOff() == ["notes"])
    #expect(one.turn("never", on: true, now: 4))
    #expect(one.turn("notes", on: false, now: 5))
    #expect(one.switchedOff() == ["notes"])
  }

  @Test func `a file of the version before gets what it lacks and keeps what it has`() throws {
    let store = try StateStore(directory: folder.path)
    #expect(store.saveEra(digest: "d", revision: "2025-11-25", now: 1))
    var database: OpaquePointer?
    #expect(sqlite3_open(folder.path + "/state.sqlite", &database) == SQLITE_OK)
    let old = "DROP TABLE switched_off; DROP TABLE IF EXISTS health; PRAGMA user_version=1;"
    #expect(sqlite3_exec(database, old, nil, nil, nil) == SQLITE_OK)
    sqlite3_close(database)
    let opened = try StateStore(directory: folder.path)
    #expect(opened.notice == nil)
    #expect(opened.era(digest: "d") == "2025-11-25")
    #expect(opened.turn("git", on: false, now: 1))
    #expect(opened.switchedOff() == ["git"])
  }
}
