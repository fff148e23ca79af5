import Manifest
import TestSupport
import Testing
import YAML

@Suite struct GatewayConfigurationTests {
  /// The bundled reference.
  private static let reference: String = {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let bytes = try? RegularFile.read("/\(root)/config/gateway.yaml", limit: 1 << 20)
    return String(decoding: bytes ?? [], as: UTF8.self)
  }()

  private func load(_ text: String) -> Configuration {
    let folder = ConfigurationFolder()
    folder.write("gateway.yaml", text)
    return folder.load()
  }

  /// One key of the reference: `limits.page` and the line and column of its value.
  struct Leaf: Sendable, CustomTestStringConvertible {
    var path: [String]
    var keyPosition: Position
    var position: Position
    var text: String
    var testDescription: String { path.joined(separator: ".") }
  }

  static let leaves: [Leaf] = {
    guard let root = try? Node.parse(Array(reference.utf8)) else { return [] }
    func leaves(_ node: Node, _ path: [String]) -> [Leaf] {
      (node.pairs ?? []).flatMap { pair in
        pair.value.pairs != nil
          ? leaves(pair.value, path + [pair.key])
          : [
            Leaf(
              path: path + [pair.key], keyPosition: pair.keyPosition, position: pair.value.position,
              text: pair.value.scalar?.text ?? "[]")
          ]
      }
    }
    return leaves(root, [])
  }()

  /// The reference with the key or the value of one leaf replaced.
  private func mutated(_ leaf: Leaf, key: String? = nil, value: String? = nil) -> String {
    var lines = Self.reference.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    let name = leaf.path.last ?? ""
    let indentation = String(repeating: " ", count: leaf.keyPosition.column - 1)
    lines[leaf.keyPosition.line - 1] = "\(indentation)\(key ?? name): \(value ?? leaf.text)"
    return lines.joined(separator: "\n")
  }

  @Test func `the reference holds every key with the default that the code has`() {
    let configuration = load(Self.reference)
    #expect(configuration.diagnostics.isEmpty)
    #expect(configuration.gateway == .defaults)
    let described = GatewayConfiguration.keys.flatMap { key in
      if case .section(let keys) = key.shape {
        keys.map { "\(key.key).\($0.key): \($0.defaultText ?? "")" }
      } else {
        ["\(key.key): \(key.defaultText ?? "")"]
      }
    }
    #expect(Self.leaves.map { "\($0.testDescription): \($0.text)" } == described)
    #expect(Self.leaves.count >= 27)
  }

  @Test func `every key of the reference is explained right above it`() {
    let lines = Self.reference.split(separator: "\n", omittingEmptySubsequences: false)
    for leaf in Self.leaves {
      let above = lines[leaf.keyPosition.line - 2].drop { $0 == " " }
      #expect(above.hasPrefix("# "), "\(leaf.testDescription)")
    }
  }

  @Test(arguments: leaves) func `M06: every key changes something`(leaf: Leaf) {
    let value =
      switch leaf.text {
      case "" where leaf.path == ["profiles"]: "{a: {budget: 40}}"
      case "[]": "[other]"
      case "" where leaf.path.last == "folder": "/tmp"
      case "": "http://localhost/x"
      case "true": "false"
      case "false": "true"
      case "info": "debug"
      case "warning", "error", "critical": "off"
      case let text where text.hasSuffix("B"): "2048B"
      case let text where text.hasSuffix("s"): "4s"
      case "1m": "2m"
      case "1h": "2h"
      case let text where text.hasSuffix("m"): "16m"
      default: "7"
      }
    let text = mutated(leaf, value: value)
    let configuration = load(text)
    #expect(configuration.gateway != .defaults)
    #expect(configuration.isUsable)
    // The missing plugin is a service that is off, which is not the gateway's mistake.
    #expect(configuration.diagnostics.count == (leaf.path == ["plugins"] ? 1 : 0))
  }

  @Test(arguments: leaves) func `M06: every key misspelt is named with the one that was meant`(
    leaf: Leaf
  ) {
    let name = leaf.path.last ?? ""
    let misspelt = [name + "x", String(name.dropLast()), name.uppercased() + "S"]
    for key in misspelt where key != name {
      let configuration = load(mutated(leaf, key: key))
      let message = configuration.diagnostics.first?.message ?? ""
      let place = leaf.path.count > 1 ? " in '\(leaf.path[0])'" : ""
      #expect(
        message.hasPrefix("unknown key '\(key)'\(place); did you mean '\(name)'? (known keys: "))
      #expect(configuration.diagnostics.first?.position == leaf.keyPosition)
      #expect(configuration.diagnostics.count == 1)
      #expect(!configuration.isUsable)
      #expect(configuration.gateway == .defaults)
    }
  }

  @Test(arguments: leaves) func `M06: every value of a wrong type or range is named`(leaf: Leaf) {
    // Keys of a profile are looked at by `ProfileTests`.
    var values = leaf.path == ["profiles"] ? [] : ["{a: b}"]
    values += ["-1", "-5s", "1e9h", "99999999999999999999", "''", "5 m", "x y"]
    if leaf.text != "[]" { values.append("[1]") }
    for value in values {
      let configuration = load(mutated(leaf, value: value))
      let diagnostic = configuration.diagnostics.first
      #expect(
        diagnostic?.message.hasPrefix("'\(leaf.testDescription)' must be ") == true, "\(value)")
      #expect(diagnostic?.line == leaf.keyPosition.line)
      #expect(configuration.diagnostics.count == 1)
      #expect(!configuration.isUsable)
    }
  }

  @Test func `M19: ranges hold at their ends`() {
    for (text, isFine) in [
      ("limits: {page: 1}", true), ("limits: {page: 0}", false),
      ("limits: {page: 20000}", true), ("limits: {page: 20001}", false),
      ("limits: {client_message: 1KiB}", true), ("limits: {client_message: 1023B}", false),
      ("limits: {client_message: 1GiB}", true), ("limits: {client_message: 1025MiB}", false),
      ("discovery: {wait: 0s}", true), ("discovery: {wait: 24h}", true),
      ("discovery: {wait: 25h}", false), ("deadlines: {probe: 0ms}", false),
      ("deadlines: {probe: 1ms}", true), ("processes: {idle: 999ms}", false),
    ] {
      #expect(load(text).isUsable == isFine, "\(text)")
    }
  }

  @Test func `a call cannot have longer than what nothing extends`() {
    let configuration = load("deadlines: {call: 20m}")
    #expect(
      configuration.diagnostics.map(\.message) == [
        "'deadlines.call' is longer than 'deadlines.absolute', 15m"
      ])
    #expect(!configuration.isUsable)
  }

  @Test func `an empty file is fine and a broken one is not`() {
    for text in ["", "# nothing", "limits:\n", "limits: {}"] {
      #expect(load(text).isUsable)
    }
    for text in ["- a", "limits: [", "limits: 5", "text"] {
      let configuration = load(text)
      #expect(!configuration.isUsable)
      #expect(configuration.diagnostics.count == 1)
      #expect(configuration.gateway == .defaults)
    }
  }

  @Test func `plugin names are names and stand once`() {
    let configuration = load("plugins: [a, a, ../b, '']")
    #expect(
      configuration.diagnostics.prefix(3).map { "\($0.line):\($0.column): \($0.message)" } == [
        "1:14: the plugin 'a' is named twice",
        "1:17: 'plugins.3' may only contain A-Z, a-z, 0-9, _ and -",
        "1:23: 'plugins.4' must not be empty",
      ])
  }
}
