import Clients
import RawJSON
import Testing

/// A client's servers, swapped for the gateway and brought back.
@Suite struct ReplacementTests {
  private func registration(_ client: Client) -> Registration {
    Registration(
      client: client, name: "switchyard", command: "/opt/bin/switchyard-gateway",
      arguments: ["--config", "/c"], environment: [])
  }

  private func value(_ text: [UInt8]) throws -> JSONValue {
    let document = try JSONCDocument(parsing: text)
    return document.root.flatMap { document.value(of: $0) } ?? [:]
  }

  private let file = """
    {
      // mine
      "theme": "dark",
      "mcpServers": {
        "time": { "command": "uvx", "args": ["mcp-server-time"] }, // the clock
        /* the hub */
        "hub": {
          "command": "npx", // fast
          "env": { "A": "\\u00e9", "N": 1.50 }
        },
        "stays": { "command": "x" }
      },
    }

    """

  @Test func `the entries go, ours comes, and everything else stays`() throws {
    let before = Array(file.utf8)
    let swap = try Replacement(
      ["time", "hub"], by: registration(.cursor), in: before, force: false)
    let servers = try value(swap.after)["mcpServers"]
    #expect(servers?.objectValue?.keys == ["stays", "switchyard"])
    let text = String(decoding: swap.after, as: UTF8.self)
    for piece in ["// mine", "\"theme\": \"dark\",", "// the clock", "/* the hub */"] {
      #expect(text.contains(piece))
    }
    let undone = try swap.undone(in: swap.after)
    #expect(undone.text == before && undone.kept == [])
    #expect(try swap.undone(in: before).text == before)
  }

  @Test func `what came since stays, and entries come back with the bytes that they had`() throws {
    let swap = try Replacement(
      ["time", "hub"], by: registration(.cursor), in: Array(file.utf8), force: false)
    let changed = String(decoding: swap.after, as: UTF8.self)
      .replacing("\"dark\"", with: "\"light\"")
      .replacing(
        "\"stays\": {",
        with: "\"new\": { \"command\": \"y\" },\n    \"time\": {},\n    \"stays\": {")
    let undone = try swap.undone(in: Array(changed.utf8))
    #expect(undone.kept == ["time"])
    let text = String(decoding: undone.text, as: UTF8.self)
    #expect(text.contains("\"theme\": \"light\""))
    #expect(
      text.contains(
        """
        "hub": {
              "command": "npx", // fast
              "env": { "A": "\\u00e9", "N": 1.50 }
            }
        """))
    let servers = try value(undone.text)["mcpServers"]
    #expect(Set(servers?.objectValue?.keys ?? []) == ["new", "time", "stays", "hub"])
    #expect(servers?["time"] == [:])
  }

  @Test func `every file that can be edited comes back byte for byte`() throws {
    var swapped = 0
    for seed in 0..<800 {
      var random = RandomJSONC(seed: UInt64(seed))
      let client = Client.allCases[seed % Client.allCases.count]
      let original = Array(random.file(container: client.container).utf8)
      let list = try Replacement.servers(of: client, in: original)
      let names = list.servers.map(\.name) + list.left.map(\.name)
      guard Set(names).count == names.count else { continue }
      let swap = try Replacement(names, by: registration(client), in: original, force: false)
      let servers = try value(swap.after)[client.container]?.objectValue
      #expect(servers?.keys == ["switchyard"], "seed \(seed)")
      #expect(try swap.undone(in: swap.after).text == original, "seed \(seed)")
      // A space behind the file is a change; then the values are what must come back.
      let merged = try swap.undone(in: swap.after + [0x20]).text
      #expect(
        try Self.sorted(value(merged), client) == Self.sorted(value(original), client),
        "seed \(seed)")
      if !names.isEmpty { swapped += 1 }
    }
    #expect(swapped > 100)
  }

  /// The servers by name, and the rest; an empty container is none.
  private static func sorted(_ value: JSONValue, _ client: Client) -> [String] {
    let servers = value[client.container]?.objectValue ?? JSONObject()
    let rest = (value.objectValue ?? JSONObject()).filter { $0.key != client.container }
    return servers.map { "\($0.key) \($0.value)" }.sorted() + rest.map { "\($0.key) \($0.value)" }
  }

  @Test func `our own entries are no servers of the client, and stay where they were`() throws {
    let text = Array(
      """
      {"servers": {"gw": {"command": "/a/switchyard-gateway"}, "a": {"command": "x"}}, "inputs": []}
      """.utf8)
    #expect(try Replacement.servers(of: .vscode, in: text).servers.map(\.name) == ["a"])
    let swap = try Replacement(["a"], by: registration(.vscode), in: text, force: false)
    #expect(try value(swap.after)["servers"]?.objectValue?.keys == ["gw", "switchyard"])
    #expect(try swap.undone(in: swap.after).text == text)
  }

  @Test func `a file that cannot be read is never edited`() throws {
    for text in ["{\"mcpServers\": {\"a\": {}", "{\"mcpServers\": {\"a\": {}, \"a\": {}}}"] {
      #expect(throws: RegistrationError.self) {
        try Replacement(["a"], by: registration(.cursor), in: Array(text.utf8), force: false)
      }
    }
    let swap = try Replacement(
      ["time"], by: registration(.cursor), in: Array(file.utf8), force: false)
    #expect(throws: RegistrationError.self) { try swap.undone(in: Array("{\"a\"".utf8)) }
  }

  @Test func `the record gives the same back`() throws {
    let swap = try Replacement(
      ["time"], by: registration(.cursor), in: Array(file.utf8), force: false)
    #expect(try Replacement(JSONValue(parsing: swap.json.serialized())) == swap)
    #expect(Replacement(["client": "cursor"]) == nil)
  }
}
