import Clients
import Testing

/// Servers that other programs know, and the manifests that are made of them.
@Suite struct ServerListTests {
  private func list(_ text: String) throws -> ServerList {
    try ServerList(parsing: Array(text.utf8))
  }

  @Test func `the servers of a client, in the order of the file`() throws {
    let list = try list(
      """
      {
        // Comments are allowed.
        "theme": "dark",
        "mcpServers": {
          "time": {"command": "uvx", "args": ["mcp-server-time", "--local timezone"]},
          "hub": {"command": "npx", "env": {"HUB_TOKEN": "t0ken", "MODE": "fast"},
                  "disabled": true, "timeout": 60},
          "far": {"url": "https://example.com/mcp"},
          "odd": {}
        },
      }
      """)
    #expect(list.servers.map(\.name) == ["time", "hub"])
    #expect(list.servers[0].commandLine == "uvx mcp-server-time '--local timezone'")
    #expect(list.servers[1].isDisabled)
    #expect(list.servers[1].notes == ["'timeout' of the entry is left out"])
    #expect(
      list.left == [
        LeftServer(
          name: "far",
          why: "it is at the URL https://example.com/mcp; only processes are taken over"),
        LeftServer(name: "odd", why: "it has no command"),
      ])
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
      "docker run -i --rm -e TOKEN docker.io/some/server:1.2.3"
    ),
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
    #expect(server.commandLine == line)
    #expect(server.environment == [.init(name: "TOKEN", value: nil, isSecret: true)])
    let manifest = ServerManifest(server)
    #expect(manifest.secrets == [.init(name: "server-TOKEN", value: nil)])
    #expect(manifest.notes == ["write the value of 'secrets/server-TOKEN' yourself, mode 0600"])
  }

  @Test func `a remote server and a package that cannot be run are left out with the reason`()
    throws
  {
    let remote = try list(#"{"name": "a/b", "remotes": [{"url": "https://x"}]}"#)
    #expect(remote.left == [LeftServer(name: "b", why: "it is a remote server")])
    let other = try list(
      #"{"name": "b", "packages": [{"registryType": "nuget", "identifier": "x"}]}"#)
    #expect(other.left == [LeftServer(name: "b", why: "packages of 'nuget' cannot be run")])
  }

  @Test(arguments: ["[]", #"{"a": 1}"#, "nonsense", ""])
  func `what is no list is refused`(text: String) {
    #expect(throws: ServerList.Failure.self) { try list(text) }
  }

  @Test func `what is secret goes into a file, and the rest stays`() {
    var server = FoundServer(name: "hub", command: "npx", arguments: ["-y", "x"])
    server.environment = [
      .init(name: "HUB_TOKEN", value: "t0ken"), .init(name: "MODE", value: "fast"),
      .init(name: "API_KEY", value: "${env:API_KEY}"), .init(name: "KEYBOARD", value: "de"),
    ]
    let manifest = ServerManifest(server)
    #expect(
      manifest.text == """
        service: hub
        process:
          command: "npx"
          args: ["-y", "x"]
          env:
            HUB_TOKEN: "${secret:hub-HUB_TOKEN}"
            MODE: "fast"
            API_KEY: "${env:API_KEY}"
            KEYBOARD: "de"

        """)
    #expect(manifest.secrets == [.init(name: "hub-HUB_TOKEN", value: "t0ken")])
    #expect(manifest.notes == [])
  }

  @Test func `references of other programs become ours, or are noted`() {
    let server = FoundServer(
      name: "a", command: "${HOME}/x",
      arguments: [
        "${env:A}", "${B:-c}", "${userHome}", "${workspaceFolder}/y", "${input:key}", "$1",
      ])
    let manifest = ServerManifest(server)
    #expect(
      manifest.text.contains(
        #"args: ["${env:A}", "${env:B:-c}", "${env:HOME}", "$${workspaceFolder}/y", "#))
    #expect(manifest.text.contains(#"command: "${env:HOME}/x""#))
    #expect(manifest.text.contains(##""$${input:key}", "$1"]"##))
    #expect(
      manifest.notes.contains("'${input:key}' has no counterpart; replace it in the manifest"))
  }

  @Test func `names are made legal and free`() {
    let server = FoundServer(name: "my server / é and a name that is much too long", command: "x")
    let first = ServerManifest(server)
    #expect(first.name.utf8.count == 32 && first.name.hasPrefix("my_server___"))
    let second = ServerManifest(server, taken: [first.name])
    #expect(second.name.hasSuffix("-2") && second.name.utf8.count <= 32)
  }
}
