import Manifest
import TestSupport
import Testing

/// `profiles` of gateway.yaml.
@Suite struct ProfileTests {
  private func load(_ text: String, _ more: (ConfigurationFolder) -> Void = { _ in })
    -> Configuration
  {
    let folder = ConfigurationFolder()
    folder.write("gateway.yaml", "profiles:\n" + text)
    more(folder)
    return folder.load()
  }

  private func complaints(_ text: String) -> [String] {
    load(text).diagnostics.map { "\($0.line):\($0.column): \($0.message)" }
  }

  @Test func `a profile says who it is for and what is shown`() throws {
    let configuration = load(
      """
        editor:
          client: ["Cursor*", windsurf]
          services: [git, gateway]
          tools:
            include: ["git_*"]
            exclude: [git_reset]
            rename: {git_log: history}
            describe: {git_log: The newest commits.}
            pin: {"git_*": {repo: /home/me, depth: 5, deep: true, label: "5"}}
          budget: 80
        rest: {}

      """
    ) { $0.manifest("git", "process: {command: x}") }
    #expect(configuration.diagnostics.map(\.message) == [])
    let profiles = configuration.gateway.profiles
    #expect(profiles.map(\.name) == ["editor", "rest"])
    let editor = try #require(profiles.first)
    #expect(editor.services == ["git", "gateway"] && editor.budget == .tools(80))
    #expect(editor.tools.rename == [NamedText(name: "git_log", text: "history")])
    let pins = try #require(editor.tools.pin.first?.value)
    let texts = pins.map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }
    #expect(texts == ["repo=\"/home/me\"", "depth=5", "deep=true", "label=\"5\""])
    #expect(editor.tools.admits("git_log".utf8) && !editor.tools.admits("git_reset".utf8))
    #expect(!editor.tools.admits("time_now".utf8))
    #expect(profiles.last?.budget == .ofClient && profiles.last?.services == [])
  }

  @Test func `names of clients are compared without case, and no pattern matches none`() {
    let profiles = load("  a: {client: [\"Cursor*\"]}\n  b: {}\n").gateway.profiles
    for (name, isMine) in [
      ("cursor-vscode", true), ("CURSOR", true), ("my cursor", false), ("", false),
    ] {
      #expect(profiles.first?.matches(client: Array(name.utf8)) == isMine, "\(name)")
    }
    #expect(profiles.last?.matches(client: Array("cursor".utf8)) == false)
  }

  @Test func `the budget is a number, what the client takes, or none`() {
    let profiles = load(
      "  a: {budget: 3}\n  b: {budget: auto}\n  c: {budget: none}\n  d: {}\n"
    ).gateway.profiles
    func budgets(_ client: String) -> [Int?] {
      profiles.map { $0.budget(for: Array(client.utf8)) }
    }
    #expect(budgets("cursor-vscode") == [3, 40, nil, 40])
    #expect(budgets("windsurf-client") == [3, 100, nil, 100])
    #expect(budgets("Visual Studio Code - Insiders") == [3, 128, nil, 128])
    #expect(budgets("claude-ai") == [3, nil, nil, nil])
    for client in KnownClient.allCases {
      #expect(KnownClient.mostTools(client.usualName) == client.mostTools)
    }
  }

  @Test func `M06: keys that are misspelt are named with the one that was meant`() {
    #expect(
      complaints("  a: {clients: [x]}\n") == [
        "2:7: unknown key 'clients' in 'profiles.a'; did you mean 'client'? "
          + "(known keys: client, services, tools, budget)"
      ])
    #expect(
      complaints("  a: {tools: {pins: {}}}\n") == [
        "2:15: unknown key 'pins' in 'profiles.a.tools'; did you mean 'pin'? "
          + "(known keys: include, exclude, rename, describe, pin)"
      ])
    #expect(!load("  a: {tools: {pins: {}}}\n").isUsable)
  }

  @Test func `M19: values that are none are refused where they stand`() {
    for (text, complaint) in [
      (
        "  a: {budget: 2}",
        "'profiles.a.budget' must be auto, none or a whole number from 3 to 20000"
      ),
      ("  a: {budget: some}", "'profiles.a.budget' must be auto, none or a whole number"),
      ("  a: {client: cursor}", "'profiles.a.client' must be a list"),
      ("  a: {services: [git, git]}", "the service 'git' is named twice"),
      ("  a: {tools: {pin: {x: [1]}}}", "'profiles.a.tools.pin.x' must be a mapping"),
      ("  a b: {}", "the key 'a b' in 'profiles' may only contain"),
      ("  a: 5", "'profiles.a' must be a mapping"),
      ("  [a]", "'profiles' must be a mapping"),
      (
        "  a: {tools: {rename: {x: y, z: y}}}",
        "'profiles.a' gives both 'x' and 'z' the name 'y'"
      ),
      (
        "  a: {tools: {rename: {x: tools_call}}}",
        "'profiles.a' gives 'x' a name that begins with 'tools_', which is reserved"
      ),
    ] {
      let found = load(text + "\n")
      #expect(
        found.diagnostics.first?.message.hasPrefix(complaint) == true,
        "\(text): \(found.diagnostics.map(\.message))")
      #expect(!found.isUsable)
      #expect(found.diagnostics.first?.line == 2)
    }
  }

  @Test func `services and tools that there are not are told, and nothing is off for it`() {
    let configuration = load(
      "  a:\n    services: [gti, git, gateway]\n    tools: {exclude: [git_lgo, \"x_*\", later_x]}\n"
    ) { $0.manifest("git", "process: {command: x}") }
    #expect(configuration.isUsable)
    #expect(
      configuration.diagnostics.map { "\($0.line):\($0.column) \($0.severity) \($0.message)" } == [
        "3:16 warning the profile 'a' names the service 'gti', which there is not; "
          + "did you mean 'git'?"
      ])
    let tools = configuration.unknownTools(known: ["git_log"], unasked: ["later_"])
    #expect(
      tools.map { "\($0.line):\($0.column) \($0.severity) \($0.message)" } == [
        "4:23 warning the profile 'a' names the tool 'git_lgo', which no service offers; "
          + "did you mean 'git_log'?"
      ])
  }

  @Test func `a profile that is asked for by a wrong name is named`() throws {
    let configuration = load("  editor: {}\n")
    #expect(try configuration.profile(named: "editor").name == "editor")
    let error = #expect(throws: UnknownProfile.self) {
      try configuration.profile(named: "edit")
    }
    #expect(error?.description == "gateway.yaml has no profile 'edit'; did you mean 'editor'?")
  }

  @Test(arguments: [
    "client: [y]", "services: [z]", "tools: {include: [z]}", "tools: {exclude: [z]}",
    "tools: {rename: {z: y}}", "tools: {describe: {z: y}}", "tools: {pin: {z: {y: 1}}}",
    "budget: 5",
  ])
  func `a profile that differs is a change that takes effect at once`(keys: String) {
    let old = load("  a: {}\n")
    let new = load("  a: {\(keys)}\n")
    let difference = ConfigurationDifference(from: old, to: new)
    #expect(difference.settings.map(\.key) == ["profiles"])
    #expect(difference.settings.map(\.effect) == [.atOnce])
    #expect(difference.services.isEmpty)
    #expect(ConfigurationDifference(from: new, to: new).isEmpty)
  }
}
