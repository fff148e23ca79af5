import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// One key of `gateway.yaml` or of a manifest: two values, and what somebody at the
/// gateway's pipes sees of each.
struct KeyBehaviour: Sendable, CustomTestStringConvertible {
  /// `limits.page`
  var key: String
  var values: [(text: String, seen: String)]
  /// Keys of `gateway.yaml` that stand beside it, by their full names.
  var beside: [String: String] = [:]
  /// The services of the run with one value of the key.
  var services: @Sendable (_ value: String) -> [Service] = { _ in [Service("a")] }
  var revision = Revision.newestLegacy
  /// What is seen. `expected` only tells how long to wait for what does not come.
  var observe: @Sendable (_ run: GatewayRun, _ expected: String) throws -> String

  var testDescription: String { key }
}

extension KeyBehaviour {
  /// For services that do not depend on the value.
  static func fixed(_ services: Service...) -> @Sendable (String) -> [Service] { { _ in services } }

  /// What never comes is waited for this long, what comes as long as it takes.
  static func patience(_ expected: String) -> Duration {
    expected == "nothing" ? .milliseconds(1_200) : GatewayRun.patience
  }

  /// How a call ends: `result`, the code of its error, or `nothing`.
  static func outcome(_ run: GatewayRun, _ id: String, _ expected: String) -> String {
    guard let answer = try? run.client.response(to: id, within: patience(expected)) else {
      return "nothing"
    }
    return answer.errorCode.map(String.init) ?? "result"
  }

  static func outcome(
    _ run: GatewayRun, of tool: String, _ expected: String, _ arguments: JSONValue = [:]
  ) throws -> String {
    let id = try run.client.request(
      "tools/call", ["name": .string(tool), "arguments": arguments])
    return outcome(run, id, expected)
  }

  /// Whether a condition comes true, where it is expected to, or stays false.
  static func comes(_ run: GatewayRun, _ expected: String, _ condition: () -> Bool) -> String {
    run.wait(within: patience(expected), condition) ? "comes" : "nothing"
  }

  static func tools(_ run: GatewayRun) throws -> [String] {
    let list = try run.client.roundTrip("tools/list")
    return list.result?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
  }
}

extension KeyBehaviour {
  private static let patient = [
    "deadlines.call": "2m", "deadlines.initialize": "1m", "deadlines.probe": "1m",
    "discovery.wait": "1m", "discovery.deadline": "2m",
  ]

  /// `gateway.yaml` with these keys, by their full names.
  static func settings(_ keys: [String: String]) -> String {
    let all = patient.merging(keys) { $1 }.map { ($0.key.split(separator: "."), $0.value) }
    let sections = Dictionary(grouping: all) { $0.0[0] }
    return sections.sorted { $0.key < $1.key }.map { section, keys in
      if keys[0].0.count == 1 { return "\(section): \(keys[0].1)\n" }
      let inner = keys.map { "\($0.0[1]): \($0.1)" }.sorted().joined(separator: ", ")
      return "\(section): {\(inner)}\n"
    }.joined()
  }

  /// Runs the gateway once with each value and compares what is seen.
  func check(settings: (_ value: String) -> String) throws {
    #expect(Set(values.map(\.seen)).count == values.count, "\(key): nothing differs")
    for (text, expected) in values {
      let run = try GatewayRun(services(text), settings: settings(text), revision: revision)
      run.client.capabilities = GatewayRun.everything
      try run.client.handshake()
      let seen = try observe(run, expected)
      #expect(seen == expected, "\(key): \(text)\n\(run.client.stderr)")
      run.client.closeInput()
      // What a client that has gone does not read holds nobody.
      run.client.readsOutput = true
      _ = try run.client.waitForExit(within: GatewayRun.patience)
      run.checkProcesses()
    }
  }
}
