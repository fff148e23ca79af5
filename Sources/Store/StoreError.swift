/// Why there is no state file to work with. The gateway runs without one.
package enum StoreError: Error, Hashable, Sendable {
  /// The folder cannot be made or used.
  case folder(code: Int32)
  /// Something that is no regular file has the name of the state file.
  case notRegular
  /// A newer Switchyard wrote the file; it is left alone.
  case newer(version: Int)
  /// Another process kept the file locked for longer than `StateStore.openTimeout`.
  case locked
  /// What SQLite said; `code` is its extended result code.
  case sqlite(code: Int32, message: String)
}

extension StoreError: CustomStringConvertible {
  /// One sentence without paths.
  package var description: String {
    switch self {
    case .folder(let code): "the state folder cannot be used: " + systemMessage(code)
    case .notRegular: "the state file is not a regular file"
    case .newer(let version): "a newer version of Switchyard wrote the state file (\(version))"
    case .locked: "another process keeps the state file locked"
    case .sqlite(let code, let message): "SQLite cannot use the state file: \(message) (\(code))"
    }
  }
}
