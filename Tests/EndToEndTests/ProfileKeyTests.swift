import Harness
import MCP
import Manifest
import RawJSON
import TestSupport
import Testing

/// Every key of a profile changes what a client is shown.
@Suite struct ProfileKeyTests {
  /// One key, two values of it, and what is seen of each.
  struct Key: Sendable, CustomTestStringConvertible {
    var key: String
    var values: [(text: String, seen: String)]
    var observe: @Sendable (GatewayRun) throws -> String = { run in
      let names = try KeyBehaviour.tools(run)
      return names.count > 3 ? "\(names.count)" : names.joined(separator: " ")
    }

    var testDescription: String { key }
  }

  @Test func `no key of a profile is without a test here`() {
    let section = GatewayConfiguration.keys.first { $0.key == "profiles" }
    guard case .sectionTable(_, let keys) = section?.shape else {
      Issue.record("there are no profiles")
      return
    }
    let names = keys.flatMap { key -> [String] in
      guard case .section(let inner) = key.shape else { return [key.key] }
      return inner.map { "\(key.key).\($0.key)" }
    }
    #expect(names == Self.keys.map(\.key))
  }

  @Test(arguments: keys, ProfileTests.eras)
  func `a key of a profile is obeyed`(key: Key, revision: Revision) throws {
    #expect(Set(key.values.map(\.seen)).count == key.values.count)
    for (text, seen) in key.values {
      let parts = key.key.split(separator: ".")
      let inner = parts.count > 1 ? "\(parts[0]): {\(parts[1]): \(text)}" : "\(key.key): \(text)"
      let client = key.key == "client" ? "" : "client: [\"*\"], "
      let run = try GatewayRun.open(
        [Service("a"), Service("b", "tools=2")],
        settings: GatewayRun.patientSettings + "profiles: {p: {\(client)\(inner)}}\n",
        revision: revision)
      #expect(try key.observe(run) == seen, "\(key.key): \(text)\n\(run.client.stderr)")
      try run.finish()
    }
  }

  private static let definition: @Sendable (GatewayRun) throws -> String = { run in
    let list = try run.client.roundTrip("tools/list").result?["tools"]?.arrayValue ?? []
    let echo = list.first { $0["name"] == "b_echo" }
    return echo?["description"]?.stringValue ?? ""
  }

  static let keys: [Key] = [
    Key(
      key: "client", values: [("[\"switchyard*\"]", "p"), ("[\"other*\"]", "none")],
      observe: { run in
        _ = try KeyBehaviour.tools(run)
        return try run.control().ask(#"{"command":"status"}"#)["profile"]?.stringValue ?? "none"
      }),
    Key(key: "services", values: [("[a]", "11"), ("[b]", "b_add b_echo")]),
    Key(key: "tools.include", values: [("[a_echo]", "a_echo"), ("[\"b*\"]", "b_add b_echo")]),
    Key(key: "tools.exclude", values: [("[\"a*\"]", "b_add b_echo"), ("[b_add]", "12")]),
    Key(
      key: "tools.rename", values: [("{b_echo: say}", "say"), ("{b_echo: tell}", "tell")],
      observe: { run in
        try KeyBehaviour.tools(run).first { $0 == "say" || $0 == "tell" } ?? ""
      }),
    Key(
      key: "tools.describe", values: [("{b_echo: One.}", "One."), ("{b_echo: Two.}", "Two.")],
      observe: definition),
    Key(
      key: "tools.pin", values: [("{b_echo: {text: x}}", "x"), ("{b_echo: {text: y}}", "y")],
      observe: { run in
        let answer = try run.client.call("b_echo")
        return answer.result?.at(pointer: "/structuredContent/text")?.stringValue ?? answer.text
      }),
    Key(
      key: "budget",
      values: [("3", "tools_search tools_describe tools_call"), ("5", "5"), ("none", "13")]),
  ]
}
