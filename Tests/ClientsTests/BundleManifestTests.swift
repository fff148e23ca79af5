import Clients
import Testing

/// `manifest.json` of MCP bundles.
@Suite struct BundleManifestTests {
  private let places = BundleManifest.Places(root: "/b/files", home: "/home/me")

  private func server(_ text: String) throws -> FoundServer {
    try BundleManifest(parsing: Array(text.utf8)).server(at: places)
  }

  /// A manifest with `server` and more.
  private func text(_ server: String, _ more: String = "") -> String {
    #"{"manifest_version": "0.3", "name": "files", "version": "1.0.0", "server": \#(server)\#(more)}"#
  }

  @Test func `a node server with what it asks for`() throws {
    let server = try server(
      text(
        """
        {"type": "node", "entry_point": "server/index.js", "mcp_config": {"command": "node",
          "args": ["${__dirname}/server/index.js", "${user_config.dirs}", "--max=${user_config.max}",
                   "${user_config.extra}"],
          "env": {"API_KEY": "${user_config.key}", "AT": "${HOME}${/}x", "W": "${user_config.w}"}}}
        """,
        """
        , "description": "Reads files.", "user_config": {
          "dirs": {"type": "directory", "title": "Files", "multiple": true, "required": true,
                   "default": ["${DOCUMENTS}"]},
          "max": {"type": "number", "default": 10, "min": 1, "max": 100},
          "key": {"type": "string", "sensitive": true, "required": true},
          "extra": {"type": "string"}, "w": {"type": "boolean", "default": true}},
         "compatibility": {"platforms": ["linux", "darwin"], "runtimes": {"node": ">=16"}},
         "prompts": [{"name": "p", "text": "t"}]
        """))
    let plain = try ServerManifest(server)
    #expect(
      plain.text == """
        service: files
        description: "Reads files."
        process:
          command: "node"
          args: ["/b/files/server/index.js", "/home/me/Documents", "--max=10"]
          directory: "/b/files"
          env:
            API_KEY: "${secret:files-key}"
            "AT": "/home/me/x"
            "W": "true"

        """)
    #expect(
      plain.notes == [
        "it needs node >=16", "its 1 prompts are served only if the server offers them itself",
        "write the value of 'secrets/files-key' yourself, mode 0600",
      ])
    let answers = ["dirs": ["/a", "/b c"], "key": ["s"], "max": ["5"], "extra": ["e"]]
    let answered = try ServerManifest(server, answers: answers)
    #expect(
      answered.line == "node /b/files/server/index.js /a '/b c' --max=5 e")
    #expect(answered.secrets == [.init(name: "files-key", value: "s")])
    #expect(server.questions[1].complaint(about: ["101"]) == "must not be above 100.0")
    #expect(server.questions[1].complaint(about: ["1", "2"]) == "takes one value")
  }

  @Test func `what is said for this system comes in the place of the rest`() throws {
    let server = try server(
      text(
        """
        {"type": "binary", "entry_point": "bin/run", "mcp_config": {"command": "bin/run",
          "args": ["a"], "env": {"A": "1", "B": "1"}, "platform_overrides": {
            "win32": {"command": "bin/run.exe"},
            "linux": {"command": "bin/run-linux", "args": ["b"], "env": {"B": "2"}}}}}
        """))
    guard case .process(let launch) = server.way else { throw LeftServer(name: "", why: "") }
    #expect(launch.command == "/b/files/bin/run-linux")
    #expect(launch.arguments == ["b"])
    #expect(launch.environment.map(\.name) == ["A", "B"])
    #expect(launch.environment.map(\.value) == ["1", "2"])
    #expect(launch.directory == "/b/files")
  }

  @Test(arguments: [
    ("node", "node /b/files/s.x"), ("python", "python3 /b/files/s.x"), ("binary", "/b/files/s.x"),
    ("uv", "uv run --directory /b/files s.x"),
  ]) func `a bundle that says no command is run as its type is`(kind: String, line: String) throws {
    let server = try server(text(#"{"type": "\#(kind)", "entry_point": "s.x"}"#))
    #expect(try ServerManifest(server).line == line)
  }

  @Test(arguments: [
    ("{", "it is not JSON"), ("{}", "no 'name'"),
    (#"{"name": "a", "version": "1", "server": {"type": "node"}}"#, "no 'manifest_version'"),
    (#"{"name": "a", "dxt_version": "0.1", "server": {"type": "node"}}"#, "no 'version'"),
    (#"{"name": "a", "dxt_version": "0.1", "version": "1"}"#, "no 'server.type'"),
    (
      #"{"name": "a", "dxt_version": "0.1", "version": "1", "server": {"type": "ruby"}}"#,
      "of the type 'ruby'"
    ),
    (
      #"{"name": "a", "dxt_version": "0.1", "version": "1", "server": {"type": "node"}}"#,
      "neither a command nor an entry point"
    ),
    (
      #"{"name": "a", "dxt_version": "0.1", "version": "1", "compatibility": {"platforms": "#
        + #"["win32"]}, "server": {"type": "node", "entry_point": "x"}}"#,
      "it runs on win32, not on linux"
    ),
    (
      #"{"name": "a", "dxt_version": "0.1", "version": "1", "server": {"type": "node", "#
        + #""entry_point": "a/../../x"}}"#,
      "lies outside the bundle"
    ),
    (
      #"{"name": "a", "dxt_version": "0.1", "version": "1", "server": {"type": "node", "#
        + #""mcp_config": {"command": "x", "args": ["${user_config.no}"]}}}"#,
      "it uses 'user_config.no', which it does not describe"
    ),
  ]) func `a bundle that cannot be taken is refused with the reason`(
    text: String, why: String
  ) {
    let error = #expect(throws: LeftServer.self) { try server(text) }
    #expect(error?.why.contains(why) == true, "\(error?.why ?? "")")
  }
}
