package import Loop

extension StateStore {
  /// Writes down a child before its first request, so that a later start can end it.
  @discardableResult
  package func record(_ child: ChildRecord) -> Bool {
    write { connection throws(StoreError) in
      try connection.run(
        "INSERT OR REPLACE INTO child VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
          .integer(Int64(child.process.pid)), .integer(Int64(clamping: child.process.startTime)),
          .text(child.process.bootID), .text(child.marker), .text(child.service),
          .integer(Int64(child.owner.pid)), .integer(Int64(clamping: child.owner.startTime)),
        ])
    }
  }

  /// Forgets a child that is gone with all its descendants.
  @discardableResult
  package func remove(_ child: ProcessIdentity) -> Bool {
    write { connection throws(StoreError) in
      try connection.run("DELETE FROM child WHERE boot = ? AND pid = ? AND started = ?", key(child))
    }
  }

  /// Every child written down and not removed.
  package func children() -> [ChildRecord] {
    read(
      "SELECT pid, started, boot, marker, service, owner_pid, owner_started FROM child"
    ) { row in
      ChildRecord(
        process: Self.process(row), marker: row.text(3), service: row.text(4),
        owner: ProcessIdentity(
          pid: Int32(truncatingIfNeeded: row.integer(5)),
          startTime: UInt64(clamping: row.integer(6)), bootID: row.text(2)))
    }
  }

  /// Children whose owner is dead, for the caller to end and then to `remove`.
  ///
  /// Those of an earlier boot died with it; they are forgotten, not returned.
  package func orphans(
    isAlive: (ProcessIdentity) -> Bool = { $0.isAlive }
  ) -> [ChildRecord] {
    let all = children()
    let boot = ProcessIdentity.currentBoot
    for child in all where child.process.bootID != boot { remove(child.process) }
    return all.filter { $0.process.bootID == boot && !isAlive($0.owner) }
  }

  /// Writes down that a gateway runs.
  @discardableResult
  package func register(_ gateway: GatewayRecord) -> Bool {
    write { connection throws(StoreError) in
      try connection.run(
        "INSERT OR REPLACE INTO gateway VALUES (?, ?, ?, ?, ?)",
        [
          .integer(Int64(gateway.process.pid)),
          .integer(Int64(clamping: gateway.process.startTime)), .text(gateway.process.bootID),
          .text(gateway.configuration), .integer(gateway.startedAt),
        ])
    }
  }

  /// Takes back `register`.
  @discardableResult
  package func unregister(_ gateway: ProcessIdentity) -> Bool {
    write { connection throws(StoreError) in
      try connection.run(
        "DELETE FROM gateway WHERE boot = ? AND pid = ? AND started = ?", key(gateway))
    }
  }

  /// Gateways that run now, oldest first; forgets those that are dead.
  package func running(isAlive: (ProcessIdentity) -> Bool = { $0.isAlive }) -> [GatewayRecord] {
    let all = read(
      "SELECT pid, started, boot, configuration, started_at FROM gateway ORDER BY started_at, pid"
    ) { row in
      GatewayRecord(
        process: Self.process(row), configuration: row.text(3), startedAt: row.integer(4))
    }
    for gateway in all where !isAlive(gateway.process) { unregister(gateway.process) }
    return all.filter { isAlive($0.process) }
  }

  private func key(_ process: ProcessIdentity) -> [Value] {
    [
      .text(process.bootID), .integer(Int64(process.pid)),
      .integer(Int64(clamping: process.startTime)),
    ]
  }

  private static func process(_ row: borrowing Statement) -> ProcessIdentity {
    ProcessIdentity(
      pid: Int32(truncatingIfNeeded: row.integer(0)), startTime: UInt64(clamping: row.integer(1)),
      bootID: row.text(2))
  }
}
