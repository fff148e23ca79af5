import CSQLite
import Glibc
import Store
import TestSupport
import Testing

/// A process that writes may die at any instruction.
@Suite(.serialized) struct CrashTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes records until it is killed; runs in a child, see `main` in `StoreWriter`.
  @Test func `M22, R14: a writer killed fifty times never leaves a file that cannot be read`()
    throws
  {
    let writer = try #require(Self.writer(), "the store writer is not built")
    let directory = folder.path
    _ = try StateStore(directory: directory)
    var generator = SystemRandomNumberGenerator()
    for round in 0..<50 {
      let child = try Child(writer, [directory, "\(round)"])
      usleep(UInt32.random(in: 3_000..<20_000, using: &generator))
      child.kill()
      let store = try StateStore(directory: directory)
      #expect(store.notice == nil)
      for record in store.allCatalogues() {
        // Every record is whole: its parts were written together.
        #expect(
          record.tools
            == Array(repeating: UInt8(truncatingIfNeeded: record.updatedAt), count: 30_000))
        #expect(record.prompts == record.tools)
      }
      #expect(store.failures == 0)
    }
    #expect(check(directory + "/state.sqlite") == "ok")
    // The next writer finds a file that takes its records.
    #expect(try Child(writer, [directory, "last", "1"]).wait() == 0)
    #expect(
      try StateStore(directory: directory).allCatalogues().map(\.service).contains("last"))
  }

  @Test func `M22: four processes write at the same time and nothing is lost or torn`() throws {
    let writer = try #require(Self.writer(), "the store writer is not built")
    let directory = folder.path + "/shared"
    // None of them finds a file: they make it at the same time.
    let children = try (0..<4).map { try Child(writer, [directory, "w\($0)", "60"]) }
    for child in children { #expect(child.wait() == 0) }
    let store = try StateStore(directory: directory)
    #expect(Set(store.allCatalogues().map(\.service)) == ["w0", "w1", "w2", "w3"])
    #expect(store.allCatalogues().allSatisfy { $0.prompts == $0.tools })
    #expect(store.children().count == 240)
    #expect(check(directory + "/state.sqlite") == "ok")
  }

  @Test func `M22: several processes that find the same damage end with one new file`() throws {
    let writer = try #require(Self.writer(), "the store writer is not built")
    for _ in 0..<5 {
      try folder.write(String(repeating: "x", count: 9_000), to: "broken/state.sqlite")
      let directory = folder.path + "/broken"
      let children = try (0..<4).map { try Child(writer, [directory, "w\($0)", "5"]) }
      for child in children { #expect(child.wait() == 0) }
      let services = try StateStore(directory: directory).allCatalogues().map(\.service)
      #expect(Set(services) == ["w0", "w1", "w2", "w3"])
    }
  }

  private func check(_ path: String) -> String {
    var handle: OpaquePointer?
    var statement: OpaquePointer?
    sqlite3_open(path, &handle)
    sqlite3_prepare_v2(handle, "PRAGMA integrity_check", -1, &statement, nil)
    defer {
      sqlite3_finalize(statement)
      sqlite3_close(handle)
    }
    guard sqlite3_step(statement) == SQLITE_ROW, let text = sqlite3_column_text(statement, 0) else {
      return "unreadable"
    }
    return String(cString: text)
  }

  /// The executable lies where the tests lie.
  private static func writer() -> String? {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    let folders = [String(decoding: own, as: UTF8.self)] + CommandLine.arguments
    for path in folders where path.utf8.contains(UInt8(ascii: "/")) {
      let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
      if access(folder + "/switchyard-store-writer", X_OK) == 0 {
        return folder + "/switchyard-store-writer"
      }
    }
    return nil
  }
}
