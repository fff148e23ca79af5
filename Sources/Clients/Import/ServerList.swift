import RawJSON

/// The servers that a file describes.
///
/// It knows the configuration files of clients (`mcpServers`, and `servers` of VS Code, with
/// comments) and a `server.json` of the MCP registry. A value; it reads no file and starts nothing.
package struct ServerList: Hashable, Sendable {
  package enum Failure: Error, Hashable, Sendable {
    case unreadable(String)
    /// It is JSON, and none of the lists that are known.
    case unknown
  }

  /// In the order of the file.
  package private(set) var servers: [FoundServer] = []
  package private(set) var left: [LeftServer] = []

  package init(parsing text: [UInt8]) throws(Failure) {
    let document: JSONCDocument
    do throws(JSONCError) { document = try JSONCDocument(parsing: text) } catch {
      throw .unreadable("\(error)")
    }
    guard let root = document.root, let value = document.value(of: root)?.objectValue else {
      throw .unknown
    }
    // Settings of VS Code keep them one level deeper.
    let container =
      value["mcpServers"] ?? value["servers"] ?? value["mcp"]?["servers"]
    if let entries = container?.objectValue {
      for entry in entries { take(entry.key, entry.value) }
    } else if value["packages"] != nil || value["remotes"] != nil {
      takeRegistryServer(value)
    } else {
      throw .unknown
    }
  }

  // MARK: Clients

  private mutating func take(_ name: String, _ value: JSONValue) {
    guard let command = value["command"]?.stringValue, !command.isEmpty else {
      let url = value["url"]?.stringValue ?? value["serverUrl"]?.stringValue
      let why = url.map { "it is at the URL \($0); only processes are taken over" }
      left.append(LeftServer(name: name, why: why ?? "it has no command"))
      return
    }
    var server = FoundServer(name: name, command: command)
    server.arguments = (value["args"]?.arrayValue ?? []).compactMap(\.stringValue)
    for variable in value["env"]?.objectValue ?? JSONObject() {
      let text = variable.value.stringValue ?? variable.value.description
      server.environment.append(.init(name: variable.key, value: text))
    }
    server.directory = value["cwd"]?.stringValue
    server.isDisabled = value["disabled"] == true || value["enabled"] == false
    for key in value.objectValue?.keys ?? [] where !Self.known.contains(key) {
      server.notes.append("'\(key)' of the entry is left out")
    }
    servers.append(server)
  }

  /// Keys that are taken over, or mean nothing to anybody but the client.
  private static let known: Set<String> = [
    "command", "args", "env", "cwd", "disabled", "enabled", "type", "transport",
  ]

  // MARK: The registry

  private mutating func takeRegistryServer(_ value: JSONObject) {
    let full = value["name"]?.stringValue ?? "server"
    let name = full.split(separator: "/").last.map(String.init) ?? full
    var reasons: [String] = []
    for package in value["packages"]?.arrayValue ?? [] {
      let transport = package["transport"]?["type"]?.stringValue ?? "stdio"
      guard transport == "stdio" else {
        reasons.append("a package speaks \(transport)")
        continue
      }
      guard var server = Self.server(name, package) else {
        let kind = package["registryType"]?.stringValue ?? package["registry_name"]?.stringValue
        reasons.append("packages of '\(kind ?? "?")' cannot be run")
        continue
      }
      server.description = value["description"]?.stringValue
      servers.append(server)
      return
    }
    if value["remotes"] != nil { reasons.append("it is a remote server") }
    left.append(
      LeftServer(
        name: name, why: reasons.isEmpty ? "it has no package" : reasons.joined(separator: "; ")))
  }

  /// A package as the command that runs it.
  private static func server(_ name: String, _ package: JSONValue) -> FoundServer? {
    guard let identifier = package["identifier"]?.stringValue ?? package["name"]?.stringValue else {
      return nil
    }
    let version = package["version"]?.stringValue
    var server: FoundServer
    switch package["registryType"]?.stringValue ?? package["registry_name"]?.stringValue {
    case "npm":
      let whole = identifier + (version.map { "@" + $0 } ?? "")
      server = FoundServer(name: name, command: "npx", arguments: ["-y", whole])
    case "pypi":
      let whole = identifier + (version.map { "==" + $0 } ?? "")
      server = FoundServer(name: name, command: "uvx", arguments: [whole])
    case "oci", "docker":
      server = FoundServer(name: name, command: "docker", arguments: ["run", "-i", "--rm"])
      for variable in variables(of: package) { server.arguments += ["-e", variable.name] }
      server.arguments.append(identifier)
    default: return nil
    }
    server.environment = variables(of: package)
    for argument in package["packageArguments"]?.arrayValue ?? [] { server.add(argument) }
    if package["runtimeArguments"]?.arrayValue?.isEmpty == false {
      server.notes.append("'runtimeArguments' of the package are left out")
    }
    return server
  }

  private static func variables(of package: JSONValue) -> [FoundServer.Variable] {
    (package["environmentVariables"]?.arrayValue ?? []).compactMap { variable in
      guard let name = variable["name"]?.stringValue else { return nil }
      let value = variable["value"]?.stringValue ?? variable["default"]?.stringValue
      let isNeeded = variable["isRequired"] == true
      guard value != nil || isNeeded else { return nil }
      return FoundServer.Variable(
        name: name, value: value, isSecret: variable["isSecret"] == true)
    }
  }
}

extension FoundServer {
  /// An argument of a package; one without a value is left to the person.
  fileprivate mutating func add(_ argument: JSONValue) {
    let name = argument["name"]?.stringValue
    let value = argument["value"]?.stringValue ?? argument["default"]?.stringValue
    if argument["type"] == "named", let name {
      arguments.append(name)
      if let value { arguments.append(value) }
    } else if let value {
      arguments.append(value)
    } else if argument["isRequired"] == true {
      let hint = argument["valueHint"]?.stringValue ?? name ?? "a value"
      notes.append("the argument '\(hint)' must be added to 'process.args'")
    }
  }
}
