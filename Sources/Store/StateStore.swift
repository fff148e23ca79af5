/// The open state file. See `Store.swift` for what it promises.
package final class StateStore {
  /// Milliseconds to wait for another process when opening, and afterwards.
  package static let openTimeout: Int32 = 500
  package static let busyTimeout: Int32 = 50

  /// What happened to the file that somebody should be told; nil if nothing.
  package private(set) var notice: String?
  /// Reads and writes that failed since opening, and why the last one did.
  package private(set) var failures = 0
  package private(set) var lastFailure: StoreError?

  let folder: StateFolder
  private var connection: Connection?
  /// The file in which damage was found; it is replaced by the next call.
  private var damaged: FileIdentity?

  /// Opens `directory`/state.sqlite; makes the folder (0700) and the file (0600).
  ///
  /// A damaged file is moved to `state.sqlite.damaged` and a new one made, which
  /// `notice` reports; the same happens when damage shows later. Throws when there
  /// is nothing to work with; the caller then goes on without a store.
  package init(directory: String) throws(StoreError) {
    folder = StateFolder(directory)
    _ = try reopened()
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
    guard error.isDamage else { return }
    damaged = connection?.identity
    connection = nil
  }

  /// The connection to the file that is at the path now: it may have been deleted or replaced.
  private func current() throws(StoreError) -> Connection {
    if let connection, let identity = FileIdentity(path: folder.path),
      identity == connection.identity
    {
      return connection
    }
    return try reopened()
  }

  private func reopened() throws(StoreError) -> Connection {
    connection = nil
    let opened = try folder.locked(timeout: Self.openTimeout) { () throws(StoreError) in
      try folder.prepare()
      // Another gateway may have replaced it already.
      if let damaged, damaged == FileIdentity(path: folder.path) { try replace() }
      damaged = nil
      do throws(StoreError) {
        return try Self.open(folder.path)
      } catch {
        guard error.isDamage else { throw error }
        try replace()
        return try Self.open(folder.path)
      }
    }
    connection = opened
    return opened
  }

  private func replace() throws(StoreError) {
    try folder.setAside()
    notice = "the state file was damaged; it was moved to state.sqlite.damaged and begun anew"
  }

  /// Opens the file and brings it to the tables of this version.
  private static func open(_ path: String) throws(StoreError) -> Connection {
    let connection = try Connection(path: path, timeout: openTimeout)
    let version = try connection.rows("PRAGMA user_version") { Int($0.integer(0)) }.first ?? 0
    guard version <= Schema.version else { throw .newer(version: version) }
    try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")
    if version < Schema.version {
      // A version below zero is damage, which shows as tables that exist already.
      try connection.transaction { () throws(StoreError) in
        for step in Schema.steps[max(0, version)...] { try connection.execute(step) }
        try connection.execute("PRAGMA user_version=\(Schema.version)")
      }
    }
    connection.setTimeout(busyTimeout)
    return connection
  }
}
