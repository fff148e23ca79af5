import CommandTesting
import Glibc
import Harness
import RawJSON
import TestSupport
import Testing

/// `register` and `unregister` for every client, in files of every kind.
@Suite struct RegisterTests {
  static let clients = ["claude-desktop", "claude-code", "cursor", "vscode", "windsurf", "gemini"]
  static let places = [
    "claude-desktop": ".config/Claude/claude_desktop_config.json", "claude-code": ".claude.json",
    "cursor": ".cursor/mcp.json", "vscode": ".config/Code/User/mcp.json",
    "windsurf": ".codeium/windsurf/mcp_config.json", "gemini": ".gemini/settings.json",
  ]
  /// What a client's file may look like; CONTAINER stands for the member that holds the servers.
  static let texts = [
    "", "{}", "{}\n", "{ }", "{\n}\n", "// mine\n", "{\"CONTAINER\":{}}", "{\"a\":[1,2.50,\"x\"]}",
    "{\n  \"CONTAINER\": {\n    \"other\": { \"command\": \"x\" } // keep\n  }\n}\n",
    "{\r\n\t\"CONTAINER\": {\r\n\t},\r\n\t\"z\": 1e2,\r\n}\r\n",
    "\u{FEFF}{\n    /* top */\n    \"a\": \"\\u00e9\", // é\n}\n",
    "{\"CONTAINER\": {\"other\": {\"command\": \"x\"}, /* last */}, \"mcpserver\": 1}",
  ]

  private static func container(_ client: String) -> String {
    client == "vscode" ? "servers" : "mcpServers"
  }

  private func run(_ home: TemporaryFolder, _ words: String...) throws -> CommandRun {
    try CommandRun(words, environment: ["HOME": home.path], directory: home.path)
  }

  private func place(_ text: String, _ client: String, in home: TemporaryFolder) throws -> String {
    let path = try #require(Self.places[client])
    var folder = ""
    for part in path.split(separator: "/").dropLast() {
      folder += (folder.isEmpty ? "" : "/") + part
      try home.makeFolder(folder)
    }
    try home.write(text, to: path)
    return path
  }

  @Test(arguments: clients, texts)
  func `register keeps every other byte, and unregister gives the old bytes back`(
    client: String, text: String
  ) throws {
    let home = try TemporaryFolder()
    let container = Self.container(client)
    let original = text.replacing("CONTAINER", with: container)
    let path = try place(original, client, in: home)
    let registered = try run(home, "register", client)
    #expect(registered.code == 0, "\(registered.errors)")
    let added = home.read(path)
    #expect(added.contains("\"switchyard\": {") || added.contains("\"switchyard\":{"))
    #expect(added.contains("\"\(Sibling.path(of: "switchyard-gateway"))\""))
    #expect(added.contains("\"\(home.path)/.config/switchyard\""))
    #expect(added.contains("\"\(home.path)/.local/state/switchyard\""))
    #expect(try run(home, "unregister", client).code == 0)
    #expect(Array(home.read(path).utf8) == Array(original.utf8))
  }

  @Test(arguments: clients) func `a missing file comes and goes`(client: String) throws {
    let home = try TemporaryFolder()
    let path = try home.path + "/" + #require(Self.places[client])
    #expect(try run(home, "register", client, "--env", "A=b=c", "--name", "work").code == 0)
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    let value = try JSONValue(
      parsing: Array(home.read(String(path.dropFirst(home.path.count + 1))).utf8))
    let entry = value[Self.container(client)]?["work"]
    #expect(entry?["env"] == ["A": "b=c"])
    #expect(entry?["args"]?.arrayValue?.count == 4)
    let saysType = ["claude-code", "cursor", "vscode"].contains(client)
    #expect(entry?["type"] == (saysType ? "stdio" : nil))
    #expect(try run(home, "register", client, "--name", "work").output.contains("already"))
    #expect(try run(home, "unregister", client, "--name", "work").code == 0)
    #expect(access(path, F_OK) != 0)
    #expect(try run(home, "unregister", client, "--name", "work").code == 1)
  }

  @Test func `projects have files of their own`() throws {
    for (client, path) in [
      ("claude-code", ".mcp.json"), ("cursor", ".cursor/mcp.json"), ("vscode", ".vscode/mcp.json"),
      ("gemini", ".gemini/settings.json"),
    ] {
      let home = try TemporaryFolder()
      #expect(try run(home, "register", client, "--scope", "project").code == 0)
      #expect(home.read(path).contains("switchyard-gateway"))
    }
  }

  @Test func `XDG_CONFIG_HOME moves what belongs to it, and nothing else`() throws {
    let home = try TemporaryFolder()
    let environment = ["HOME": home.path, "XDG_CONFIG_HOME": home.path + "/x"]
    for client in ["vscode", "claude-desktop", "cursor"] {
      #expect(try CommandRun(["register", client], environment: environment).code == 0)
    }
    #expect(home.read("x/Code/User/mcp.json").contains("\"\(home.path)/x/switchyard\""))
    #expect(!home.read("x/Claude/claude_desktop_config.json").isEmpty)
    #expect(!home.read(".cursor/mcp.json").isEmpty)
  }

  @Test func `a file that cannot be parsed is refused with its place, untouched`() throws {
    let home = try TemporaryFolder()
    let path = try place("{\n  \"a\": 1\n  \"b\": 2\n}\n", "cursor", in: home)
    let run = try run(home, "register", "cursor")
    #expect(run.code == 1)
    #expect(run.errors.contains("/.cursor/mcp.json:3:3: expected ',' or '}'"))
    #expect(home.read(path) == "{\n  \"a\": 1\n  \"b\": 2\n}\n")
  }

  @Test func `a read-only file, a folder and a fifo are refused`() throws {
    let home = try TemporaryFolder()
    let path = home.path + "/" + (try place("{}", "cursor", in: home))
    chmod(path, 0o444)
    let readOnly = try run(home, "register", "cursor")
    #expect(readOnly.code == 1)
    #expect(readOnly.errors.contains("read-only"))
    #expect(home.read(".cursor/mcp.json") == "{}")
    mkfifo(home.path + "/fifo", 0o600)
    for odd in ["fifo", ".cursor"] {
      let run = try run(home, "register", "cursor", "--file", odd)
      #expect(run.code == 1)
      #expect(run.errors.contains("not a regular file"))
    }
  }

  @Test func `a link stays a link, and the file keeps its mode`() throws {
    let home = try TemporaryFolder()
    try home.makeFolder("dotfiles")
    try home.makeFolder(".cursor")
    try home.write("{}", to: "dotfiles/mcp.json")
    chmod(home.path + "/dotfiles/mcp.json", 0o640)
    symlink("../dotfiles/mcp.json", home.path + "/.cursor/mcp.json")
    #expect(try run(home, "register", "cursor").code == 0)
    var status = stat()
    lstat(home.path + "/.cursor/mcp.json", &status)
    #expect(status.st_mode & S_IFMT == S_IFLNK)
    stat(home.path + "/dotfiles/mcp.json", &status)
    #expect(status.st_mode & 0o777 == 0o640)
    #expect(home.read("dotfiles/mcp.json").contains("switchyard-gateway"))
  }

  @Test func `every change keeps the old bytes under a name of their own`() throws {
    let home = try TemporaryFolder()
    let path = try place("{}", "cursor", in: home)
    var backups: Set<String> = []
    for name in ["one", "two", "three"] {
      let run = try run(home, "register", "cursor", "--name", name)
      let line = run.output.split(separator: "\n").first { $0.hasPrefix("The file as it was: ") }
      let backup = String(try #require(line).dropFirst("The file as it was: ".count))
      #expect(backup.hasPrefix(home.path + "/" + path + ".switchyard-backup-"))
      #expect(backups.insert(backup).inserted)
    }
    let first = try #require(backups.min())
    #expect(home.read(String(first.dropFirst(home.path.count + 1))) == "{}")
  }

  @Test func `a dry run shows the difference and changes nothing`() throws {
    let home = try TemporaryFolder()
    let path = try place("{\n  \"theme\": \"dark\"\n}\n", "gemini", in: home)
    let run = try run(home, "register", "gemini", "--dry-run")
    #expect(run.code == 0)
    #expect(run.output.contains("\n-  \"theme\": \"dark\"\n+  \"theme\": \"dark\",\n"))
    #expect(run.output.contains("\n+    \"switchyard\": {\n"))
    #expect(!run.output.contains("\u{1B}"))
    #expect(home.read(path) == "{\n  \"theme\": \"dark\"\n}\n")
  }

  @Test func `another program's entry needs force`() throws {
    let home = try TemporaryFolder()
    let text = "{\"mcpServers\": {\"switchyard\": {\"command\": \"npx\"}}}"
    let path = try place(text, "cursor", in: home)
    for command in ["register", "unregister"] {
      let run = try run(home, command, "cursor")
      #expect(run.code == 1)
      #expect(run.errors.contains("launches 'npx'"))
    }
    #expect(home.read(path) == text)
    #expect(try run(home, "unregister", "cursor", "--force").code == 0)
    #expect(home.read(path) == "{\"mcpServers\": {}}")
  }
}
