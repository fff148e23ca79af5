import CSQLite
import FailingCalls
import Glibc
import Store
import TestSupport
import Testing

/// Row R04: a disk that answers with an error costs records, and never more than the one.
@Suite struct FailingDiskTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Every byte of it tells which record it is.
  private func record(_ service: String, _ number: Int) -> CatalogueRecord {
    let bytes = Array(repeating: UInt8(truncatingIfNeeded: 0x61 + number % 26), count: 30_000)
    return CatalogueRecord(
      service: service, digest: "d", revision: "\(number)", tools: bytes, prompts: bytes)
  }

  @Test func `R04: whichever write or sync fails, what was there stays and what is new is whole`()
    throws
  {
    for call in [FAILING_PWRITE, FAILING_SYNC] {
      let path = folder.path + "/\(call.rawValue)"
      let store = try StateStore(directory: path)
      #expect(store.save(record("kept", 0)))
      var nth = 1
      while nth < 500 {
        failing_plan(call, -1, nth, EIO)
        let saved = store.save(record("new", nth))
        // Moves what the log holds into the file, which is where it is synced.
        store.emptyLog()
        let count = failing_end()
        #expect(store.catalogue(service: "kept", digest: "d") == record("kept", 0))
        let found = store.catalogue(service: "new", digest: "d")
        if saved {
          #expect(found == record("new", nth), "call \(nth) of kind \(call.rawValue)")
        } else if let found, let number = Int(found.revision) {
          #expect(found == record("new", number), "call \(nth) of kind \(call.rawValue)")
        }
        // It goes on once the disk does.
        #expect(store.save(record("after", nth)))
        guard count >= nth else { break }
        nth += 1
      }
      // A run that made fewer calls was not disturbed.
      #expect(nth > 1, "there are no calls of kind \(call.rawValue)")
      #expect(call == FAILING_SYNC || store.failures > 0)
      #expect(store.notice == nil)
      let again = try StateStore(directory: path)
      #expect(again.notice == nil)
      #expect(again.catalogue(service: "kept", digest: "d") == record("kept", 0))
      #expect(Self.check(path + "/state.sqlite") == "ok")
    }
  }

  /// What SQLite itself says of the file.
  private static func check(_ path: String) -> String {
    var database: OpaquePointer?
    guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
      return "cannot be opened"
    }
    defer { sqlite3_close_v2(database) }
    var statement: OpaquePointer?
    sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &statement, nil)
    defer { sqlite3_finalize(statement) }
    guard sqlite3_step(statement) == SQLITE_ROW, let text = sqlite3_column_text(statement, 0) else {
      return "no answer"
    }
    return String(cString: text)
  }
}
