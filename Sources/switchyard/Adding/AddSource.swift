import ArgumentParser
import Clients
import Glibc

/// The servers that `switchyard add` is asked to take.
struct AddSource {
  private(set) var servers: [FoundServer] = []
  private(set) var left: [LeftServer] = []
  /// The bundle to be unpacked, if it is one.
  private(set) var bundle: ServerBundle?

  init(_ options: Add, state: String) throws {
    try take(options, state: state)
    guard let name = options.name else { return }
    guard servers.count + left.count == 1 else {
      throw CommandFailure("--name is for one server", .usage)
    }
    if !servers.isEmpty { servers[0].name = name }
  }

  private mutating func take(_ options: Add, state: String) throws {
    var names = options.what
    let words = ServerWords.words
    let url = names.last.flatMap { Self.isURL($0) ? $0 : nil }
    var file = options.from
    if file == nil, words.isEmpty, url == nil, let last = names.last, Self.isFile(last) {
      file = last
      names.removeLast()
    }
    if let file {
      try Self.refuse(options.env + options.header, "--env and --header are for one server")
      try take(file, names, state: state)
    } else if let url, words.isEmpty {
      names.removeLast()
      guard !BundleDownload.isMeant(by: url) else {
        let unused = options.env + options.header + (options.bearer.map { [$0] } ?? [])
        try Self.refuse(unused, "--env, --header and --bearer are not for a bundle")
        try take(bundle: try BundleDownload.bytes(of: url), url, names, state: state)
        return
      }
      try Self.refuse(options.env + options.set, "--env and --set are not for a URL")
      guard names.count <= 1 else { throw Self.usage }
      servers = [try Self.remote(names.first ?? AddressName.of(url), url, options)]
    } else {
      guard names.count <= 1, let name = names.first ?? options.name, let command = words.first
      else { throw Self.usage }
      try Self.refuse(options.header + options.set, "--header and --set are not for a command")
      servers = [try Self.process(name, command, Array(words.dropFirst()), options.env)]
    }
  }

  private static let usage = ValidationError(
    "Give a name and the command behind '--', a name and a URL, or a file.")

  private static func refuse(_ values: [String], _ why: String) throws {
    if !values.isEmpty { throw CommandFailure(why, .usage) }
  }

  private static func isURL(_ text: String) -> Bool {
    let lower = text.lowercased()
    return ["http://", "https://"].contains { lower.utf8.starts(with: $0.utf8) }
  }

  private static func isFile(_ text: String) -> Bool {
    text.contains("/") || [".json", ".jsonc", ".mcpb", ".dxt"].contains { text.hasSuffix($0) }
  }

  // MARK: One server

  private static func process(
    _ name: String, _ command: String, _ arguments: [String], _ variables: [String]
  ) throws -> FoundServer {
    var launch = FoundServer.Launch(
      command: FoundText(command), arguments: arguments.map { FoundText($0) })
    launch.environment = try variables.map { text in
      let (name, value) = try Pair.read(text, "--env", "NAME=VALUE")
      return .init(name: name, value: .ofClient(value))
    }
    return FoundServer(name: name, .process(launch))
      .placed(in: Process.workingDirectory, always: false, exists: Process.exists)
  }

  private static func remote(_ name: String, _ url: String, _ options: Add) throws -> FoundServer {
    var endpoint = FoundServer.Endpoint(url: FoundText(url))
    endpoint.isSSE = options.transport == .sse
    endpoint.headers = try options.header.map { text in
      let (name, value) = try Pair.read(text, "--header", "NAME=VALUE")
      return .init(name: name, value: .ofClient(value))
    }
    if let token = options.bearer {
      let value = token == "-" ? Answers.hiddenLine("Token: ") ?? "" : token
      guard !value.isEmpty else { throw CommandFailure("--bearer has no token", .usage) }
      endpoint.headers.append(
        .init(name: "Authorization", value: "Bearer " + FoundText.ofClient(value)))
    }
    return FoundServer(name: name, .remote(endpoint))
  }

  // MARK: Files

  private mutating func take(_ file: String, _ names: [String], state: String) throws {
    guard let bytes = Process.contents(of: file, limit: ServerBundle.limit) else {
      throw CommandFailure("\(file.printable()): \(Process.lastError)")
    }
    if bytes.starts(with: Array("PK".utf8)) {
      return try take(bundle: bytes, file, names, state: state)
    }
    try take(list: try Self.list(bytes, file), names, file)
  }

  private mutating func take(
    bundle bytes: [UInt8], _ place: String, _ names: [String], state: String
  ) throws {
    guard names.count <= 1 else {
      throw CommandFailure("a bundle is one server, with one name", .usage)
    }
    let bundle = try ServerBundle(bytes, file: place, state: state)
    var server = bundle.server
    if let name = names.first { server.name = name }
    servers = [server]
    self.bundle = bundle
  }

  /// The folder whose clients' configuration the file is; nil if it is a person's own.
  private static func project(of file: String) -> String? {
    let parts = file.split(separator: "/").filter { $0 != "." }.map(String.init)
    let path = "/" + parts.joined(separator: "/")
    let names = ["/.mcp.json", "/.cursor/mcp.json", "/.vscode/mcp.json", "/.gemini/settings.json"]
    guard let name = names.first(where: { path.hasSuffix($0) }) else { return nil }
    let folder = String(path.dropLast(name.count))
    let home = Process.environment["HOME"] ?? ""
    return folder.isEmpty || folder == home || folder + "/" == home ? nil : folder
  }

  private static func list(_ bytes: [UInt8], _ file: String) throws -> ServerList {
    do throws(ServerList.Failure) { return try ServerList(parsing: bytes) } catch {
      switch error {
      case .unreadable(let why): throw CommandFailure("\(file.printable()):\(why)")
      case .unknown:
        throw CommandFailure(
          "\(file.printable()) is no client's configuration with servers, no server.json of the "
            + "registry and no bundle")
      }
    }
  }

  private mutating func take(list: ServerList, _ names: [String], _ file: String) throws {
    servers = list.servers
    left = list.left
    if let project = Self.project(of: Process.absolute(file)) {
      servers = servers.map { $0.placed(in: project, always: true, exists: Process.exists) }
    }
    for index in servers.indices {
      guard let path = servers[index].relativePath else { continue }
      servers[index].notes.append(
        "'\(path)' is relative to where the client ran it, which the file does not tell; "
          + "write the whole path into the manifest")
    }
    guard !names.isEmpty else { return }
    servers.removeAll { !names.contains($0.name) }
    left.removeAll { !names.contains($0.name) }
    let known = Set(servers.map(\.name) + left.map(\.name))
    if let missing = names.first(where: { !known.contains($0) }) {
      throw CommandFailure("\(file.printable()) has no server '\(missing.printable())'")
    }
  }
}

/// `NAME=VALUE` of an option.
enum Pair {
  static func read(_ text: String, _ option: String, _ form: String) throws -> (String, String) {
    let bytes = Array(text.utf8)
    guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")), equals > 0 else {
      throw CommandFailure("\(option) takes \(form), not '\(text.printable())'", .usage)
    }
    return (
      String(decoding: bytes[..<equals], as: UTF8.self),
      String(decoding: bytes[(equals + 1)...], as: UTF8.self)
    )
  }
}

/// A service's name made of a URL: `linear` of `https://mcp.linear.app/mcp`.
enum AddressName {
  static func of(_ url: String) -> String {
    let rest = url.split(separator: "://", maxSplits: 1).last ?? ""
    let place = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = (place.split(separator: "@").last ?? "").prefix { $0 != ":" }
    var labels = host.split(separator: ".").map(String.init)
    let isAddress = labels.allSatisfy { $0.allSatisfy(\.isNumber) } || host.hasPrefix("[")
    if isAddress { return "server" }
    guard labels.count > 1 else { return labels.first ?? "server" }
    labels.removeLast()
    // Of a country's second level, such as co.uk.
    let isShared = ["ac", "co", "com", "edu", "gov", "net", "org"].contains(labels.last ?? "")
    if labels.count > 1, isShared { labels.removeLast() }
    return labels.last ?? "server"
  }
}
