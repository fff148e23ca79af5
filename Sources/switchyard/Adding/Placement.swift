import Clients

/// Under which names servers come to those that are there.
///
/// A server whose manifest is there, to the letter and with the same secrets, is not added again. One
/// whose name belongs to another has a number behind it and says so, or takes the place of that one.
struct Placement {
  /// A service that gives way.
  private struct Old {
    /// The secrets that are named after it.
    var secrets: Set<String>
  }

  private let folder: String
  /// In lower case: names that differ in case only count as one.
  private var services: Set<String>
  private var secrets: Set<String>
  /// The names that were given in this run, which do not give way.
  private var given: Set<String> = []
  private let replaces: Bool
  private let advice: String

  /// - Parameters:
  ///   - folder: that of the configuration.
  ///   - known: services that are there.
  ///   - replaces: a server takes the place of a service with its name.
  ///   - advice: what a person can do about a name that is taken, behind a sentence.
  init(in folder: String, known: [String], replaces: Bool, advice: String) {
    self.folder = folder
    self.replaces = replaces
    self.advice = advice
    let files = Process.names(in: folder + "/manifests").map { name in
      String(name.prefix { $0 != "." })
    }
    services = Set((known + files).map { $0.lowercased() })
    secrets = Set(Process.names(in: folder + "/secrets").map { $0.lowercased() })
  }

  mutating func place(
    _ server: FoundServer, _ answers: [String: [String]]
  ) throws(LeftServer) -> Adoption.Item {
    if let manifest = try standing(server, answers) {
      return Adoption.Item(server: server, manifest: manifest, state: .there)
    }
    let wish = try ServerManifest(server, answers: answers).name
    var notes: [String] = []
    if wish != server.name {
      notes.append("'\(server.name)' cannot be the name of a service; '\(wish)' can")
    }
    if server.isDisabled { notes.append("it is off there and will be here ('enabled: false')") }
    var taken = services.union(secrets)
    var old: Old?
    if replaces, services.contains(wish.lowercased()), !given.contains(wish.lowercased()) {
      let found = try self.old(wish, server)
      taken.remove(wish.lowercased())
      taken.subtract(found.secrets.map { $0.lowercased() })
      notes.append("takes the place of the service '\(wish)' that is there")
      old = found
    }
    let manifest = try ServerManifest(server, answers: answers, taken: taken)
    if manifest.name != wish {
      let what = services.contains(wish.lowercased()) ? "service" : "secret"
      notes.append(
        "there is another \(what) '\(wish)', so that this one is '\(manifest.name)'" + advice)
    }
    let unused = (old?.secrets ?? []).subtracting(manifest.secrets.map(\.name))
    for name in unused.sorted() { notes.append("'secrets/\(name)' is not needed any more") }
    given.insert(manifest.name.lowercased())
    services.insert(manifest.name.lowercased())
    secrets.formUnion(manifest.secrets.map { $0.name.lowercased() })
    return Adoption.Item(
      server: server, manifest: manifest, state: old == nil ? .new : .replacement, notes: notes)
  }

  /// The manifest as it is there, under the server's name or with a number behind it.
  private func standing(
    _ server: FoundServer, _ answers: [String: [String]]
  ) throws(LeftServer) -> ServerManifest? {
    var tried: Set<String> = []
    while true {
      let manifest = try ServerManifest(server, answers: answers, taken: tried)
      guard services.contains(manifest.name.lowercased()) else { return nil }
      if isThere(manifest) { return manifest }
      guard tried.insert(manifest.name.lowercased()).inserted else { return nil }
    }
  }

  private func isThere(_ manifest: ServerManifest) -> Bool {
    guard contents("manifests/\(manifest.name).yaml") == Array(manifest.text.utf8) else {
      return false
    }
    return manifest.secrets.allSatisfy { secret in
      let file = contents("secrets/\(secret.name)")
      return secret.value.map { Array(($0 + "\n").utf8) == file } ?? true
    }
  }

  private func contents(_ name: String) -> [UInt8]? {
    Process.contents(of: "\(folder)/\(name)", limit: 1 << 20)
  }

  private func old(_ name: String, _ server: FoundServer) throws(LeftServer) -> Old {
    guard let bytes = contents("manifests/\(name).yaml") else {
      throw LeftServer(
        name: server.name,
        why: "the service '\(name)' that is there is not in 'manifests/\(name).yaml'; "
          + "it is not replaced")
    }
    let pieces = String(decoding: bytes, as: UTF8.self).split(separator: "${secret:").dropFirst()
    let named = pieces.map { String($0.prefix { $0 != "}" }) }
    return Old(secrets: Set(named.filter { $0.hasPrefix(name + "-") }))
  }
}
