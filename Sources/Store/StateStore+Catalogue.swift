extension StateStore {
  /// How many commands of one service are remembered.
  static let digestsPerService = 4

  /// What `service` offered when it was run as `digest` says; nil if never asked.
  package func catalogue(service: String, digest: String) -> CatalogueRecord? {
    read(
      Self.select + " WHERE service = ? AND digest = ?", [.text(service), .text(digest)],
      Self.record
    ).first
  }

  /// Everything remembered, in one query, by service and the newest first.
  package func allCatalogues() -> [CatalogueRecord] {
    read(Self.select + " ORDER BY service, updated_at DESC", [], Self.record)
  }

  /// Remembers `record`; forgets all but the newest few digests of its service.
  ///
  /// Returns whether it was written.
  @discardableResult
  package func save(_ record: CatalogueRecord) -> Bool {
    write { connection throws(StoreError) in
      try connection.transaction { () throws(StoreError) in
        try connection.run(
          "INSERT OR REPLACE INTO catalogue VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          [
            .text(record.service), .text(record.digest), .text(record.revision),
            .bytes(record.serverInfo), .bytes(record.capabilities),
            record.instructions.map { .bytes($0) } ?? .null, .bytes(record.tools),
            .bytes(record.prompts), .bytes(record.resources), .bytes(record.templates),
            .integer(record.updatedAt),
          ])
        try connection.run(
          """
          DELETE FROM catalogue WHERE service = ?1 AND digest NOT IN (
            SELECT digest FROM catalogue WHERE service = ?1
            ORDER BY digest = ?2 DESC, updated_at DESC LIMIT \(Self.digestsPerService))
          """, [.text(record.service), .text(record.digest)])
      }
    }
  }

  private static let select = """
    SELECT service, digest, revision, server_info, capabilities, instructions, tools, prompts,
      resources, templates, updated_at FROM catalogue
    """

  private static func record(_ row: borrowing Statement) -> CatalogueRecord {
    CatalogueRecord(
      service: row.text(0), digest: row.text(1), revision: row.text(2), serverInfo: row.bytes(3),
      capabilities: row.bytes(4), instructions: row.isNull(5) ? nil : row.bytes(5),
      tools: row.bytes(6), prompts: row.bytes(7), resources: row.bytes(8),
      templates: row.bytes(9), updatedAt: row.integer(10))
  }
}

extension StateStore {
  /// The revision last agreed with the command of `digest`; nil if unknown.
  package func era(digest: String) -> String? {
    read("SELECT revision FROM era WHERE digest = ?", [.text(digest)]) {
      $0.text(0)
    }.first
  }

  /// Remembers that the command of `digest` speaks `revision`; `now` is seconds since 1970.
  @discardableResult
  package func saveEra(digest: String, revision: String, now: Int64) -> Bool {
    write { connection throws(StoreError) in
      try connection.run(
        "INSERT OR REPLACE INTO era VALUES (?, ?, ?)",
        [.text(digest), .text(revision), .integer(now)])
      // A bound for a file that lives for years.
      try connection.run(
        """
        DELETE FROM era WHERE digest IN (
          SELECT digest FROM era ORDER BY updated_at DESC LIMIT -1 OFFSET 1000)
        """)
    }
  }
}
