package import RawJSON

/// The servers of a client, swapped for our one entry, and what brings them back.
package struct Replacement: Hashable, Sendable {
  package let client: Client
  /// The name of our entry.
  package let name: String
  /// The entries that were taken out.
  package let servers: [String]
  /// The file as it was, and as it was written.
  package let before: [UInt8]
  package let after: [UInt8]

  /// The servers of a file that are somebody else's, in its order.
  ///
  /// - Throws: when the file cannot be read, or its servers are no object.
  package static func servers(
    of client: Client, in text: [UInt8]
  ) throws(RegistrationError) -> ServerList {
    let document = try RegistrationError.parse(text)
    guard let node = try RegistrationError.locate([client.container], in: document),
      let entries = document.value(of: node)?.objectValue
    else { return ServerList(entries: JSONObject()) }
    let others = entries.filter { entry in
      entry.value["command"]?.stringValue.map(Registration.isOurs(command:)) != true
    }
    let root = document.root.flatMap { document.value(of: $0) }
    return ServerList(entries: JSONObject(others), inputs: root?["inputs"])
  }

  /// Takes `servers` out of `text` and puts the entry of `registration` in.
  package init(
    _ servers: [String], by registration: Registration, in text: [UInt8], force: Bool
  ) throws(RegistrationError) {
    var result = text
    for server in servers {
      result = try Self.without([registration.client.container, server], in: result)
    }
    after = try registration.added(to: result, force: force)
    before = text
    client = registration.client
    name = registration.name
    self.servers = servers
  }

  /// Brings the servers back into `text`.
  ///
  /// Where the file is as it was written, its old bytes come back. Otherwise each entry that is
  /// not there comes back with the bytes that it had, behind the others, and our own goes, unless
  /// it was there before; everything else stays.
  ///
  /// - Returns: the text, and the servers that stand in it anew and were left as they are.
  package func undone(
    in text: [UInt8]
  ) throws(RegistrationError) -> (text: [UInt8], kept: [String]) {
    if text == after || text == before { return (before, []) }
    let old = try RegistrationError.parse(before)
    var result = text
    var kept: [String] = []
    for server in servers {
      let path = [client.container, server]
      let document = try RegistrationError.parse(result)
      if try RegistrationError.locate(path, in: document) != nil {
        kept.append(server)
      } else if let node = try RegistrationError.locate(path, in: old) {
        result = try Self.inserted(Array(before[node.range]), at: path, in: document)
      }
    }
    let own = [client.container, name]
    let document = try RegistrationError.parse(result)
    let command = try RegistrationError.locate(own, in: document)
      .flatMap { document.value(of: $0) }?["command"]?.stringValue
    if try RegistrationError.locate(own, in: old) == nil,
      command.map(Registration.isOurs(command:)) == true
    {
      result = try Self.without(own, in: result)
    }
    return (result, kept)
  }

  // MARK: Edits

  private static func without(
    _ path: [String], in text: [UInt8]
  ) throws(RegistrationError) -> [UInt8] {
    let document = try RegistrationError.parse(text)
    let result = try RegistrationError.remove(path, from: document)
    try RegistrationError.verify(result, against: document, except: path)
    return result
  }

  /// Puts a value in as it was written, comments and all.
  private static func inserted(
    _ value: [UInt8], at path: [String], in document: JSONCDocument
  ) throws(RegistrationError) -> [UInt8] {
    // The editor finds the place for a value that is easily found again.
    let draft = try RegistrationError.parse(
      try RegistrationError.set(path, to: .null, in: document))
    guard let node = try RegistrationError.locate(path, in: draft) else { throw .damaged }
    let result = [JSONCEdit(range: node.range, replacement: value)].applied(to: draft.bytes)
    try RegistrationError.verify(result, against: document, except: path)
    return result
  }
}

extension Replacement {
  /// As the record keeps it; the texts are UTF-8, since they were read as JSON.
  package var json: JSONValue {
    [
      "client": .string(client.rawValue), "name": .string(name),
      "servers": .array(servers.map { .string($0) }),
      "before": .string(String(decoding: before, as: UTF8.self)),
      "after": .string(String(decoding: after, as: UTF8.self)),
    ]
  }

  /// Nil where it is not what `json` gives.
  package init?(_ json: JSONValue) {
    guard let client = json["client"]?.stringValue.flatMap(Client.init(rawValue:)),
      let name = json["name"]?.stringValue, let servers = json["servers"]?.arrayValue,
      let before = json["before"]?.stringValue, let after = json["after"]?.stringValue
    else { return nil }
    self.client = client
    self.name = name
    self.servers = servers.compactMap(\.stringValue)
    self.before = Array(before.utf8)
    self.after = Array(after.utf8)
  }
}
