/// The tables, and the number that says which they are.
enum Schema {
  /// Kept in `user_version`. Version 0 is an empty file.
  static var version: Int { steps.count }

  /// What brings a file from each version to the next; a step that was released stays as it is.
  static let steps = [beginning, switches, health]

  private static let beginning = """
    CREATE TABLE catalogue (
      service TEXT NOT NULL, digest TEXT NOT NULL, revision TEXT NOT NULL,
      server_info BLOB NOT NULL, capabilities BLOB NOT NULL, instructions BLOB,
      tools BLOB NOT NULL, prompts BLOB NOT NULL, resources BLOB NOT NULL,
      templates BLOB NOT NULL, updated_at INTEGER NOT NULL,
      PRIMARY KEY (service, digest)) WITHOUT ROWID;
    CREATE TABLE era (
      digest TEXT PRIMARY KEY, revision TEXT NOT NULL, updated_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE child (
      pid INTEGER NOT NULL, started INTEGER NOT NULL, boot TEXT NOT NULL,
      marker TEXT NOT NULL, service TEXT NOT NULL,
      owner_pid INTEGER NOT NULL, owner_started INTEGER NOT NULL,
      PRIMARY KEY (boot, pid, started)) WITHOUT ROWID;
    CREATE TABLE gateway (
      pid INTEGER NOT NULL, started INTEGER NOT NULL, boot TEXT NOT NULL,
      configuration TEXT NOT NULL, started_at INTEGER NOT NULL,
      PRIMARY KEY (boot, pid, started)) WITHOUT ROWID;
    """

  /// Services that a person has switched off.
  private static let switches = """
    CREATE TABLE switched_off (
      service TEXT PRIMARY KEY, changed_at INTEGER NOT NULL) WITHOUT ROWID;
    """

  /// Changes of health and alerts, oldest first.
  private static let health = """
    CREATE TABLE health (
      id INTEGER PRIMARY KEY, at INTEGER NOT NULL, service TEXT NOT NULL,
      kind TEXT NOT NULL, word TEXT NOT NULL, detail TEXT NOT NULL);
    """
}
