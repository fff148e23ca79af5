import CSQLite
import Glibc

/// One open database, closed when it is let go.
///
/// Statements are values that live inside `query` and `run`, so all of them are
/// finalised before the connection closes.
final class Connection {
  private let handle: OpaquePointer
  /// Device and inode of the file when it was opened.
  let identity: FileIdentity?

  /// Opens or creates the database; waits at most `timeout` milliseconds for locks.
  init(path: String, timeout: Int32) throws(StoreError) {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      let error = StoreError.of(opened, code)
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    identity = FileIdentity(path: path)
    sqlite3_extended_result_codes(opened, 1)
    keepLog(opened)
    sqlite3_busy_timeout(opened, timeout)
  }

  deinit { sqlite3_close_v2(handle) }

  /// Closing must touch no file: the path may belong to another database by then, and SQLite
  /// would remove that one's log.
  private func keepLog(_ handle: OpaquePointer) {
    var isOn: Int32 = 1
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &isOn)
    store_no_checkpoint_on_close(handle)
  }

  func setTimeout(_ milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

  /// Runs statements that take and give nothing.
  func execute(_ sql: String) throws(StoreError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw StoreError.of(handle, code) }
  }

  /// Runs one statement to its end.
  func run(_ sql: String, _ values: [Value] = []) throws(StoreError) {
    _ = try rows(sql, values) { _ in () }
  }

  /// Runs `body` as a whole or not at all.
  func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    try execute("BEGIN IMMEDIATE")
    do throws(StoreError) {
      try body()
      try execute("COMMIT")
    } catch {
      // After some errors SQLite has rolled back already; then this one fails, rightly.
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// All rows of one query, each made by `row`.
  func rows<Row>(
    _ sql: String, _ values: [Value] = [], _ row: (borrowing Statement) -> Row
  ) throws(StoreError) -> [Row] {
    let statement = try Statement(sql, on: handle)
    try statement.bind(values)
    var result: [Row] = []
    while try statement.step() { result.append(row(statement)) }
    return result
  }
}

/// What a statement takes.
enum Value {
  case integer(Int64)
  case text(String)
  case bytes([UInt8])
  case null
}

/// A prepared statement, finalised when it goes out of scope.
struct Statement: ~Copyable {
  private let handle: OpaquePointer
  private let connection: OpaquePointer

  fileprivate init(_ sql: String, on connection: OpaquePointer) throws(StoreError) {
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v2(connection, sql, -1, &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw StoreError.of(connection, code) }
    handle = prepared
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  fileprivate func bind(_ values: [Value]) throws(StoreError) {
    // SQLITE_TRANSIENT: SQLite copies before the call returns.
    let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    for (offset, value) in values.enumerated() {
      let index = Int32(offset + 1)
      let code =
        switch value {
        case .integer(let number): sqlite3_bind_int64(handle, index, number)
        case .text(let text):
          sqlite3_bind_text64(
            handle, index, text, UInt64(text.utf8.count), copied, UInt8(SQLITE_UTF8))
        case .bytes(let bytes) where bytes.isEmpty: sqlite3_bind_zeroblob(handle, index, 0)
        case .bytes(let bytes):
          sqlite3_bind_blob64(handle, index, bytes, UInt64(bytes.count), copied)
        case .null: sqlite3_bind_null(handle, index)
        }
      guard code == SQLITE_OK else { throw StoreError.of(connection, code) }
    }
  }

  /// Whether there is a row to read.
  fileprivate func step() throws(StoreError) -> Bool {
    let code = sqlite3_step(handle)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw StoreError.of(connection, code)
    }
  }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

  /// The column's bytes; empty for null.
  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(handle, column) else { return [] }
    return Array(
      UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
}

extension StoreError {
  /// The error that the last call on `connection` left.
  fileprivate static func of(_ connection: OpaquePointer?, _ code: Int32) -> StoreError {
    let code = connection.map { sqlite3_extended_errcode($0) } ?? code
    if code & 0xFF == SQLITE_BUSY || code & 0xFF == SQLITE_LOCKED { return .locked }
    let message = sqlite3_errstr(code).map { String(cString: $0) } ?? "unknown error"
    return .sqlite(code: code, message: message)
  }

  /// Whether the file is not a database, a damaged one, or one with other tables: our statements
  /// are constant, so SQLITE_ERROR can only mean that.
  var isDamage: Bool {
    guard case .sqlite(let code, _) = self else { return false }
    return [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR].contains(code & 0xFF)
  }
}

func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
