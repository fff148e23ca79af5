extension StateStore {
  /// Bytes of a log that costs a start less than emptying it would cost an end.
  private static let shortLog: Int64 = 128 << 10

  /// Moves what has been written from SQLite's log into the file and empties the log.
  ///
  /// A log that is left behind must be read whole at the next start. A short one is left: emptying
  /// it waits for the disk, some 20 ms. Does nothing while another gateway uses the file.
  @discardableResult
  package func emptyLog() -> Bool {
    guard let log = FileStamp(path: folder.path + "-wal"), log.size > Self.shortLog else {
      return true
    }
    return write { connection throws(StoreError) in
      try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }
}
