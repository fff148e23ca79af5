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

  /// The service's name: at most 32 bytes of `[A-Za-z0-9_-]`.
  package let name: String
  /// The manifest, as YAML.
  package let text: String
  package let secrets: [SecretFile]
  /// What could not be carried over, or is left to the person.
  package let notes: [String]

  /// Bytes of a service's name, and of a secret's.
  private static let longestName = 32

  /// - Parameter taken: names of services and secrets that there are already.
  package init(_ server: FoundServer, taken: Set<String> = []) {
    let name = Self.free(Self.legal(server.name), taken)
    var notes = server.notes
    var secrets: [SecretFile] = []
    var lines = ["service: \(name)"]
    if let description = server.description, !description.isEmpty {
      lines.append("description: " + Self.quoted(description))
    }
    if server.isDisabled { lines.append("enabled: false") }
    lines.append("process:")
    lines.append("  command: " + Self.quoted(Self.template(server.command, &notes)))
    if !server.arguments.isEmpty {
      let words = server.arguments.map { Self.quoted(Self.template($0, &notes)) }
      lines.append("  args: [" + words.joined(separator: ", ") + "]")
    }
    if let directory = server.directory {
      lines.append("  directory: " + Self.quoted(Self.template(directory, &notes)))
    }
    if !server.environment.isEmpty { lines.append("  env:") }
    for variable in server.environment {
      var value = Self.template(variable.value ?? "", &notes)
      if variable.value == nil || Self.isSecret(variable) {
        let secret = Self.free(
          Self.legal(name + "-" + variable.name), taken.union(secrets.map(\.name)))
        secrets.append(SecretFile(name: secret, value: variable.value))
        value = "${secret:\(secret)}"
      }
      lines.append("    \(variable.name): " + Self.quoted(value))
    }
    for secret in secrets where secret.value == nil {
      notes.append("write the value of 'secrets/\(secret.name)' yourself, mode 0600")
    }
    self.name = name
    text = lines.joined(separator: "\n") + "\n"
    self.secrets = secrets
    self.notes = notes
  }

  /// By its name, or because the list says so; a value that is looked up elsewhere is none.
  private static func isSecret(_ variable: FoundServer.Variable) -> Bool {
    guard let value = variable.value, !value.isEmpty, !value.contains("${") else { return false }
    if variable.isSecret { return true }
    let name = variable.name.uppercased()
    return [
      "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY", "APIKEY", "_KEY", "PAT",
    ]
    .contains { name.hasSuffix($0) || (name.contains($0) && $0.count > 5) }
  }

  // MARK: Words

  /// A JSON string is a double-quoted scalar of YAML.
  private static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSON.appendQuoted(text.utf8, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func legal(_ name: String) -> String {
    let bytes = name.utf8.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        byte
      default: UInt8(ascii: "_")
      }
    }
    let cut = bytes.prefix(longestName)
    return cut.isEmpty ? "server" : String(decoding: cut, as: UTF8.self)
  }

  private static func free(_ name: String, _ taken: Set<String>) -> String {
    guard taken.contains(name) else { return name }
    for number in 2... {
      let end = "-\(number)"
      let next = String(name.prefix(longestName - end.count)) + end
      if !taken.contains(next) { return next }
    }
    return name
  }

  /// References of other programs as ours; what has no counterpart is kept as it was written and
  /// noted.
  private static func template(_ text: String, _ notes: inout [String]) -> String {
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
      let inner = rest[start.upperBound..<end]
      if let reference = reference(String(inner)) {
        result += reference
      } else {
        notes.append("'${\(inner)}' has no counterpart; replace it in the manifest")
        result += "$${\(inner)}"
      }
      rest = rest[rest.index(after: end)...]
    }
    return result + rest.replacing("${", with: "$${")
  }

  private static func reference(_ inner: String) -> String? {
    if inner == "userHome" { return "${env:HOME}" }
    // Folders of an editor; the gateway has none.
    if inner.hasPrefix("workspaceFolder") { return nil }
    let name = inner.hasPrefix("env:") ? String(inner.dropFirst(4)) : inner
    let variable = name.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard let first = variable.first, !first.isNumber else { return nil }
    let fallback = name.dropFirst(variable.count)
    return fallback.isEmpty || fallback.hasPrefix(":-") ? "${env:\(name)}" : nil
  }
}
