import RawJSON

extension ServerList {
  /// The server of a `server.json`: the first package that can be run over its standard streams,
  /// else the first remote.
  mutating func takeRegistryServer(_ value: JSONObject) {
    let full = value["name"]?.stringValue ?? "server"
    let name = full.split(separator: "/").last.map(String.init) ?? full
    var reasons: [String] = []
    let packages = value["packages"]?.arrayValue ?? []
    let remotes = value["remotes"]?.arrayValue ?? []
    for index in 0..<(packages.count + remotes.count) {
      do throws(LeftServer) {
        var reader = RegistryReader(name: name)
        let way =
          index < packages.count
          ? try reader.package(packages[index]) : try reader.remote(remotes[index - packages.count])
        var server = FoundServer(name: name, way)
        server.description = value["description"]?.stringValue
        server.questions = reader.questions
        server.notes = reader.notes
        servers.append(server)
        return
      } catch {
        reasons.append(error.why)
      }
    }
    let why = reasons.isEmpty ? "it has no package and no remote" : reasons.joined(separator: "; ")
    left.append(LeftServer(name: name, why: why))
  }
}

/// A package or a remote of a `server.json`, and what it asks for.
private struct RegistryReader {
  let name: String
  var questions: [Question] = []
  var notes: [String] = []

  init(name: String) { self.name = name }

  private func left(_ why: String) -> LeftServer { LeftServer(name: name, why: why) }

  // MARK: Packages

  mutating func package(_ package: JSONValue) throws(LeftServer) -> FoundServer.Way {
    let transport = package["transport"]?["type"]?.stringValue ?? "stdio"
    guard transport == "stdio" else { throw left("a package speaks \(transport)") }
    let kind = package["registryType"]?.stringValue ?? package["registry_name"]?.stringValue ?? "?"
    guard let identifier = package["identifier"]?.stringValue ?? package["name"]?.stringValue,
      !identifier.isEmpty, identifier.utf8.first != UInt8(ascii: "-")
    else { throw left("a package has no identifier") }
    if kind == "mcpb" {
      throw left("its bundle is at \(identifier); 'switchyard add' takes that address")
    }
    guard let usual = Self.usualRegistries[kind] else {
      throw left("packages of '\(kind)' cannot be run")
    }
    if let base = package["registryBaseUrl"]?.stringValue, !usual.contains(Self.plain(base)) {
      throw left("its package is in the registry \(base), and would be looked for in another")
    }
    let version = package["version"]?.stringValue
    let runtime = arguments(package["runtimeArguments"])
    let variables = inputs(package["environmentVariables"])
    var launch: FoundServer.Launch
    switch kind {
    case "npm":
      let yes: [FoundText] = runtime.contains("-y") || runtime.contains("--yes") ? [] : ["-y"]
      let whole = identifier + (version.map { "@" + $0 } ?? "")
      launch = FoundServer.Launch(command: "npx", arguments: yes + runtime + [FoundText(whole)])
    case "pypi":
      let whole = identifier + (version.map { "==" + $0 } ?? "")
      launch = FoundServer.Launch(command: "uvx", arguments: runtime + [FoundText(whole)])
    default:
      launch = FoundServer.Launch(command: "docker", arguments: ["run", "-i", "--rm"] + runtime)
      for variable in variables { launch.arguments += ["-e", FoundText(variable.name)] }
      launch.arguments.append(FoundText(Self.image(identifier, version)))
    }
    launch.environment = variables
    launch.arguments += arguments(package["packageArguments"])
    return .process(launch)
  }

  /// Where the runners look by themselves.
  private static let usualRegistries: [String: Set<String>] = [
    "npm": ["registry.npmjs.org"], "pypi": ["pypi.org"],
    "oci": ["docker.io", "index.docker.io", "ghcr.io"], "docker": ["docker.io"],
  ]

  private static func plain(_ url: String) -> String {
    let host = url.split(separator: "://", maxSplits: 1).last ?? ""
    return String(host.prefix { $0 != "/" }).lowercased()
  }

  /// The image with its version, unless it says one itself.
  private static func image(_ identifier: String, _ version: String?) -> String {
    let last = identifier.split(separator: "/").last ?? ""
    guard let version, !version.isEmpty, !last.contains(":"), !last.contains("@") else {
      return identifier
    }
    return identifier + ":" + version
  }

  // MARK: Remotes

  mutating func remote(_ remote: JSONValue) throws(LeftServer) -> FoundServer.Way {
    guard let url = remote["url"]?.stringValue, !url.isEmpty else {
      throw left("a remote has no URL")
    }
    let kind = remote["type"]?.stringValue ?? "streamable-http"
    guard ["streamable-http", "sse", "http"].contains(kind) else {
      throw left("a remote speaks \(kind)")
    }
    var endpoint = FoundServer.Endpoint(url: text(url, of: remote))
    endpoint.isSSE = kind == "sse"
    endpoint.headers = inputs(remote["headers"])
    return .remote(endpoint)
  }

  // MARK: Inputs

  /// Variables of the environment, or headers.
  private mutating func inputs(_ list: JSONValue?) -> [FoundServer.Variable] {
    (list?.arrayValue ?? []).compactMap { input in
      guard let name = input["name"]?.stringValue, !name.isEmpty else { return nil }
      let value: FoundText
      if let fixed = input["value"]?.stringValue {
        value = text(fixed, of: input)
      } else {
        value = ask(name, input)
      }
      return FoundServer.Variable(name: name, value: value, isSecret: input["isSecret"] == true)
    }
  }

  private mutating func arguments(_ list: JSONValue?) -> [FoundText] {
    (list?.arrayValue ?? []).flatMap { argument($0) }
  }

  private mutating func argument(_ argument: JSONValue) -> [FoundText] {
    let isNamed = argument["type"] == "named"
    let name = isNamed ? argument["name"]?.stringValue : nil
    let flag = name.map { [FoundText($0)] } ?? []
    if let fixed = argument["value"]?.stringValue { return flag + [text(fixed, of: argument)] }
    let hint = argument["valueHint"]?.stringValue
    let hasDefault = argument["default"]?.stringValue != nil
    if hasDefault || argument["isRequired"] == true {
      let key = name.map { String($0.drop { $0 == "-" }) } ?? hint ?? "argument"
      return flag + [ask(key, argument)]
    }
    let wantsValue = ["valueHint", "format", "choices", "placeholder"].contains {
      argument[$0] != nil
    }
    if isNamed, !wantsValue { return flag }
    notes.append("the argument '\(name ?? hint ?? "?")' may be added to 'process.args'")
    return []
  }

  /// A value in which `{name}` stands for its `variables`; other braces are text.
  private mutating func text(_ value: String, of input: JSONValue) -> FoundText {
    let variables = input["variables"]?.objectValue ?? JSONObject()
    let result = FoundText(reading: value, opening: "{") { inner in
      variables[inner] != nil ? .answer(inner) : nil
    }
    for case .answer(let key) in result.parts {
      guard let variable = variables[key] else { continue }
      if let fixed = variable["value"]?.stringValue {
        add(Self.question(key, variable, fallback: fixed))
      } else {
        _ = ask(key, variable)
      }
    }
    return result
  }

  private mutating func ask(_ key: String, _ input: JSONValue) -> FoundText {
    add(Self.question(key, input, fallback: input["default"]?.stringValue))
    var text = FoundText("")
    text.append(.answer(key))
    return text
  }

  private mutating func add(_ question: Question) {
    if !questions.contains(where: { $0.key == question.key }) { questions.append(question) }
  }

  private static func question(_ key: String, _ input: JSONValue, fallback: String?) -> Question {
    var question = Question(key, about: input["description"]?.stringValue)
    question.isSecret = input["isSecret"] == true
    question.isRequired = input["isRequired"] == true
    question.allowsMany = input["isRepeated"] == true
    question.fallback = fallback.map { [FoundText($0)] }
    let choices = (input["choices"]?.arrayValue ?? []).compactMap(\.stringValue)
    switch input["format"]?.stringValue {
    case _ where !choices.isEmpty: question.kind = .choice(choices)
    case "number": question.kind = .number(least: nil, most: nil)
    case "boolean": question.kind = .truth
    default: break
    }
    return question
  }
}
