import Manifest
import TestSupport
import Testing

@Suite struct ServiceManifestTests {
  @Test func `a command and its arguments are a complete manifest`() throws {
    let folder = ConfigurationFolder().manifest(
      "git", "process: {command: mcp-server-git, args: [--verbose, -1]}")
    let manifest = try #require(folder.load().services.first?.manifest)
    #expect(manifest.name == "git")
    #expect(manifest.prefix == "git_")
    #expect(manifest.description == nil)
    #expect(manifest.process.command == "mcp-server-git")
    #expect(manifest.process.arguments == ["--verbose", "-1"])
    #expect(manifest.process.environment.isEmpty)
    #expect(manifest.process.directory == folder.path + "/manifests")
    #expect(manifest.process.start == .onDemand)
    #expect(manifest.process.idle == .seconds(300))
    #expect(manifest.process.protocolChoice == .auto)
    #expect(manifest.process.memory == nil)
    #expect(manifest.priority == 50)
    #expect(manifest.limits == ServiceLimits())
    #expect(manifest.file == folder.path + "/manifests/git.yaml")
  }

  @Test func `every word is read`() throws {
    let text = """
      service: git-2
      description: Read and change git repositories.
      enabled: true
      process:
        command: ./bin/serve
        args: ["--repository", "${env:REPO}"]
        env: { TOKEN: abc, EMPTY: "" }
        directory: work
        start: warm
        idle: 90s
        protocol: 2026-07-28
        limits: { memory: 512MiB }
      tools:
        prefix: g_
        include: [git_*]
        exclude: [git_push]
        rename: { git_log: history }
        describe: { git_log: Shows the history. }
      priority: 70
      limits: { concurrent: 8, timeout: 2m, queue: 16 }
      """
    let entry = service(text, ["REPO": "/srv/x"])
    let manifest = try #require(entry.manifest, "\(entry.reasons)")
    let home = manifest.file.dropLast("/it.yaml".count)
    #expect(manifest.name == "git-2")
    #expect(manifest.description == "Read and change git repositories.")
    #expect(manifest.process.command == home + "/bin/serve")
    #expect(manifest.process.arguments == ["--repository", "/srv/x"])
    #expect(manifest.process.environment.map(\.name) == ["TOKEN", "EMPTY"])
    #expect(manifest.process.environment.map(\.value.exposed) == ["abc", ""])
    #expect(manifest.process.directory == home + "/work")
    #expect(manifest.process.start == .warm)
    #expect(manifest.process.idle == .seconds(90))
    #expect(manifest.process.protocolChoice == .modern)
    #expect(manifest.process.memory == 512 << 20)
    #expect(manifest.prefix == "g_")
    #expect(manifest.priority == 70)
    #expect(manifest.limits.concurrent == 8)
    #expect(manifest.limits.timeout == .seconds(120))
    #expect(manifest.limits.queue == 16)
    #expect(manifest.tools.admits("git_log".utf8))
    #expect(!manifest.tools.admits("git_push".utf8))
    #expect(!manifest.tools.admits("other".utf8))
    #expect(manifest.tools.renamed("git_log".utf8) == "history")
    #expect(manifest.tools.described("git_log".utf8) == "Shows the history.")
    #expect(manifest.tools.renamed("git_show".utf8) == nil)
  }

  @Test func `gateway.yaml gives the defaults of services`() throws {
    let folder = ConfigurationFolder().manifest("it", process(""))
    folder.write(
      "gateway.yaml",
      "processes: {idle: 7s}\nlimits: {backend_calls: 3, queued_calls: 4}\ndeadlines: {call: 5s}")
    let manifest = try #require(folder.load().services.first?.manifest)
    #expect(manifest.process.idle == .seconds(7))
    #expect(manifest.limits.concurrent == 3)
    #expect(manifest.limits.queue == 4)
    #expect(manifest.limits.timeout == .seconds(5))
  }

  @Test(arguments: ["no", "on", "0777", "1:20", "1e3", "2001-01-01", "true", "1.0", "null_", "0x1"])
  func `M05: text stays text wherever text is asked for`(word: String) throws {
    let entry = service(
      """
      description: \(word)
      process: {command: \(word), args: [\(word)], env: {A: \(word)}, directory: \(word)}
      tools: {rename: {\(word): x}, describe: {a: \(word)}, include: [\(word)]}
      """)
    let manifest = try #require(entry.manifest, "\(entry.reasons)")
    #expect(manifest.description == word)
    #expect(manifest.process.command == word)
    #expect(manifest.process.arguments == [word])
    #expect(manifest.process.environment.first?.value.exposed == word)
    #expect(manifest.process.directory.hasSuffix("/" + word))
    #expect(manifest.tools.renamed(word.utf8) == "x")
    #expect(manifest.tools.described("a".utf8) == word)
    #expect(manifest.tools.admits(word.utf8))
  }

  @Test(arguments: ["no", "off", "0", "'false'", "yes", "[]", "falsch"])
  func `M05: a switch is true or false and nothing else`(word: String) {
    #expect(
      complaints(process("enabled: \(word)")).first?.contains("must be true or false") == true)
  }

  @Test(arguments: ["0777", "1:20", "1e3", "1_0", "0x1", "5.0", "+5", "-1", "'5'", "101", "[5]"])
  func `M05: a number is written in plain digits`(word: String) {
    #expect(
      complaints(process("priority: \(word)")).first?
        .contains("'priority' must be a whole number from 0 to 100") == true)
  }

  @Test func `an empty value is the same as none, except in lists and tables`() throws {
    let manifest = service("service: ~\ndescription:\nprocess: {command: x, args: ~}\ntools:\n")
    #expect(manifest.manifest?.name == "it")
    #expect(manifest.manifest?.process.arguments == [])
    #expect(
      complaints("process: ~") == ["1:1: 'process' is missing"])
    #expect(
      complaints("process:\n  command: x\n  args: [~]\n  env: {A: }") == [
        "3:10: 'process.args.1' must be text; write '' for an empty one",
        "4:12: 'process.env.A' must be text; write '' for an empty one",
      ])
  }

  @Test func `paths count from the manifest's folder`() throws {
    for (command, expected) in [
      ("/usr/bin/x", "/usr/bin/x"), ("./x", "HERE/x"), ("../x", "HERE/../x"), ("a/b", "HERE/a/b"),
      ("x", "x"), ("${env:DIR}/x", "/opt/x"),
    ] {
      let manifest = try #require(
        service("process: {command: '\(command)', directory: ./d/}", ["DIR": "/opt"]).manifest)
      let home = String(manifest.file.dropLast("/it.yaml".count))
      #expect(
        manifest.process.command
          == (expected.hasPrefix("HERE") ? home + expected.dropFirst(4) : expected))
      #expect(manifest.process.directory == home + "/d")
    }
    #expect(
      complaints("process: {command: ~/bin/x, directory: '~'}") == [
        "1:20: '~' in 'process.command' is not expanded; write ${env:HOME}",
        "1:40: '~' in 'process.directory' is not expanded; write ${env:HOME}",
      ])
  }

  @Test func `a service that is not enabled is checked but asks for no values`() {
    let entry = service(
      "enabled: false\nprocess: {command: '${env:NONE}', args: ['${secret:no}x']}")
    #expect(entry.reasons.map(\.message).first?.contains("secret 'no', which 'ps'") == true)
    let fine = service("enabled: false\nprocess: {command: '${env:NONE}'}")
    guard case .disabled = fine.state else {
      Issue.record("\(fine.reasons)")
      return
    }
    #expect(fine.manifest == nil)
    #expect(!complaints("enabled: false\nprocess: {comand: x}").isEmpty)
  }

  @Test func `patterns match as shells do, by bytes`() {
    for (pattern, name, isMatch) in [
      ("*", "", true), ("a*", "a", true), ("a*", "ba", false), ("*a*b", "xaxbxb", true),
      ("a*b*c", "abc", true), ("a*b*c", "acb", false), ("", "", true), ("", "a", false),
      ("K", "\u{212A}", false), ("a**", "a", true),
    ] {
      #expect(NamePattern(pattern).matches(name.utf8) == isMatch, "\(pattern) \(name)")
    }
    let stars = NamePattern(String(repeating: "*a", count: 100) + "b")
    #expect(!stars.matches(String(repeating: "a", count: 5_000).utf8))
  }

  @Test func `health.check is one of its words, a tool or a URL`() {
    for check in ["ping", "discover", "tools", "tool search", "http://localhost/up", "unix:/run/s"]
    {
      #expect(complaints(process("health: {check: '\(check)'}")) == [], "\(check)")
    }
    for check in ["pong", "tool", "tool a b", "ftp://x/", "http://x/a b", "http://x/?q=1", ""] {
      let found = complaints(process("health: {check: '\(check)'}"))
      #expect(found.count == 1 && found[0].contains("'health.check' must be ping"), "\(check)")
    }
  }
}
