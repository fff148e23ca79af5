/// Something that is found by its gid.
protocol Record: Sendable {
  var gid: Gid { get }
}

/// Records in the order in which they were made, found by gid in constant time.
struct Table<Row: Record>: Sendable {
  private var rows: [Gid: Row] = [:]
  /// In the order of making; `remove` is linear.
  private(set) var gids: [Gid] = []

  init(_ rows: [Row] = []) {
    for row in rows { insert(row) }
  }

  var all: [Row] { gids.compactMap { rows[$0] } }

  subscript(gid: Gid) -> Row? { rows[gid] }

  mutating func insert(_ row: Row) {
    if rows.updateValue(row, forKey: row.gid) == nil { gids.append(row.gid) }
  }

  mutating func remove(_ gid: Gid) {
    if rows.removeValue(forKey: gid) != nil { gids.removeAll { $0 == gid } }
  }

  mutating func removeAll(where isUnwanted: (Row) -> Bool) {
    for row in all where isUnwanted(row) { remove(row.gid) }
  }

  /// Changes a row in place; does nothing when there is none.
  mutating func update<Failure: Error>(
    _ gid: Gid, _ change: (inout Row) throws(Failure) -> Void
  ) throws(Failure) {
    guard var row = rows[gid] else { return }
    try change(&row)
    rows[gid] = row
  }
}
