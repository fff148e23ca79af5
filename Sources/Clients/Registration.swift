import RawJSON

/// Switchyard's entry in a client's configuration: how it is written, recognised and taken out.
package struct Registration: Sendable {
  package var client: Client
  /// The name under which the client shows the server.
  package var name: String
  /// Absolute path of `switchyard-gateway`.
  package var command: String
  package var arguments: [String]
  /// Extra variables for the gateway, in the order in which they were given.
  package var environment: [(name: String, value: String)]

  package init(
    client: Client, name: String, command: String, arguments: [String],
    environment: [(name: String, value: String)]
  ) {
    self.client = client
    self.name = name
    self.command = command
    self.arguments = arguments
    self.environment = environment
  }

  /// Whether an entry that clients may hold was written by us: by the name of its executable.
  package static func isOurs(command: String) -> Bool {
    let last = command.utf8.split(separator: UInt8(ascii: "/")).last
    return last?.elementsEqual("switchyard-gateway".utf8) ?? false
  }

  /// The text with the entry in it.
  ///
  /// An entry of that name is updated in place: our own members are set, members
  /// that the person or the client added (`disabled`, `timeout`, other variables) stay.
  /// - Parameter force: take over an entry that launches something else.
  package func added(to text: [UInt8], force: Bool) throws(RegistrationError) -> [UInt8] {
    let path = [client.container, name]
    let document = try RegistrationError.parse(text)
    let result: [UInt8]
    if let entry = try RegistrationError.locate(path, in: document) {
      try RegistrationError.checkOwner(of: entry, name: name, in: document, force: force)
      result = try updated(entry, at: path, in: document)
    } else {
      result = try RegistrationError.set(path, to: .object(entry), in: document)
    }
    try RegistrationError.verify(result, against: document, except: path)
    return result
  }

  private func updated(
    _ entry: JSONCNode, at path: [String], in document: JSONCDocument
  ) throws(RegistrationError) -> [UInt8] {
    guard entry.members != nil else {
      return try RegistrationError.set(path, to: .object(self.entry), in: document)
    }
    var text = document.bytes
    for member in self.entry {
      let own = path + [member.key]
      guard member.key == "env", case .object(let variables) = member.value else {
        let now = try RegistrationError.parse(text)
        text = try RegistrationError.set(own, to: member.value, in: now)
        continue
      }
      for variable in variables {
        let now = try RegistrationError.parse(text)
        text = try RegistrationError.set(own + [variable.key], to: variable.value, in: now)
      }
    }
    return text
  }

  /// The entry as clients read it.
  private var entry: JSONObject {
    var entry = JSONObject()
    if client.writesType { entry["type"] = .string("stdio") }
    entry["command"] = .string(command)
    entry["args"] = .array(arguments.map { .string($0) })
    if !environment.isEmpty {
      var variables = JSONObject()
      for (name, value) in environment { variables[name] = .string(value) }
      entry["env"] = .object(variables)
    }
    return entry
  }
}

extension Registration {
  /// What `removed` asks for.
  package enum Removal: Hashable, Sendable {
    case write([UInt8])
    /// The file holds exactly what registering put into a file that did not exist.
    case deleteFile
  }

  /// Takes the entry `name` out of `text`.
  ///
  /// When nothing but our entry came in since one of `originals` was the text,
  /// that original comes back, byte for byte. Otherwise the entry is cut out,
  /// and its container too if the last original had none and nothing else is in it.
  /// - Parameter originals: earlier texts of the file, newest first.
  package static func removed(
    _ name: String, of client: Client, from text: [UInt8], originals: [[UInt8]], force: Bool
  ) throws(RegistrationError) -> Removal {
    let path = [client.container, name]
    let document = try RegistrationError.parse(text)
    guard let entry = try RegistrationError.locate(path, in: document) else {
      throw .notRegistered(name: name)
    }
    try RegistrationError.checkOwner(of: entry, name: name, in: document, force: force)
    let value = document.value(of: entry) ?? .null
    for original in originals where leads(from: original, to: text, by: value, at: path) {
      return .write(original)
    }
    if leads(from: [], to: text, by: value, at: path) { return .deleteFile }
    var result = try RegistrationError.remove(path, from: document)
    try RegistrationError.verify(result, against: document, except: path)
    if let last = originals.first.flatMap({ try? JSONCDocument(parsing: $0) }),
      lacks([client.container], last)
    {
      let rest = try RegistrationError.parse(result)
      let container = try RegistrationError.locate([client.container], in: rest)
      if container?.members?.isEmpty == true {
        result = try RegistrationError.remove([client.container], from: rest)
        try RegistrationError.verify(result, against: rest, except: [client.container])
      }
    }
    return .write(result)
  }

  /// Whether setting `value` at `path` in `original` gives exactly `text`.
  private static func leads(
    from original: [UInt8], to text: [UInt8], by value: JSONValue, at path: [String]
  ) -> Bool {
    guard original.count < text.count, let document = try? JSONCDocument(parsing: original),
      lacks(path, document),
      let again = try? JSONCEditor.set(path, to: value, in: document)
    else { return false }
    return again == text
  }

  /// Whether there is nothing at `path`, and something could be put there.
  private static func lacks(_ path: [String], _ document: JSONCDocument) -> Bool {
    do { return try JSONCEditor.node(at: path, in: document) == nil } catch { return false }
  }
}
