import Glibc

/// The open state file. See `Store.swift` for what it promises.
package final class StateStore {
  /// Milliseconds to wait for another process when opening, and afterwards.
  package static let openTimeout: Int32 = 500
  package static let busyTimeout: Int32 = 50

  /// What happened at opening that somebody should be told; nil if nothing.
  package private(set) var notice: String?
  /// Reads and writes that failed since opening, and why the last one did.
  package private(set) var failures = 0
  package private(set) var lastFailure: StoreError?

  private let path: String
  private var connection: Connection?

  /// Opens `directory`/state.sqlite; makes the folder (0700) and the file (0600).
  ///
  /// A damaged file is moved to `state.sqlite.damaged` and a new one made, which
  /// `notice` reports. Throws when there is nothing to work with; the caller
  /// then goes on without a store.
  package init(directory: String) throws(StoreError) {
    let folder = try StateFolder(directory)
    path = folder.path
    do throws(StoreError) {
      connection = try Self.opened(path)
    } catch {
      guard error.isDamage else { throw error }
      notice = try folder.setDamagedAside { () throws(StoreError) in _ = try Self.opened(path) }
      connection = try Self.opened(path)
    }
  }

  private static func opened(_ path: String) throws(StoreError) -> Connection {
    let connection = try Connection(path: path, timeout: openTimeout)
    let version = try connection.rows("PRAGMA user_version") { Int($0.integer(0)) }.first ?? 0
    guard version <= Schema.version else { throw .newer(version: version) }
    try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")
    if version < Schema.version { try migrate(connection) }
    connection.setTimeout(busyTimeout)
    return connection
  }

  /// Two processes may find an empty file at once; the second sees the first one's work.
  private static func migrate(_ connection: Connection) throws(StoreError) {
    try connection.execute("BEGIN IMMEDIATE")
    let version = try connection.rows("PRAGMA user_version") { Int($0.integer(0)) }.first ?? 0
    if version == 0 {
      try connection.execute(Schema.statements + "PRAGMA user_version=\(Schema.version);")
    }
    try connection.execute("COMMIT")
  }

  /// Runs `body` on the open file; counts a failure and answers false.
  func write(_ body: (Connection) throws(StoreError) -> Void) -> Bool {
    do throws(StoreError) {
      try body(try current())
      return true
    } catch {
      note(error)
      return false
    }
  }

  /// The rows of a query on the open file; counts a failure and answers none.
  func read<Row>(
    _ sql: String, _ values: [Value] = [], _ row: (borrowing Statement) -> Row
  ) -> [Row] {
    do throws(StoreError) {
      return try current().rows(sql, values, row)
    } catch {
      note(error)
      return []
    }
  }

  private func note(_ error: StoreError) {
    failures += 1
    lastFailure = error
    // The next call opens the file again and finds out what is left of it.
    if error.isDamage { connection = nil }
  }

  /// The connection to the file that is at `path` now: it may have been deleted or replaced.
  private func current() throws(StoreError) -> Connection {
    if let connection, let identity = connection.identity, FileIdentity(path: path) == identity {
      return connection
    }
    connection = nil
    let folder = try StateFolder(path: path)
    do throws(StoreError) {
      let fresh = try Self.opened(path)
      connection = fresh
      return fresh
    } catch {
      guard error.isDamage else { throw error }
      notice = try folder.setDamagedAside { () throws(StoreError) in _ = try Self.opened(path) }
      let fresh = try Self.opened(path)
      connection = fresh
      return fresh
    }
  }
}
