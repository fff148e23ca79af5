import CommandTesting
import Glibc
import Harness
import RawJSON
import TestSupport
import Testing

/// `register --replace` and `--restore`.
@Suite struct ReplaceTests {
  static let text = """
    {
      // mine
      "theme": "dark",
      "mcpServers": {
        "time": { "command": "/bin/cat", "args": ["a b"] }, // the clock
        "hub": {
          "command": "/bin/cat",
          "env": { "HUB_TOKEN": "t0ken" }
        },
        "far": { "url": "https://far.example/mcp", "headers": { "Authorization": "Bearer abc" } },
        "lost": { "command": "/bin/cat", "args": ["${workspaceFolder}", "$${X}"] },
        "odd": { "note": 1 }
      }
    }

    """

  private func home(_ text: String = ReplaceTests.text) throws -> DemoHome {
    let home = try DemoHome()
    try home.folder.write(text, to: ".cursor/mcp.json")
    return home
  }

  private func servers(_ home: DemoHome) throws -> [String] {
    let text = home.folder.read(".cursor/mcp.json").replacing(/\/\/ .*/, with: "")
    return try JSONValue(parsing: Array(text.utf8))["mcpServers"]?.objectValue?.keys ?? []
  }

  private func backups(_ home: DemoHome) -> Int {
    guard let folder = opendir(home.folder.path + "/.cursor") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Without `.`, `..` and the file.
    return count - 3
  }

  @Test func `the client's servers become services, and come back byte for byte`() throws {
    let home = try home()
    let run = try home.run("register", "cursor", "--replace", "--yes")
    #expect(run.code == 1, "what stays is bad news")
    #expect(run.errors.contains("'odd' is left out: it has neither a command nor a URL\n"))
    #expect(run.errors.contains("'lost' is left out: a '$' right before"))
    #expect(run.errors.contains("What is left out stays in"))
    #expect(run.output.contains("Put the gateway in the place of 3 servers in"))
    #expect(run.output.contains("switchyard register cursor --restore"))
    #expect(!(run.output + run.errors).contains("t0ken"))
    #expect(try servers(home) == ["lost", "odd", "switchyard"])
    #expect(home.folder.read(".cursor/mcp.json").contains("// mine"))
    #expect(home.folder.read(".config/switchyard/secrets/hub-HUB_TOKEN") == "t0ken\n")
    #expect(home.folder.read(".config/switchyard/secrets/far-bearer") == "abc\n")
    #expect(try home.run("check").output.hasSuffix("4 of 4 services ready\n"))
    let back = try home.run("register", "cursor", "--restore")
    #expect(back.code == 0, "\(back.errors)")
    #expect(home.folder.read(".cursor/mcp.json") == Self.text)
    #expect(try home.run("register", "cursor", "--restore").code == 1)
    // The manifests are there, so a second time writes none.
    let again = try home.run("register", "cursor", "--replace", "--yes")
    #expect(!again.output.contains("wrote "), "\(again.output)")
    #expect(try servers(home) == ["lost", "odd", "switchyard"])
    #expect(try home.run("check").output.hasSuffix("4 of 4 services ready\n"))
  }

  @Test func `entries made since stay, and a second replacement is undone with the first`() throws {
    let home = try home("{\"mcpServers\": {\"a\": {\"command\": \"/bin/cat\"}}}")
    #expect(try home.run("register", "cursor", "--replace", "--yes").code == 0)
    let later = home.folder.read(".cursor/mcp.json").replacing(
      "{\"mcpServers\": {", with: "{\"mcpServers\": {\"b\": {\"command\": \"/bin/cat\"}, ")
    try home.folder.write(later, to: ".cursor/mcp.json")
    let run = try home.run("register", "cursor", "--replace", "--yes")
    #expect(run.code == 0, "\(run.errors)")
    #expect(try servers(home) == ["switchyard"])
    let changed = home.folder.read(".cursor/mcp.json").replacing(
      "{\"mcpServers\": {", with: "{\"mcpServers\": {\"a\": {\"command\": \"new\"}, ")
    try home.folder.write(changed, to: ".cursor/mcp.json")
    let back = try home.run("register", "cursor", "--restore")
    #expect(back.code == 0 && back.errors.contains("'a' is there anew and stays as it is"))
    #expect(Set(try servers(home)) == ["a", "b"])
    #expect(home.folder.read(".cursor/mcp.json").contains("\"new\""))
  }

  @Test func `a dry run shows both and writes nothing, no is no`() throws {
    let home = try home()
    let dry = try home.run("register", "cursor", "--replace", "--dry-run")
    #expect(dry.output.contains("time\n  runs       /bin/cat 'a b'\n"))
    #expect(dry.output.contains("\n-    \"time\": "))
    #expect(dry.output.contains("\n+    \"switchyard\": {\n"))
    let no = try home.run("register", "cursor", "--replace", input: "n\n")
    #expect(no.code == 1 && no.errors.contains("nothing was written"))
    #expect(home.folder.read(".cursor/mcp.json") == Self.text)
    #expect(backups(home) == 0)
    #expect(try home.run("check").output.hasSuffix("1 of 1 services ready\n"))
    #expect(try home.run("register", "cursor", "--replace", input: "y\n").code == 1)
    #expect(backups(home) == 1)
    let written = home.folder.read(".cursor/mcp.json")
    let back = try home.run("register", "cursor", "--restore", "--dry-run")
    #expect(back.code == 0 && back.output.contains("\n+    \"time\": "))
    #expect(home.folder.read(".cursor/mcp.json") == written)
    #expect(try home.run("register", "cursor", "--restore").code == 0)
  }

  @Test func `a file that cannot be parsed is never written, whichever way`() throws {
    let home = try home()
    #expect(try home.run("register", "cursor", "--replace", "--yes").code == 1)
    let broken = "{\"mcpServers\": {\n\"a\": {}"
    try home.folder.write(broken, to: ".cursor/mcp.json")
    for option in ["--replace", "--restore"] {
      let run = try home.run("register", "cursor", option)
      #expect(run.code == 1 && run.errors.contains("/.cursor/mcp.json:1:"), "\(run.errors)")
      #expect(home.folder.read(".cursor/mcp.json") == broken)
    }
    #expect(backups(home) == 1)
  }

  @Test func `a server that the gateway could not serve stays with the client`() throws {
    let home = try home(
      """
      {"mcpServers": {"good": {"command": "/bin/cat"},
        "unset": {"command": "/bin/cat", "env": {"A": "${SURELY_NOT_SET}"}},
        "tilde": {"command": "~/bin/x"}, "near": {"command": "./x"},
        "editor": {"command": "/bin/cat", "args": ["${workspaceFolder}/x"]}}}
      """)
    let run = try home.run("register", "cursor", "--replace", "--yes")
    #expect(run.code == 1)
    #expect(run.errors.contains("'unset' is left out: ") && run.errors.contains("SURELY_NOT_SET"))
    #expect(run.errors.contains("'tilde' is left out: '~' in 'process.command'"))
    for (name, what) in [("near", "./x"), ("editor", "${workspaceFolder}")] {
      #expect(
        run.errors.contains("'\(name)' is left out: only the client knows what '\(what)' means"))
    }
    #expect(try servers(home) == ["unset", "tilde", "near", "editor", "switchyard"])
  }

  @Test func `servers of a project run in its folder`() throws {
    let home = try DemoHome()
    try home.folder.write(
      "{\"mcpServers\": {\"a\": {\"command\": \"/bin/cat\"}}}", to: "project/.mcp.json")
    let project = home.folder.path + "/project"
    let run = try CommandRun(
      ["register", "claude-code", "--scope", "project", "--replace", "--yes"],
      environment: home.environment, directory: project)
    #expect(run.code == 0, "\(run.errors)")
    let manifest = home.folder.read(".config/switchyard/manifests/a.yaml")
    #expect(manifest.contains("directory: \"\(project)\""))
    #expect(run.output.contains("register claude-code --scope project --restore"))
  }

  @Test func `nothing to replace, and options that exclude each other`() throws {
    let home = try home("{}")
    #expect(try home.run("register", "cursor", "--restore").code == 1)
    #expect(try home.run("register", "gemini", "--replace", "--yes").code == 1)
    #expect(try home.run("register", "cursor", "--replace", "--restore").code == 2)
    #expect(try home.run("register", "cursor", "--yes").code == 2)
    let plain = try home.run("register", "cursor", "--replace", "--yes")
    #expect(plain.code == 0, "\(plain.errors)")
    #expect(try servers(home) == ["switchyard"])
    let again = try home.run("register", "cursor", "--replace", "--yes")
    #expect(again.code == 0 && again.output.contains("There is nothing to replace"))
  }

  @Test func `the record is the user's alone`() throws {
    let home = try home()
    #expect(try home.run("register", "cursor", "--replace", "--yes").code == 1)
    let folder = home.folder.path + "/.local/state/switchyard/replaced"
    let directory = try #require(opendir(folder))
    defer { closedir(directory) }
    var files = 0
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix(".") { continue }
      var status = stat()
      #expect(stat(folder + "/" + name, &status) == 0 && status.st_mode & 0o777 == 0o600)
      files += 1
    }
    #expect(files == 1)
  }
}
