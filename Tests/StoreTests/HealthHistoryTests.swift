import CSQLite
import Glibc
import Store
import TestSupport
import Testing

@Suite struct HealthHistoryTests {
  private func entry(_ number: Int, _ service: String = "a") -> HealthEntry {
    HealthEntry(at: Int64(number), service: service, kind: .state, word: "down", detail: "crashed")
  }

  @Test func `entries come back newest first, of all services or of one`() throws {
    let folder = try TemporaryFolder()
    let store = try StateStore(directory: folder.path)
    let alert = HealthEntry(at: 3, service: "b", kind: .raised, word: "down", detail: "error")
    for each in [entry(1), entry(2), alert] { #expect(store.note(each, keeping: 10)) }
    #expect(store.healthHistory(limit: 10) == [alert, entry(2), entry(1)])
    #expect(store.healthHistory(of: "a", limit: 1) == [entry(2)])
    #expect(store.healthHistory(of: "c", limit: 10) == [])
    let again = try StateStore(directory: folder.path)
    #expect(again.healthHistory(limit: 10).count == 3)
  }

  @Test func `no more entries are kept than are wanted`() throws {
    let folder = try TemporaryFolder()
    let store = try StateStore(directory: folder.path)
    for number in 0..<50 { store.note(entry(number), keeping: 7) }
    #expect(store.healthHistory(limit: 100).map(\.at) == [49, 48, 47, 46, 45, 44, 43])
    store.note(entry(50), keeping: 0)
    #expect(store.healthHistory(limit: 100) == [])
  }

  @Test func `the newest state of each service tells whether it does well`() throws {
    let folder = try TemporaryFolder()
    let store = try StateStore(directory: folder.path)
    let up = HealthEntry(at: 3, service: "a", kind: .state, word: "up", detail: "answers")
    let alert = HealthEntry(at: 4, service: "b", kind: .raised, word: "down", detail: "error")
    for each in [entry(1), entry(2, "b"), up, alert] { store.note(each, keeping: 10) }
    let states = store.newestStates()
    #expect(states.count == 2 && Set(states) == [up, entry(2, "b")])
    #expect(states.filter(\.isIll) == [entry(2, "b")])
    #expect(store.newestStates(of: "a") == [up])
    #expect(store.newestStates(of: "c") == [])
  }

  @Test func `a file of an earlier version gets the table and keeps what it has`() throws {
    let folder = try TemporaryFolder()
    do {
      let store = try StateStore(directory: folder.path)
      store.save(CatalogueRecord(service: "s", digest: "d", revision: "2025-11-25"))
    }
    var handle: OpaquePointer?
    #expect(sqlite3_open(folder.path + "/state.sqlite", &handle) == SQLITE_OK)
    let back = "DROP TABLE health; PRAGMA user_version=2"
    #expect(sqlite3_exec(handle, back, nil, nil, nil) == SQLITE_OK)
    sqlite3_close(handle)
    let store = try StateStore(directory: folder.path)
    #expect(store.note(entry(1), keeping: 10))
    #expect(store.healthHistory(limit: 10) == [entry(1)])
    #expect(store.allCatalogues().map(\.service) == ["s"])
    #expect(store.notice == nil)
  }
}
