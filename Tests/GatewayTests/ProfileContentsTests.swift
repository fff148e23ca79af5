import Backend
import MCP
import Manifest
import RawJSON
import Testing

@testable import Gateway

/// What a profile makes of a catalogue.
@Suite struct ProfileContentsTests {
  static let services = ["git", "time"]

  static func catalogue(
    git: [String], time: [String] = [], high: [String] = [], low: [String] = []
  ) -> Catalogue {
    func part(_ index: Int, _ names: [String]) -> (Int, ServiceManifest, Offer) {
      var manifest = ServiceManifest(name: services[index], file: "")
      manifest.tools.high = high.map { NamePattern($0) }
      manifest.tools.low = low.map { NamePattern($0) }
      var offer = Offer(introduction: .init(revision: .newest))
      offer.items[.tools] = names.map { name in
        let schema =
          #"{"type":"object","properties":{"repo":{"type":"string"},"n":{"type":"integer"}},"#
          + #""required":["repo","n"],"x":1.0}"#
        let json = #"{"name":"\#(name)","description":"Old.","inputSchema":\#(schema)}"#
        return Offer.Item(name: Array(name.utf8), json: Array(json.utf8))
      }
      offer.items[.prompts] = [
        Offer.Item(name: Array("ask".utf8), json: Array(#"{"name":"ask"}"#.utf8))
      ]
      return (index, manifest, offer)
    }
    return Catalogue([part(0, git), part(1, time)])
  }

  private func contents(
    _ catalogue: Catalogue, budget: Int? = nil, _ change: (inout Profile) -> Void = { _ in }
  ) -> ProfileContents {
    var profile = Profile(name: "p")
    change(&profile)
    return ProfileContents(profile, budget: budget, of: catalogue) { Self.services[$0] }
  }

  private func names(_ catalogue: Catalogue, _ kind: Offer.Kind = .tools) -> [String] {
    catalogue.entries(kind).map { String(decoding: $0.publicName, as: UTF8.self) }
  }

  private func entry(_ contents: ProfileContents, _ name: String) -> Catalogue.Entry? {
    Array(name.utf8).withUnsafeBytes { contents.callable.entry(.tools, named: $0) }
  }

  @Test func `an empty profile shows everything as it is`() throws {
    let catalogue = Self.catalogue(git: ["log", "add"], time: ["now"])
    let shown = contents(catalogue)
    #expect(names(shown.shown) == ["git_add", "git_log", "time_now"])
    // The very same entries: nothing is kept twice, and calls of them pass as they are.
    #expect(
      zip(shown.shown.entries(.tools), catalogue.entries(.tools)).allSatisfy { $0 === $1 })
    #expect(shown.shown.entries(.tools).allSatisfy { shown.handling(of: $0) == nil })
  }

  @Test func `services that are not selected lose tools, prompts and everything else`() {
    let shown = contents(Self.catalogue(git: ["log"], time: ["now"])) { $0.services = ["time"] }
    #expect(names(shown.shown) == ["time_now"])
    #expect(names(shown.shown, .prompts) == ["time_ask"])
    #expect(entry(shown, "git_log") == nil)
  }

  @Test func `tools are left out, renamed and described by the names that all clients see`() throws
  {
    let shown = contents(Self.catalogue(git: ["log", "add", "reset"])) {
      $0.tools.exclude = [NamePattern("git_re*")]
      $0.tools.rename = [NamedText(name: "git_log", text: "history")]
      $0.tools.describe = [NamedText(name: "git_log", text: "New.")]
    }
    #expect(names(shown.shown) == ["git_add", "history"])
    let history = try #require(entry(shown, "history"))
    let json = try JSONValue(parsing: history.json)
    #expect(json["name"] == "history" && json["description"] == "New.")
    #expect(json.at(pointer: "/inputSchema/required/0") == "repo")
    #expect(entry(shown, "git_log") == nil)
    // A call must say the name that the whole catalogue knows.
    let form = ShownTool.Form(name: Array("git_log".utf8), pins: [])
    #expect(shown.handling(of: history) == .form(form))
  }

  @Test func `arguments that are pinned are not in the schema, and every other byte is`() throws {
    let shown = contents(Self.catalogue(git: ["log"], time: ["now"])) {
      $0.tools.pin = [
        PatternValue("git_*", [PinnedArgument(name: "repo", value: Array("\"/r\"".utf8))]),
        PatternValue("*", [PinnedArgument(name: "absent", value: Array("1".utf8))]),
        PatternValue("time_now", [PinnedArgument(name: "zone", value: Array("1".utf8))]),
      ]
    }
    let log = try #require(entry(shown, "git_log"))
    #expect(
      String(decoding: log.json, as: UTF8.self)
        == #"{"description":"Old.","name":"git_log","inputSchema":{"type":"object","x":1.0,"#
        + #""properties":{"n":{"type":"integer"}},"required":["n"]}}"#)
    #expect(!String(decoding: log.json, as: UTF8.self).contains("/r"))
    guard case .form(let form) = shown.handling(of: log) else {
      Issue.record("git_log is called as it is")
      return
    }
    // A pattern gives an argument to tools that have it, a name in any case.
    #expect(form.pins.map(\.name) == ["repo"] && form.name == nil)
    let now = try #require(entry(shown, "time_now"))
    guard case .form(let other) = shown.handling(of: now) else {
      Issue.record("time_now is called as it is")
      return
    }
    #expect(other.pins.map(\.name) == ["zone"])
  }

  @Test func `S03: a name that two tools have once they are renamed belongs to neither`() {
    let shown = contents(Self.catalogue(git: ["log", "add"], time: ["now"])) {
      $0.tools.rename = [NamedText(name: "git_log", text: "time_now")]
    }
    #expect(names(shown.shown) == ["git_add"])
    #expect(shown.shown.collisions.map(\.services) == [["git", "time"]])
    let lost = Array("time_now".utf8).withUnsafeBytes {
      shown.callable.collision(.tools, named: $0)
    }
    #expect(lost != nil)
  }

  @Test func `below the budget everything is listed`() {
    let shown = contents(Self.catalogue(git: ["a", "b", "c", "d"]), budget: 4)
    #expect(names(shown.shown) == ["git_a", "git_b", "git_c", "git_d"])
    #expect(shown.tools.count == 4)
  }

  @Test func `over the budget three tools stand for those that come last`() throws {
    let catalogue = Self.catalogue(
      git: ["a", "b", "c", "d", "e"], time: ["x"], high: ["e", "x"], low: ["a"])
    let shown = contents(catalogue, budget: 5)
    #expect(
      names(shown.shown) == [
        "tools_search", "tools_describe", "tools_call", "git_e", "time_x",
      ])
    #expect(shown.tools.count == 6)
    #expect(entry(shown, "git_a") != nil, "it can be called all the same")
    let text = String(decoding: try #require(shown.shown.entries(.tools).first).json, as: UTF8.self)
    #expect(text.contains("git: git_a, git_b, git_c, git_d"), "\(text)")
    #expect(!text.contains("git_e"))
    // One more, and those with low priority are the last to go in.
    #expect(names(contents(catalogue, budget: 3).shown).count == 3)
    let most = contents(Self.catalogue(git: ["a", "b", "c", "d"], low: ["a"]), budget: 3)
    #expect(most.tools.count == 4)
  }

  @Test func `the description of an index tool stays below what hosts cut at`() throws {
    let names = (0..<900).map { "tool_with_a_long_name_\($0)" }
    let shown = contents(Self.catalogue(git: names, time: ["now"]), budget: 40)
    #expect(shown.shown.entries(.tools).count == 40)
    for entry in shown.shown.entries(.tools).prefix(3) {
      let json = try JSONValue(parsing: entry.json)
      let text = json["description"]?.stringValue ?? ""
      #expect(text.utf8.count < 2_048 && text.contains("git"), "\(text)")
      #expect(json["inputSchema"]?["type"] == "object")
    }
  }

  @Test func `S03: a tool of a service gives way to one that stands for the rest`() {
    var manifest = ServiceManifest(name: "git", file: "")
    manifest.tools.prefix = ""
    var offer = Offer(introduction: .init(revision: .newest))
    offer.items[.tools] = ["a", "b", "c", "d", "tools_call"].map {
      Offer.Item(
        name: Array($0.utf8),
        json: Array(#"{"name":"\#($0)","inputSchema":{"type":"object"}}"#.utf8))
    }
    let catalogue = Catalogue([(0, manifest, offer)])
    let over = contents(catalogue, budget: 4)
    #expect(names(over.shown) == ["tools_search", "tools_describe", "tools_call", "a"])
    #expect(over.shown.collisions.map(\.services) == [["git", "gateway"]])
    #expect(over.tools.count == 4)
    let below = contents(catalogue, budget: 5)
    #expect(names(below.shown).contains("tools_call") && below.shown.collisions.isEmpty)
  }
}
