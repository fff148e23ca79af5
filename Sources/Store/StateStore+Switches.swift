extension StateStore {
  /// The services that a person has switched off, by name; all others are on.
  package func switchedOff() -> [String] {
    read("SELECT service FROM switched_off ORDER BY service") { $0.text(0) }
  }

  /// Keeps a service on or off for every gateway of this folder that starts later; `now` is
  /// seconds since 1970.
  ///
  /// Returns whether it was written.
  package func turn(_ service: String, on: Bool, now: Int64) -> Bool {
    write { connection throws(StoreError) in
      if on {
        try connection.run("DELETE FROM switched_off WHERE service = ?", [.text(service)])
      } else {
        try connection.run(
          "INSERT OR REPLACE INTO switched_off VALUES (?, ?)", [.text(service), .integer(now)])
      }
    }
  }
}
