import RawJSON

/// The `manifest.json` of an MCP bundle (`.mcpb`, `.dxt`; versions 0.1 to 0.4 of its format).
///
/// A value: it says which server would be run from which files; the files are somebody else's.
package struct BundleManifest: Hashable, Sendable {
  /// Where the bundle lies, and whose machine it is.
  package struct Places: Hashable, Sendable {
    /// The folder that it is unpacked in; absolute.
    package var root: String
    package var home: String

    package init(root: String, home: String) {
      self.root = root
      self.home = home
    }
  }

  package let name: String
  package let version: String
  /// `node`, `python`, `binary` or `uv`.
  package let kind: String
  /// Relative to the bundle; nil if it says none.
  package let entryPoint: String?
  private let value: JSONValue

  private static let kinds = ["node", "python", "binary", "uv"]
  private static let versions = ["0.1", "0.2", "0.3", "0.4"]

  /// - Throws: with the name `manifest.json`, where the name of the bundle is not known.
  package init(parsing text: [UInt8]) throws(LeftServer) {
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue(parsing: text) } catch {
      throw LeftServer(name: "manifest.json", why: "it is not JSON: \(error)")
    }
    guard let name = value["name"]?.stringValue, !name.isEmpty else {
      throw LeftServer(name: "manifest.json", why: "it has no 'name'")
    }
    func left(_ why: String) -> LeftServer { LeftServer(name: name, why: why) }
    guard value["manifest_version"] != nil || value["dxt_version"] != nil else {
      throw left("its manifest.json has no 'manifest_version'")
    }
    guard let version = value["version"]?.stringValue, !version.isEmpty else {
      throw left("its manifest.json has no 'version'")
    }
    guard let kind = value["server"]?["type"]?.stringValue else {
      throw left("its manifest.json has no 'server.type'")
    }
    guard Self.kinds.contains(kind) else {
      throw left("its server is of the type '\(kind)', not \(Self.kinds.joined(separator: ", "))")
    }
    let entryPoint = value["server"]?["entry_point"]?.stringValue
    if let entryPoint, !Self.staysInside(entryPoint) {
      throw left("its entry point '\(entryPoint)' lies outside the bundle")
    }
    let platforms = (value["compatibility"]?["platforms"]?.arrayValue ?? [])
      .compactMap(\.stringValue)
    guard platforms.isEmpty || platforms.contains(Self.platform) else {
      throw left("it runs on \(platforms.joined(separator: ", ")), not on \(Self.platform)")
    }
    self.name = name
    self.version = version
    self.kind = kind
    self.entryPoint = entryPoint.flatMap { $0.isEmpty ? nil : $0 }
    self.value = value
  }

  private static var platform: String {
    #if os(macOS)
      "darwin"
    #else
      "linux"
    #endif
  }

  private static func staysInside(_ path: String) -> Bool {
    path.utf8.first != UInt8(ascii: "/")
      && !path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
  }

  // MARK: The server

  package func server(at places: Places) throws(LeftServer) -> FoundServer {
    let reader = BundleTexts(places: places)
    var launch = try command(reader)
    launch.directory = FoundText(places.root)
    var server = FoundServer(name: name, .process(launch))
    server.description = value["description"]?.stringValue
    for member in value["user_config"]?.objectValue ?? JSONObject() {
      server.questions.append(Self.question(member.key, member.value, reader))
    }
    let known = Set(server.questions.map(\.key))
    let asked =
      ([launch.command] + launch.arguments + launch.environment.map(\.value))
      .flatMap(\.parts)
    for case .answer(let key) in asked where !known.contains(key) {
      throw LeftServer(name: name, why: "it uses 'user_config.\(key)', which it does not describe")
    }
    server.notes = notes
    return server
  }

  /// What `mcp_config` says, with what it says for this system in its place.
  private func command(_ reader: BundleTexts) throws(LeftServer) -> FoundServer.Launch {
    guard let config = value["server"]?["mcp_config"], config != .null else {
      return try usualCommand(reader)
    }
    let own = config["platform_overrides"]?[Self.platform]
    guard
      let command = own?["command"]?.stringValue ?? config["command"]?.stringValue,
      !command.isEmpty
    else { return try usualCommand(reader) }
    var launch = FoundServer.Launch(command: reader.command(command))
    let words = own?["args"]?.arrayValue ?? config["args"]?.arrayValue ?? []
    guard words.allSatisfy({ $0.stringValue != nil }) else {
      throw LeftServer(name: name, why: "its 'args' are no list of texts")
    }
    launch.arguments = words.compactMap(\.stringValue).map(reader.text)
    var variables: [FoundServer.Variable] = []
    for source in [config["env"], own?["env"]] {
      for member in source?.objectValue ?? JSONObject() {
        let text = reader.text(member.value.stringValue ?? member.value.description)
        variables.removeAll { $0.name.utf8.elementsEqual(member.key.utf8) }
        variables.append(.init(name: member.key, value: text))
      }
    }
    launch.environment = variables
    return launch
  }

  /// What is run where the manifest leaves it to us.
  private func usualCommand(_ reader: BundleTexts) throws(LeftServer) -> FoundServer.Launch {
    guard let entryPoint else {
      throw LeftServer(name: name, why: "it says neither a command nor an entry point")
    }
    let root = reader.places.root
    let file = FoundText(root + "/" + entryPoint)
    switch kind {
    case "node": return FoundServer.Launch(command: "node", arguments: [file])
    case "binary": return FoundServer.Launch(command: file)
    case "uv":
      return FoundServer.Launch(
        command: "uv", arguments: ["run", "--directory", FoundText(root), FoundText(entryPoint)])
    default:
      var launch = FoundServer.Launch(command: "python3", arguments: [file])
      launch.environment = [
        .init(name: "PYTHONPATH", value: FoundText(root + "/server/lib"))
      ]
      return launch
    }
  }

  private var notes: [String] {
    var notes: [String] = []
    for member in value["compatibility"]?["runtimes"]?.objectValue ?? JSONObject() {
      notes.append("it needs \(member.key) \(member.value.stringValue ?? "")")
    }
    if let prompts = value["prompts"]?.arrayValue, !prompts.isEmpty,
      value["prompts_generated"] != true
    {
      notes.append(
        "its \(prompts.count) prompts are served only if the server offers them itself")
    }
    let format = (value["manifest_version"] ?? value["dxt_version"])?.stringValue ?? "?"
    if !Self.versions.contains(where: { $0.utf8.elementsEqual(format.utf8) }) {
      notes.append("its manifest is of version \(format), which is not known")
    }
    return notes
  }

  // MARK: What it asks

  private static func question(
    _ key: String, _ value: JSONValue, _ reader: BundleTexts
  ) -> Question {
    let title = value["title"]?.stringValue
    var question = Question(key, about: title ?? value["description"]?.stringValue)
    question.isSecret = value["sensitive"] == true
    question.isRequired = value["required"] == true
    question.allowsMany = value["multiple"] == true
    switch value["type"] {
    case "number":
      question.kind = .number(least: value["min"]?.doubleValue, most: value["max"]?.doubleValue)
    case "boolean": question.kind = .truth
    default: break
    }
    let fallback = value["default"].map { $0.arrayValue ?? [$0] } ?? []
    let texts = fallback.filter { $0 != .null }.map { $0.stringValue ?? $0.description }
    let isEmpty = texts.isEmpty || texts == [""]
    if !isEmpty { question.fallback = texts.map(reader.text) }
    return question
  }
}

/// The texts of a bundle's manifest, with its variables filled in.
private struct BundleTexts {
  let places: BundleManifest.Places

  func text(_ text: String) -> FoundText {
    FoundText(reading: text) { inner in
      switch inner {
      case "__dirname": .literal(places.root)
      case "HOME": .literal(places.home)
      case "DESKTOP": .literal(places.home + "/Desktop")
      case "DOCUMENTS": .literal(places.home + "/Documents")
      case "DOWNLOADS": .literal(places.home + "/Downloads")
      case "/", "pathSeparator": .literal("/")
      case _ where inner.utf8.starts(with: "user_config.".utf8):
        .answer(String(inner.dropFirst(12)))
      default: .foreign(inner)
      }
    }
  }

  /// A command with a slash in it is one of the bundle's files.
  func command(_ command: String) -> FoundText {
    let isRelative =
      command.utf8.contains(UInt8(ascii: "/")) && command.utf8.first != UInt8(ascii: "/")
      && command.utf8.first != UInt8(ascii: "$")
    return text(isRelative ? places.root + "/" + command : command)
  }
}
