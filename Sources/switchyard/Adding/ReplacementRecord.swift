import Clients
import Digest
import Glibc
import RawJSON

/// What `register --replace` did to one file: `replaced/DIGEST.json` in the state folder, one layer
/// for each time, the newest last. It holds the texts of the file, with the secrets in them.
struct ReplacementRecord {
  let path: String
  private let folder: String
  /// Both texts of a few layers of the largest configuration.
  private static let limit = 1 << 30

  /// - Parameter file: the path after following links.
  init(file: String, state: String) {
    folder = state + "/replaced"
    var digest = SHA256()
    digest.update(file.utf8)
    path = "\(folder)/\(SHA256.hex(digest.finalize()).prefix(16)).json"
  }

  /// Nothing where there is none.
  func read() throws -> [Replacement] {
    guard let bytes = Process.contents(of: path, limit: Self.limit) else {
      if errno == ENOENT { return [] }
      throw CommandFailure("\(path): \(Process.lastError)")
    }
    guard let layers = (try? JSONValue(parsing: bytes))?.arrayValue else { throw damaged }
    let replacements = layers.compactMap(Replacement.init)
    guard replacements.count == layers.count else { throw damaged }
    return replacements
  }

  private var damaged: CommandFailure {
    CommandFailure("\(path) is damaged; the backups beside the client's file hold its old bytes")
  }

  /// Replaces it in one step; no layers remove it.
  func write(_ layers: [Replacement]) throws {
    if layers.isEmpty {
      guard unlink(path) == 0 || errno == ENOENT else {
        throw CommandFailure("\(path): \(Process.lastError)")
      }
      return
    }
    try NewFolder.make(folder)
    let draft = "\(path).\(getpid())"
    unlink(draft)
    try NewFile.write(JSONValue.array(layers.map(\.json)).serialized(), to: draft, mode: 0o600)
    guard rename(draft, path) == 0 else {
      unlink(draft)
      throw CommandFailure("\(path): \(Process.lastError)")
    }
  }
}
