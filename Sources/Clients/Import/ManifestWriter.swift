import RawJSON

/// Writes the lines of a manifest, and decides what of it becomes a secret.
struct ManifestWriter {
  let name: String
  private(set) var lines: [String] = []
  private(set) var line = ""
  private(set) var directory: String?
  private(set) var unresolved: String?
  private(set) var secrets: [ServerManifest.SecretFile] = []
  private(set) var notes: [String]
  private let server: FoundServer
  private let answers: [String: [String]]
  private let taken: Set<String>
  /// Secrets by the key of the answer that is in them.
  private var secretOfAnswer: [String: String] = [:]

  init(_ server: FoundServer, _ answers: [String: [String]], _ taken: Set<String>) {
    self.server = server
    self.answers = answers
    self.taken = Set(taken.map { $0.lowercased() })
    name = ServiceName.free(ServiceName.legal(server.name, for: .service), self.taken)
    notes = server.notes
    lines.append("service: \(name)")
    if let description = server.description, !description.isEmpty {
      lines.append("description: " + Self.quoted(String(description.prefix(1000))))
    }
    if server.isDisabled { lines.append("enabled: false") }
  }

  // MARK: Processes

  mutating func write(_ launch: FoundServer.Launch) throws(LeftServer) {
    let command = try text(launch.command, in: .open) ?? ""
    var words: [String] = []
    for argument in launch.arguments { words += try self.words(argument) }
    noteOpenSecrets(launch.arguments)
    line = ([command] + words).map { CommandWord.quoted(Self.shown($0)) }.joined(separator: " ")
    lines.append("process:")
    lines.append("  command: " + Self.quoted(command))
    if !words.isEmpty {
      lines.append("  args: [" + words.map(Self.quoted).joined(separator: ", ") + "]")
    }
    if let directory = launch.directory, let path = try text(directory, in: .open) {
      self.directory = Self.shown(path)
      lines.append("  directory: " + Self.quoted(path))
    }
    var rows: [String] = []
    for variable in launch.environment {
      let isSecret = variable.isSecret || SecretName.isVariable(variable.name)
      guard let value = try hidden(variable, variable.name, isSecret: isSecret) else { continue }
      rows.append("    \(Self.key(variable.name)): " + Self.quoted(value))
    }
    if !rows.isEmpty { lines += ["  env:"] + rows }
  }

  /// One argument as it is written; an answer of several values is several arguments.
  private mutating func words(_ argument: FoundText) throws(LeftServer) -> [String] {
    guard let key = argument.onlyAnswer, let values = answer(key), values.count != 1,
      question(key)?.isSecret != true
    else { return try text(argument, in: .open).map { [$0] } ?? [] }
    var result: [String] = []
    for value in values { result.append(try template(value, in: .open)) }
    return result
  }

  /// `ps` shows them, and the manifest does.
  private mutating func noteOpenSecrets(_ arguments: [FoundText]) {
    for (word, next) in zip(arguments, arguments.dropFirst() + [""]) {
      guard let text = word.literal, text.utf8.first == UInt8(ascii: "-") else { continue }
      let parts = text.split(separator: "=", maxSplits: 1)
      let option = String(parts.first ?? "")
      let hasValue = parts.count == 2 || (next.literal?.isEmpty == false)
      if hasValue, SecretName.isVariable(option.replacing("-", with: "_")) {
        notes.append("the value of '\(option)' stands in the command line, where 'ps' shows it")
      }
    }
  }

  // MARK: Remote servers

  /// - Returns: whether something in it says who we are.
  mutating func write(_ endpoint: FoundServer.Endpoint) throws(LeftServer) -> Bool {
    let url = try text(endpoint.url, in: .open) ?? ""
    line = Self.shown(url)
    lines.append("http:")
    lines.append("  url: " + Self.quoted(url))
    if SecretName.isInQuery(of: url) {
      notes.append("the URL seems to hold a key; it stands in the manifest as it is")
    }
    var rows: [String] = []
    var bearer: String?
    for header in endpoint.headers {
      let lower = header.name.lowercased()
      if SecretName.isOfTransport(lower) {
        notes.append("the header '\(header.name)' is left out: the gateway writes it")
        continue
      }
      if lower == "authorization", bearer == nil,
        let token = header.value.dropping(prefix: "Bearer ")
      {
        let variable = FoundServer.Variable(name: "bearer", value: token)
        bearer = try hidden(variable, "bearer", isSecret: true)
        continue
      }
      let isSecret = header.isSecret || SecretName.isHeader(lower)
      guard let value = try hidden(header, header.name, isSecret: isSecret) else { continue }
      rows.append("    \(Self.quoted(header.name)): " + Self.quoted(value))
    }
    if !rows.isEmpty { lines += ["  headers:"] + rows }
    if let bearer { lines.append("  auth: {bearer: \(Self.quoted(bearer))}") }
    if endpoint.isSSE { lines.append("  protocol: sse") }
    let isInHeader = endpoint.headers.contains { SecretName.isHeader($0.name.lowercased()) }
    return bearer != nil || isInHeader
  }

  // MARK: Texts

  /// Where a text stands: where `ps` or a message shows it, or where secrets may be.
  private enum Place { case open, hidden }

  /// A value that may be a secret; nil leaves it out.
  private mutating func hidden(
    _ variable: FoundServer.Variable, _ key: String, isSecret: Bool
  ) throws(LeftServer) -> String? {
    if isSecret, let value = variable.value.literal, !value.isEmpty {
      return "${secret:\(addSecret(key, value))}"
    }
    // An answer that is the whole value of something secret is secret itself.
    if isSecret, let answer = variable.value.onlyAnswer {
      return try secretAnswer(answer)
    }
    return try text(variable.value, in: .hidden)
  }

  /// The text with answers in their places; nil if it is nothing but an answer that nobody gave.
  private mutating func text(_ text: FoundText, in place: Place) throws(LeftServer) -> String? {
    if let key = text.onlyAnswer, answer(key) == nil, question(key)?.isRequired == false {
      return nil
    }
    return try template(text, in: place)
  }

  private mutating func template(_ text: FoundText, in place: Place) throws(LeftServer) -> String {
    var result = ""
    for part in text.parts {
      let piece: String
      switch part {
      case .literal(let text): piece = text.replacing("${", with: "$${")
      case .variable(let name, let fallback):
        piece = "${env:" + name + (fallback.map { ":-" + $0 } ?? "") + "}"
      case .foreign(let inner):
        unresolved = unresolved ?? "${\(inner)}"
        notes.append("'${\(inner)}' has no counterpart; replace it in the manifest")
        piece = "$${\(inner)}"
      case .answer(let key): piece = try filled(key, in: place)
      }
      if result.utf8.last == UInt8(ascii: "$"), piece.utf8.starts(with: "${".utf8) {
        throw left("a '$' right before '\(Self.shown(piece))' cannot be written in a manifest")
      }
      result += piece
    }
    return result
  }

  private mutating func filled(_ key: String, in place: Place) throws(LeftServer) -> String {
    let question = question(key)
    let values = answer(key)
    if question?.isSecret == true || (values == nil && question?.isRequired != false) {
      if place == .hidden { return try secretAnswer(key) ?? "" }
      guard values == nil else {
        throw left("its secret '\(key)' would stand in its command line or address, for all to see")
      }
      let about = question?.about.map { " (\($0))" } ?? ""
      throw left("it wants '\(key)'\(about): give it with --set '\(key)=VALUE'")
    }
    let texts = values ?? []
    var joined: [String] = []
    for text in texts { joined.append(try template(text, in: place)) }
    return joined.joined(separator: ",")
  }

  /// The reference to a secret that holds an answer; nil where nobody needs it.
  private mutating func secretAnswer(_ key: String) throws(LeftServer) -> String? {
    let values = answer(key)
    if values == nil, question(key)?.isRequired == false { return nil }
    if let name = secretOfAnswer[key] { return "${secret:\(name)}" }
    var value: String?
    if let values {
      let texts = values.compactMap(\.literal)
      guard texts.count == values.count else { return try template(values[0], in: .hidden) }
      value = texts.joined(separator: ",")
    }
    let name = addSecret(key, value)
    secretOfAnswer[key] = name
    return "${secret:\(name)}"
  }

  private mutating func addSecret(_ key: String, _ value: String?) -> String {
    let wish = ServiceName.legal(name + "-" + key, for: .secret)
    let secret = ServiceName.free(
      wish, taken.union(secrets.map { $0.name.lowercased() }))
    secrets.append(.init(name: secret, value: value))
    return secret
  }

  private func question(_ key: String) -> Question? { server.questions.first { $0.key == key } }

  private func answer(_ key: String) -> [FoundText]? {
    answers[key]?.map { FoundText($0) } ?? question(key)?.fallback
  }

  private func left(_ why: String) -> LeftServer { LeftServer(name: server.name, why: why) }

  // MARK: YAML

  /// A JSON string is a double-quoted scalar of YAML.
  private static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSON.appendQuoted(text.utf8, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A key: plain where it is a usual name of a variable.
  private static func key(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy {
      $0 == UInt8(ascii: "_") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    return isPlain && name.utf8.count > 3 ? name : quoted(name)
  }

  private static func shown(_ template: String) -> String { template.replacing("$${", with: "${") }
}
