import Clients
import Testing

/// Servers that other programs know, and the manifests that are made of them.
@Suite struct ServerListTests {
  private func list(_ text: String) throws -> ServerList {
    try ServerList(parsing: Array(text.utf8))
  }

  private func launch(_ server: FoundServer?) throws -> FoundServer.Launch {
    guard case .process(let launch)? = server?.way else { throw LeftServer(name: "", why: "") }
    return launch
  }

  private func endpoint(_ server: FoundServer?) throws -> FoundServer.Endpoint {
    guard case .remote(let endpoint)? = server?.way else { throw LeftServer(name: "", why: "") }
    return endpoint
  }

  @Test func `the servers of a client, in the order of the file`() throws {
    let list = try list(
      """
      {
        // Comments are allowed.
        "theme": "dark",
        "mcpServers": {
          "time": {"command": "uvx", "args": ["mcp-server-time", "--local timezone"]},
          "hub": {"command": "npx", "env": {"HUB_TOKEN": "t0ken", "MODE": "fast", "N": 7},
                  "disabled": true, "timeout": 60},
          "odd": {}, "worse": {"command": "x", "args": ["a", 1]},
        },
      }
      """)
    #expect(list.servers.map(\.name) == ["time", "hub"])
    #expect(try ServerManifest(list.servers[0]).line == "uvx mcp-server-time '--local timezone'")
    #expect(list.servers[1].isDisabled)
    #expect(try launch(list.servers[1]).environment.map(\.name) == ["HUB_TOKEN", "MODE", "N"])
    #expect(list.servers[1].notes == ["'timeout' of the entry is left out"])
    #expect(
      list.left == [
        LeftServer(name: "odd", why: "it has neither a command nor a URL"),
        LeftServer(name: "worse", why: "its 'args' is no list of texts"),
      ])
  }

  @Test func `servers at URLs, as each client writes them`() throws {
    let list = try list(
      """
      {"mcpServers": {
        "claude": {"type": "http", "url": "https://a.example/mcp",
                   "headers": {"Authorization": "Bearer ${TOKEN:-none}"}},
        "old": {"transport": "sse", "url": "https://b.example/sse"},
        "gemini": {"httpUrl": "https://c.example/mcp", "url": "https://c.example/sse",
                   "trust": true},
        "windsurf": {"serverUrl": "https://d.example/mcp"},
        "other": {"type": "streamable-http", "url": "https://e.example/mcp"},
        "odd": {"type": "ws", "url": "wss://f.example/mcp"}
      }}
      """)
    #expect(list.servers.map(\.name) == ["claude", "old", "gemini", "windsurf", "other"])
    #expect(try list.servers.map { try endpoint($0).isSSE } == [false, true, false, false, false])
    #expect(try endpoint(list.servers[2]).url == "https://c.example/mcp")
    #expect(list.servers[2].notes == ["'trust' of the entry is left out"])
    #expect(list.left.map(\.why) == ["it is reached over 'ws', which is not known"])
    let claude = try ServerManifest(list.servers[0])
    #expect(claude.text.contains(#"  auth: {bearer: "${env:TOKEN:-none}"}"#))
    #expect(!claude.mayWantLogin)
    #expect(try ServerManifest(list.servers[1]).text.contains("\n  protocol: sse\n"))
    #expect(try ServerManifest(list.servers[1]).mayWantLogin)
  }

  @Test func `servers that Claude Code has for one folder are left out, and that is said`() throws {
    let projects = #""projects": {"/w": {"mcpServers": {"p": {"command": "x"}}}, "/v": {}}"#
    let both = try ServerList(
      parsing: Array(#"{"mcpServers": {"a": {"command": "x"}}, \#(projects)}"#.utf8))
    #expect(both.servers.map(\.name) == ["a"] && both.left.map(\.name) == ["p"])
    #expect(both.left.first?.why.hasPrefix("it is for the folder '/w' only") == true)
    let alone = try ServerList(parsing: Array("{\(projects)}".utf8))
    #expect(alone.servers.isEmpty && alone.left.map(\.name) == ["p"])
  }

  @Test func `inputs of VS Code are questions`() throws {
    let list = try list(
      """
      {"inputs": [
         {"type": "promptString", "id": "key", "description": "The key", "password": true},
         {"type": "pickString", "id": "area", "options": ["eu", {"label": "US", "value": "us"}],
          "default": "eu"},
         {"type": "command", "id": "made", "command": "x.y"}],
       "servers": {
         "one": {"command": "x", "args": ["--area", "${input:area}"],
                 "env": {"API_KEY": "${input:key}", "MADE": "${input:made}"}},
         "two": {"command": "x"}}}
      """)
    let one = try #require(list.servers.first)
    #expect(one.questions.map(\.key) == ["key", "area"])
    #expect(one.questions.first?.isSecret == true && one.questions.first?.about == "The key")
    #expect(list.servers[1].questions == [])
    let manifest = try ServerManifest(one)
    #expect(manifest.text.contains(#"args: ["--area", "eu"]"#))
    #expect(manifest.secrets == [.init(name: "one-key", value: nil)])
    #expect(
      manifest.notes.contains("'${input:made}' has no counterpart; replace it in the manifest"))
    let answered = try ServerManifest(one, answers: ["key": ["k"], "area": ["us"]])
    #expect(answered.text.contains(#"args: ["--area", "us"]"#))
    #expect(answered.secrets == [.init(name: "one-key", value: "k")])
    #expect(one.questions.last?.complaint(about: ["mars"]) == "must be one of eu, us")
  }

  @Test(arguments: [
    #"{"servers": {"a": {"type": "stdio", "command": "x"}}}"#,
    #"{"mcp": {"servers": {"a": {"command": "x"}}}}"#,
  ]) func `those of VS Code, in its own file and in its settings`(text: String) throws {
    let list = try list(text)
    #expect(list.servers == [FoundServer(name: "a", command: "x")])
  }

  @Test(arguments: [
    ("npm", "some-server", "npx -y some-server@1.2.3"),
    ("pypi", "mcp-server-time", "uvx mcp-server-time==1.2.3"),
    (
      "oci", "docker.io/some/server:1.2.3",
      "docker run -i --rm -e TOKEN -e EXTRA docker.io/some/server:1.2.3"
    ),
    ("oci", "some/server", "docker run -i --rm -e TOKEN -e EXTRA some/server:1.2.3"),
  ]) func `a server of the registry becomes the command that runs its package`(
    kind: String, identifier: String, line: String
  ) throws {
    let list = try list(
      """
      {"name": "io.github.some/server", "description": "Serves.", "packages": [
        {"registryType": "mcpb", "identifier": "x", "transport": {"type": "stdio"}},
        {"registryType": "\(kind)", "identifier": "\(identifier)", "version": "1.2.3",
         "transport": {"type": "stdio"},
         "environmentVariables": [
           {"name": "TOKEN", "isRequired": true, "isSecret": true}, {"name": "EXTRA"}]}]}
      """)
    let server = try #require(list.servers.first)
    #expect(server.name == "server" && server.description == "Serves.")
    let manifest = try ServerManifest(server)
    #expect(manifest.line == line)
    #expect(manifest.secrets == [.init(name: "server-TOKEN", value: nil)])
    #expect(manifest.notes == ["write the value of 'secrets/server-TOKEN' yourself, mode 0600"])
    #expect(!manifest.text.contains("EXTRA:"))
    let answered = try ServerManifest(server, answers: ["EXTRA": ["e"], "TOKEN": ["t"]])
    #expect(answered.text.contains("EXTRA: \"e\""))
    #expect(answered.secrets == [.init(name: "server-TOKEN", value: "t")])
  }

  @Test func `arguments of a package and what they ask for`() throws {
    let list = try list(
      """
      {"name": "a/b", "packages": [{"registryType": "npm", "identifier": "x",
        "runtimeArguments": [{"type": "named", "name": "--quiet"}],
        "packageArguments": [
          {"type": "positional", "value": "serve"},
          {"type": "named", "name": "--url", "value": "https://{host}/{rest}",
           "variables": {"host": {"isRequired": true, "description": "Where"}}},
          {"type": "named", "name": "--port", "default": "80", "format": "number"},
          {"type": "positional", "valueHint": "extra"},
          {"type": "positional", "valueHint": "folder", "isRequired": true, "isRepeated": true}
        ]}]}
      """)
    let server = try #require(list.servers.first)
    #expect(server.questions.map(\.key) == ["host", "port", "folder"])
    #expect(server.notes == ["the argument 'extra' may be added to 'process.args'"])
    let missing = #expect(throws: LeftServer.self) { try ServerManifest(server) }
    #expect(missing?.why == "it wants 'host' (Where): give it with --set 'host=VALUE'")
    let manifest = try ServerManifest(
      server, answers: ["host": ["h"], "folder": ["/a b", "/c"]])
    #expect(
      manifest.line == "npx -y --quiet x serve --url 'https://h/{rest}' --port 80 '/a b' /c")
    #expect(server.questions[1].complaint(about: ["x"]) == "must be a number")
  }

  @Test func `a remote of the registry, with its variables and headers`() throws {
    let list = try list(
      """
      {"name": "a/b", "packages": [{"registryType": "nuget", "identifier": "x"}],
       "remotes": [{"type": "sse", "url": "https://{tenant}.example/mcp",
         "variables": {"tenant": {"default": "main"}},
         "headers": [{"name": "X-Key", "isSecret": true, "isRequired": true},
                     {"name": "X-Area", "value": "eu"}]}]}
      """)
    let manifest = try ServerManifest(
      try #require(list.servers.first), answers: ["X-Key": ["k3y"]])
    #expect(
      manifest.text == """
        service: b
        http:
          url: "https://main.example/mcp"
          headers:
            "X-Key": "${secret:b-X-Key}"
            "X-Area": "eu"
          protocol: sse

        """)
    #expect(manifest.secrets == [.init(name: "b-X-Key", value: "k3y")])
  }

  @Test(arguments: [
    (#"{"registryType": "nuget", "identifier": "x"}"#, "packages of 'nuget' cannot be run"),
    (#"{"registryType": "npm"}"#, "a package has no identifier"),
    (#"{"registryType": "npm", "identifier": "--evil"}"#, "a package has no identifier"),
    (
      #"{"registryType": "npm", "identifier": "x", "transport": {"type": "sse"}}"#,
      "a package speaks sse"
    ),
    (
      #"{"registryType": "npm", "identifier": "x", "registryBaseUrl": "https://n.example"}"#,
      "its package is in the registry https://n.example, and would be looked for in another"
    ),
    (
      #"{"registryType": "mcpb", "identifier": "https://b.example/x.mcpb"}"#,
      "its bundle is at https://b.example/x.mcpb; 'switchyard add' takes that address"
    ),
  ]) func `a package that cannot be run is left out with the reason`(
    package: String, why: String
  ) throws {
    let list = try list(#"{"name": "a/b", "packages": [\#(package)]}"#)
    #expect(list.left == [LeftServer(name: "b", why: why)])
  }

  @Test(arguments: ["[]", #"{"a": 1}"#, "nonsense", ""])
  func `what is no list is refused`(text: String) {
    #expect(throws: ServerList.Failure.self) { try list(text) }
  }
}
