import RawJSON

/// A manifest for a server, with what is secret taken out of it.
package struct ServerManifest: Hashable, Sendable {
  /// A file of the secrets folder.
  package struct SecretFile: Hashable, Sendable {
    package var name: String
    /// Nil if the person must write it.
    package var value: String?

    package init(name: String, value: String?) {
      self.name = name
      self.value = value
    }
  }

  /// What the list calls the server.
  package let origin: String
  /// The service's name: at most 32 bytes of `[A-Za-z0-9_-]`.
  package let name: String
  /// The manifest, as YAML.
  package let text: String
  package let secrets: [SecretFile]
  /// What could not be carried over, or is left to the person.
  package let notes: [String]
  /// The command as a person would type it, or the address.
  package let line: String
  /// Where it is run, if the list says so.
  package let directory: String?
  /// A reference in it that nobody but the client can follow.
  package let unresolved: String?
  package let isRemote: Bool
  /// The names of its variables, or of its headers.
  package let variables: [String]
  /// Whether it is reached over HTTP and nothing says who we are.
  package let mayWantLogin: Bool

  /// - Parameters:
  ///   - answers: what the person has said, by the keys of its questions.
  ///   - taken: names of services and secrets that there are already.
  package init(
    _ server: FoundServer, answers: [String: [String]] = [:], taken: Set<String> = []
  ) throws(LeftServer) {
    var writer = ManifestWriter(server, answers, taken)
    switch server.way {
    case .process(let launch):
      try writer.write(launch)
      isRemote = false
      variables = launch.environment.map(\.name)
      mayWantLogin = false
    case .remote(let endpoint):
      let isKnown = try writer.write(endpoint)
      isRemote = true
      variables = endpoint.headers.map(\.name)
      mayWantLogin = !isKnown
    }
    origin = server.name
    name = writer.name
    text = writer.lines.joined(separator: "\n") + "\n"
    line = writer.line
    directory = writer.directory
    unresolved = writer.unresolved
    secrets = writer.secrets
    notes =
      writer.notes
      + secrets.filter { $0.value == nil }.map {
        "write the value of 'secrets/\($0.name)' yourself, mode 0600"
      }
  }
}
