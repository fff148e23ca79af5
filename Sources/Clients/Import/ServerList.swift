package import RawJSON

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
  package internal(set) var servers: [FoundServer] = []
  package internal(set) var left: [LeftServer] = []

  package init(parsing text: [UInt8]) throws(Failure) {
    let document: JSONCDocument
    do throws(JSONCError) { document = try JSONCDocument(parsing: text) } catch {
      throw .unreadable("\(error)")
    }
    guard let root = document.root, let value = document.value(of: root)?.objectValue else {
      throw .unknown
    }
    // Settings of VS Code keep them one level deeper.
    let inner = value["mcp"]
    let container = value["mcpServers"] ?? value["servers"] ?? inner?["servers"]
    let entries = container?.objectValue
    if let entries { take(entries, inputs: value["inputs"] ?? inner?["inputs"]) }
    leaveProjects(value["projects"]?.objectValue ?? JSONObject())
    if entries != nil || !left.isEmpty { return }
    if value["packages"] != nil || value["remotes"] != nil {
      takeRegistryServer(value)
    } else {
      throw .unknown
    }
  }

  /// The entries of a client's configuration.
  ///
  /// - Parameter inputs: what VS Code asks for (`inputs`).
  package init(entries: JSONObject, inputs: JSONValue? = nil) { take(entries, inputs: inputs) }

  /// Claude Code keeps servers that it runs in one folder only with its own.
  private mutating func leaveProjects(_ projects: JSONObject) {
    for project in projects {
      for name in project.value["mcpServers"]?.objectValue?.keys ?? [] {
        left.append(
          LeftServer(
            name: name,
            why:
              "it is for the folder '\(project.key)' only; put it into '.mcp.json' there, and add "
              + "that file"))
      }
    }
  }

  private mutating func take(_ entries: JSONObject, inputs: JSONValue?) {
    let questions = (inputs?.arrayValue ?? []).compactMap(Self.question)
    let known = Set(questions.map(\.key))
    for entry in entries {
      var reader = EntryReader(name: entry.key, entry.value, inputs: known)
      do throws(LeftServer) {
        var server = try reader.server()
        server.questions = questions.filter { reader.asked.contains($0.key) }
        servers.append(server)
      } catch {
        left.append(error)
      }
    }
  }

  /// An input of VS Code; a command of an extension (`command`) cannot be asked.
  private static func question(_ input: JSONValue) -> Question? {
    guard let id = input["id"]?.stringValue, input["type"] != "command" else { return nil }
    var question = Question(id, about: input["description"]?.stringValue)
    question.isSecret = input["password"] == true
    if let fallback = input["default"]?.stringValue { question.fallback = [FoundText(fallback)] }
    let options = (input["options"]?.arrayValue ?? []).compactMap {
      $0.stringValue ?? $0["value"]?.stringValue
    }
    if input["type"] == "pickString", !options.isEmpty { question.kind = .choice(options) }
    return question
  }
}

/// One entry of a client's configuration.
private struct EntryReader {
  let name: String
  let value: JSONValue
  let inputs: Set<String>
  /// The inputs that its texts ask for.
  var asked: Set<String> = []

  init(name: String, _ value: JSONValue, inputs: Set<String>) {
    self.name = name
    self.value = value
    self.inputs = inputs
  }

  mutating func server() throws(LeftServer) -> FoundServer {
    var server: FoundServer
    let known: Set<String>
    if let command = value["command"]?.stringValue, !command.isEmpty {
      known = Self.common.union(["command", "args", "env", "cwd"])
      server = FoundServer(name: name, .process(try launch(command)))
    } else if let url = Self.addresses.compactMap({ value[$0]?.stringValue }).first, !url.isEmpty {
      known = Self.common.union(Self.addresses + ["headers"])
      server = FoundServer(name: name, .remote(try endpoint(url)))
    } else {
      throw LeftServer(name: name, why: "it has neither a command nor a URL")
    }
    server.isDisabled = value["disabled"] == true || value["enabled"] == false
    for key in value.objectValue?.keys ?? [] where !known.contains(key) {
      server.notes.append("'\(key)' of the entry is left out")
    }
    return server
  }

  private mutating func launch(_ command: String) throws(LeftServer) -> FoundServer.Launch {
    var launch = FoundServer.Launch(command: text(command))
    launch.arguments = try strings(value["args"], "args").map { text($0) }
    for variable in value["env"]?.objectValue ?? JSONObject() where variable.value != .null {
      let value = variable.value.stringValue ?? variable.value.description
      launch.environment.append(.init(name: variable.key, value: text(value)))
    }
    launch.directory = value["cwd"]?.stringValue.map { text($0) }
    return launch
  }

  private mutating func endpoint(_ url: String) throws(LeftServer) -> FoundServer.Endpoint {
    let kind = value["type"]?.stringValue ?? value["transport"]?.stringValue
    let plain = kind?.lowercased().filter { $0.isLetter } ?? "http"
    guard ["http", "sse", "streamablehttp", "streamable"].contains(plain) else {
      throw LeftServer(name: name, why: "it is reached over '\(kind ?? "")', which is not known")
    }
    var endpoint = FoundServer.Endpoint(url: text(url))
    endpoint.isSSE = plain == "sse"
    for header in value["headers"]?.objectValue ?? JSONObject() {
      let value = header.value.stringValue ?? header.value.description
      endpoint.headers.append(.init(name: header.key, value: text(value)))
    }
    return endpoint
  }

  private mutating func text(_ text: String) -> FoundText {
    let result = FoundText.ofClient(text, inputs: inputs)
    for case .answer(let key) in result.parts { asked.insert(key) }
    return result
  }

  /// Words must all be there: a command with one word less does something else.
  private func strings(_ value: JSONValue?, _ key: String) throws(LeftServer) -> [String] {
    guard let value, value != .null else { return [] }
    let words = (value.arrayValue ?? []).compactMap(\.stringValue)
    guard let all = value.arrayValue, words.count == all.count else {
      throw LeftServer(name: name, why: "its '\(key)' is no list of texts")
    }
    return words
  }

  /// Keys that are taken over, or mean nothing to anybody but the client.
  private static let common: Set<String> = ["disabled", "enabled", "type", "transport"]
  /// Gemini's `httpUrl` and Windsurf's `serverUrl` come before `url`.
  private static let addresses = ["httpUrl", "serverUrl", "url"]
}
