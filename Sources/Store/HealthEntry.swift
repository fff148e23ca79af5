/// A change of the health of a service, or an alert, as it is kept for people to look up.
package struct HealthEntry: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    /// `word` is the new state, `detail` the reason.
    case state
    /// `word` is the rule, `detail` the level.
    case raised
    /// `word` is the rule.
    case resolved
  }

  /// Seconds since 1970.
  package var at: Int64
  package var service: String
  package var kind: Kind
  package var word: String
  package var detail: String

  package init(at: Int64, service: String, kind: Kind, word: String, detail: String = "") {
    self.at = at
    self.service = service
    self.kind = kind
    self.word = word
    self.detail = detail
  }
}

extension HealthEntry {
  /// Whether it says that the service does not do well, but is not switched off either.
  package var isIll: Bool { kind == .state && (word == "down" || word == "degraded") }
}

extension StateStore {
  /// Keeps an entry, and of all entries the newest `limit`; none if that is 0.
  @discardableResult
  package func note(_ entry: HealthEntry, keeping limit: Int) -> Bool {
    write { connection throws(StoreError) in
      if limit > 0 {
        try connection.run(
          "INSERT INTO health (at, service, kind, word, detail) VALUES (?, ?, ?, ?, ?)",
          [
            .integer(entry.at), .text(entry.service), .text(entry.kind.rawValue),
            .text(entry.word), .text(entry.detail),
          ])
      }
      try connection.run(
        "DELETE FROM health WHERE id <= (SELECT max(id) FROM health) - ?",
        [.integer(Int64(max(0, limit)))])
    }
  }

  /// The newest entries first, of one service or of all; entries of later versions are left out.
  package func healthHistory(of service: String? = nil, limit: Int) -> [HealthEntry] {
    let end = " ORDER BY id DESC LIMIT ?"
    let bound = Value.integer(Int64(max(0, limit)))
    guard let service else { return health(end, [bound]) }
    return health(" WHERE service = ?" + end, [.text(service), bound])
  }

  /// The newest state of one service, or of each, as gateways noted them.
  package func newestStates(of service: String? = nil) -> [HealthEntry] {
    let newest = " WHERE id IN (SELECT max(id) FROM health WHERE kind = 'state' GROUP BY service)"
    guard let service else { return health(newest, []) }
    return health(newest + " AND service = ?", [.text(service)])
  }

  private func health(_ condition: String, _ values: [Value]) -> [HealthEntry] {
    read("SELECT at, service, kind, word, detail FROM health" + condition, values) { row in
      HealthEntry.Kind(rawValue: row.text(2)).map { kind in
        HealthEntry(
          at: row.integer(0), service: row.text(1), kind: kind, word: row.text(3),
          detail: row.text(4))
      }
    }.compactMap { $0 }
  }
}
