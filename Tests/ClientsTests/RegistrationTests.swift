import Clients
import RawJSON
import Testing

@Suite struct RegistrationTests {
  private func registration(
    _ client: Client = .claudeDesktop, environment: [(name: String, value: String)] = []
  ) -> Registration {
    Registration(
      client: client, name: "switchyard", command: "/opt/bin/switchyard-gateway",
      arguments: ["--config", "/c", "--state", "/s"], environment: environment)
  }

  @Test func `register and unregister give back every byte of any file that can be edited`() throws
  {
    var edited = 0
    for seed in 0..<1500 {
      var random = RandomJSONC(seed: UInt64(seed))
      let client = Client.allCases[seed % Client.allCases.count]
      let original = Array(random.file(container: client.container).utf8)
      let added = try registration(client).added(to: original, force: false)
      try #require(added != original, "seed \(seed)")
      let again = try registration(client).added(to: added, force: false)
      #expect(again == added, "seed \(seed)")
      let removal = try Registration.removed(
        "switchyard", of: client, from: added, originals: [original], force: false)
      #expect(removal == .write(original), "seed \(seed)")
      edited += 1
    }
    #expect(edited == 1500)
  }

  @Test func `without the original every other value and comment stays`() throws {
    for seed in 0..<1500 {
      var random = RandomJSONC(seed: UInt64(seed))
      let original = Array(random.file(container: "mcpServers").utf8)
      let added = try registration().added(to: original, force: false)
      let removal = try Registration.removed(
        "switchyard", of: .claudeDesktop, from: added, originals: [], force: false)
      guard case .write(let text) = removal else {
        // Only a file that registering alone could have made is deleted.
        #expect(try Self.values(original) == [:])
        continue
      }
      #expect(Self.comments(text) == Self.comments(original), "seed \(seed)")
      #expect(try Self.values(text) == Self.values(original), "seed \(seed)")
    }
  }

  /// The comments of a text, in order.
  private static func comments(_ text: [UInt8]) -> [String] {
    let pattern = /"(?:\\.|[^"\\])*"|\/\/[^\r\n]*|\/\*(?s:.*?)\*\//
    return String(decoding: text, as: UTF8.self).matches(of: pattern)
      .map { String($0.output) }.filter { $0.hasPrefix("/") }
  }

  /// The value of a text; an empty container counts as none.
  private static func values(_ text: [UInt8]) throws -> JSONValue {
    let document = try JSONCDocument(parsing: text)
    var value = document.root.flatMap { document.value(of: $0) } ?? [:]
    if value["mcpServers"] == [:] { value["mcpServers"] = nil }
    return value
  }

  @Test func `a second registration updates in place and keeps what the person added`() throws {
    let text = """
      {
        "mcpServers": {
          "switchyard": {
            "command": "/old/switchyard-gateway", // moved
            "args": [],
            "disabled": true,
            "env": { "MINE": "1" }
          },
          "other": { "command": "x" }
        }
      }
      """
    let updated = try registration(environment: [("A", "b")]).added(
      to: Array(text.utf8), force: false)
    let expected = """
      {
        "mcpServers": {
          "switchyard": {
            "command": "/opt/bin/switchyard-gateway", // moved
            "args": ["--config", "/c", "--state", "/s"],
            "disabled": true,
            "env": { "MINE": "1", "A": "b" }
          },
          "other": { "command": "x" }
        }
      }
      """
    #expect(String(decoding: updated, as: UTF8.self) == expected)
  }

  @Test func `an entry that launches something else is touched by force only`() throws {
    let text = Array("{\"mcpServers\": {\"switchyard\":\n {\"command\": \"/bin/other\"}}}".utf8)
    let error = #expect(throws: RegistrationError.self) {
      try registration().added(to: text, force: false)
    }
    let foreign = RegistrationError.foreign(
      name: "switchyard", command: "/bin/other", line: 2, column: 2)
    #expect(error == foreign)
    #expect(throws: foreign) {
      try Registration.removed(
        "switchyard", of: .cursor, from: text, originals: [], force: false)
    }
    let forced = try registration().added(to: text, force: true)
    #expect(String(decoding: forced, as: UTF8.self).contains("/opt/bin/switchyard-gateway"))
    let removed = try Registration.removed(
      "switchyard", of: .cursor, from: text, originals: [], force: true)
    #expect(removed == .write(Array("{\"mcpServers\": {}}".utf8)))
  }

  @Test func `changes that came after registering stay when it is undone`() throws {
    let original = Array("{\n  \"theme\": \"dark\"\n}\n".utf8)
    let added = try registration().added(to: original, force: false)
    let changed = String(decoding: added, as: UTF8.self)
      .replacingOccurrences(of: "dark", with: "light")
    let removal = try Registration.removed(
      "switchyard", of: .gemini, from: Array(changed.utf8), originals: [original], force: false)
    #expect(removal == .write(Array("{\n  \"theme\": \"light\"\n}\n".utf8)))
  }

  @Test func `only entries of our own executable are ours`() {
    for ours in ["switchyard-gateway", "/a/b/switchyard-gateway", "./switchyard-gateway/"] {
      #expect(Registration.isOurs(command: ours))
    }
    for other in ["", "/", "switchyard", "/a/switchyard-gateway-2", "/switchyard-gateway/run"] {
      #expect(!Registration.isOurs(command: other))
    }
  }
}

extension String {
  fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }

  fileprivate func replacingOccurrences(of text: String, with other: String) -> String {
    replacing(text, with: other)
  }
}
