import Clients
import MCP
import Manifest
import RawJSON
import Store

/// Names and numbers of tools, from what services offered when they were last asked.
extension Examination {
  mutating func examineTools() {
    var owners: [[UInt8]: [String]] = [:]
    for manifest in configuration.ready where !state.switchedOff.contains(manifest.name) {
      for own in tools(of: manifest) where manifest.tools.admits(Array(own.utf8)) {
        let renamed = manifest.tools.renamed(Array(own.utf8)) ?? own
        let shown = ToolName.qualified(prefix: manifest.prefix, name: renamed)
        owners[Array(shown.utf8), default: []].append(manifest.name)
        let whole = renamed.hasPrefix(manifest.prefix) ? renamed : manifest.prefix + renamed
        if whole.utf8.count > ToolName.maximumLength {
          find(.nameTooLong, manifest.name, "'\(whole)' is shown as '\(shown)'")
        }
      }
    }
    for (name, services) in owners.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
    where Set(services).count > 1 {
      let shown = String(decoding: name, as: UTF8.self)
      find(.nameTaken, nil, "'\(shown)' is offered by \(services.joined(separator: " and "))")
    }
    examineClients(tools: owners.count)
  }

  private func tools(of manifest: ServiceManifest) -> [String] {
    if let api = manifest.rest { return api.tools.map(\.name) }
    guard let record = state.catalogue(of: manifest.name),
      let list = (try? JSONValue(parsing: record.tools))?.arrayValue
    else { return [] }
    return list.compactMap { $0["name"]?.stringValue }
  }

  private mutating func examineClients(tools count: Int) {
    guard
      let places = ClientPlaces(environment: environment, project: Process.workingDirectory)
    else { return }
    var isRegistered = false
    for client in Client.allCases {
      let files = Client.Scope.allCases.compactMap { client.file(scope: $0, in: places) }
      guard files.contains(where: { Self.launchesUs(client, file: $0) }) else { continue }
      isRegistered = true
      if let most = client.mostTools, count > most {
        find(.tooManyTools, nil, "\(count) tools; \(client.title) uses at most \(most)")
      }
    }
    if !isRegistered {
      find(.clientUnregistered, nil, "the configuration files of this user and folder")
    }
  }

  private static func launchesUs(_ client: Client, file: String) -> Bool {
    guard let text = Process.contents(of: file, limit: 16 << 20),
      let document = try? JSONCDocument(parsing: text),
      let root = document.root,
      let servers = document.value(of: root)?[client.container]?.objectValue
    else { return false }
    return servers.contains { server in
      server.value["command"]?.stringValue.map { Registration.isOurs(command: $0) } ?? false
    }
  }
}

extension Client {
  /// As many tools of all servers together as its models are shown; nil without a known bound.
  var mostTools: Int? {
    switch self {
    case .cursor: 40
    case .windsurf: 100
    case .vscode: 128
    case .claudeDesktop, .claudeCode, .gemini: nil
    }
  }
}
