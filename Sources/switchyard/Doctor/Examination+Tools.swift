import Clients
import MCP
import Manifest
import RawJSON

/// Names and numbers of tools, from what services offered when they were last asked.
extension Examination {
  mutating func examineTools() {
    var owners: [[UInt8]: [String]] = [:]
    let offered = OfferedTools(configuration, state)
    for tool in offered.tools {
      owners[Array(tool.shown.utf8), default: []].append(tool.service)
      if tool.whole.utf8.count > ToolName.maximumLength {
        find(.nameTooLong, tool.service, "'\(tool.whole)' is shown as '\(tool.shown)'")
      }
    }
    for (name, services) in owners.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
    where Set(services).count > 1 {
      let shown = String(decoding: name, as: UTF8.self)
      find(.nameTaken, nil, "'\(shown)' is offered by \(services.joined(separator: " and "))")
    }
    for diagnostic in configuration.profileWarnings(state) {
      find(.toolUnknown, nil, diagnostic.description)
    }
    examineClients(offered, count: owners.count)
  }

  private mutating func examineClients(_ offered: OfferedTools, count: Int) {
    guard
      let places = ClientPlaces(environment: environment, project: Process.workingDirectory)
    else { return }
    var isRegistered = false
    for client in Client.allCases {
      let files = Client.Scope.allCases.compactMap { client.file(scope: $0, in: places) }
      let launches = files.flatMap { entries(of: client, in: $0) }
      if !launches.isEmpty { isRegistered = true }
      for arguments in launches { examine(client, arguments, offered, count: count) }
    }
    if !isRegistered {
      find(.clientUnregistered, nil, "the configuration files of this user and folder")
    }
  }

  /// Whether a client takes all that it is shown.
  private mutating func examine(
    _ client: Client, _ arguments: [String], _ offered: OfferedTools, count: Int
  ) {
    guard let known = client.known else { return }
    let place = arguments.firstIndex(of: "--profile").map { $0 + 1 } ?? arguments.endIndex
    let name = arguments.indices.contains(place) ? arguments[place] : nil
    let profile = configuration.gateway.profiles.first { profile in
      name.map { $0 == profile.name } ?? profile.matches(client: known.usualName)
    }
    let shown = profile.map { offered.count(for: $0) } ?? count
    let budget = profile?.budget(for: known.usualName) ?? .max
    guard min(shown, budget) > known.mostTools else { return }
    let advice =
      profile.map { "; its profile '\($0.name)' lists \(min(shown, budget))" }
      ?? "; give it a profile: profiles: {\(client.rawValue): {client: [\"\(known.usualPattern)\"]}}"
    find(
      .tooManyTools, nil,
      "\(shown) tools; \(client.title) uses at most \(known.mostTools)\(advice)")
  }

  /// The arguments with which a client launches us, once for each of its entries.
  private mutating func entries(of client: Client, in file: String) -> [[String]] {
    guard let text = Process.contents(of: file, limit: 16 << 20) else { return [] }
    let document: JSONCDocument
    do throws(JSONCError) {
      document = try JSONCDocument(parsing: text)
    } catch {
      find(.clientUnreadable, nil, "\(client.title): \(file):\(error)")
      return []
    }
    guard let root = document.root,
      let servers = document.value(of: root)?[client.container]?.objectValue
    else { return [] }
    return servers.filter { server in
      server.value["command"]?.stringValue.map { Registration.isOurs(command: $0) } ?? false
    }.map { server in
      (server.value["args"]?.arrayValue ?? []).compactMap(\.stringValue)
    }
  }
}

extension Client {
  /// What is known of it by the name that it gives itself; nil without a known bound.
  fileprivate var known: KnownClient? {
    switch self {
    case .cursor: .cursor
    case .windsurf: .windsurf
    case .vscode: .vscode
    case .claudeDesktop, .claudeCode, .gemini: nil
    }
  }
}
