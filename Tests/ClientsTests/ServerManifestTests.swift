import Clients
import Testing

/// Manifests that are made of servers.
@Suite struct ServerManifestTests {
  private func process(
    _ name: String, _ command: FoundText, _ arguments: [FoundText] = [],
    environment: [FoundServer.Variable] = []
  ) -> FoundServer {
    var launch = FoundServer.Launch(command: command, arguments: arguments)
    launch.environment = environment
    return FoundServer(name: name, .process(launch))
  }

  @Test func `what is secret goes into a file, and the rest stays`() throws {
    let server = process(
      "hub", "npx", ["-y", "x"],
      environment: [
        .init(name: "HUB_TOKEN", value: "t0ken"), .init(name: "MODE", value: "fast"),
        .init(name: "API_KEY", value: .ofClient("${env:API_KEY}")),
        .init(name: "KEYBOARD", value: "de"),
      ])
    let manifest = try ServerManifest(server)
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

  @Test func `references of other programs become ours, or are noted`() throws {
    let words = [
      "${env:A}", "${B:-c}", "${userHome}", "${workspaceFolder}/y", "${input:key}", "$1", "${",
      "$${x", "${1}",
    ]
    let server = process("a", .ofClient("${HOME}/x"), words.map { .ofClient($0) })
    let manifest = try ServerManifest(server)
    #expect(
      manifest.text.contains(
        #"args: ["${env:A}", "${env:B:-c}", "${env:HOME}", "$${workspaceFolder}/y", "#))
    #expect(manifest.text.contains(#"command: "${env:HOME}/x""#))
    #expect(manifest.text.contains(##""$${input:key}", "$1", "$${", "$$${x", "$${1}"]"##))
    #expect(
      manifest.notes.contains("'${input:key}' has no counterpart; replace it in the manifest"))
    #expect(throws: LeftServer.self) { try ServerManifest(process("a", .ofClient("$${X}"))) }
  }

  @Test func `names are made legal and free`() throws {
    let server = FoundServer(name: "my server / é and a name that is much too long", command: "x")
    let first = try ServerManifest(server)
    #expect(first.name.utf8.count == 32 && first.name.hasPrefix("my_server___"))
    let second = try ServerManifest(server, taken: [first.name])
    #expect(second.name.hasSuffix("-2") && second.name.utf8.count <= 32)
    // Names that differ in case only are one name.
    #expect(
      try ServerManifest(FoundServer(name: "Time", command: "x"), taken: ["tIME"]).name == "Time-2")
    #expect(try ServerManifest(FoundServer(name: "tools", command: "x")).name == "server-tools")
    #expect(try ServerManifest(FoundServer(name: "", command: "x")).name == "server")
  }

  @Test func `no name and no value can write another line of the manifest`() throws {
    let server = process(
      "a", "x\n  start: eager", ["\"]\nenabled: false"],
      environment: [.init(name: "A: b\nC", value: "\nD: e")])
    let text = try ServerManifest(server).text
    #expect(text.split(separator: "\n").count == 6, "\(text)")
  }

  @Test func `credentials of a remote server are secrets, and the gateway's headers are its own`()
    throws
  {
    var endpoint = FoundServer.Endpoint(url: "https://h.example/mcp?api_key=1")
    endpoint.headers = [
      .init(name: "authorization", value: "bearer abc"), .init(name: "Cookie", value: "c=1"),
      .init(name: "X-Team", value: "core"), .init(name: "Mcp-Session-Id", value: "1"),
      .init(name: "X-Token", value: .ofClient("${env:T}")),
    ]
    let manifest = try ServerManifest(FoundServer(name: "hub", .remote(endpoint)))
    #expect(
      manifest.text == """
        service: hub
        http:
          url: "https://h.example/mcp?api_key=1"
          headers:
            "Cookie": "${secret:hub-Cookie}"
            "X-Team": "core"
            "X-Token": "${env:T}"
          auth: {bearer: "${secret:hub-bearer}"}

        """)
    #expect(
      manifest.secrets == [
        .init(name: "hub-bearer", value: "abc"), .init(name: "hub-Cookie", value: "c=1"),
      ])
    #expect(
      manifest.notes == [
        "the URL seems to hold a key; it stands in the manifest as it is",
        "the header 'Mcp-Session-Id' is left out: the gateway writes it",
      ])
    #expect(!manifest.mayWantLogin && manifest.isRemote)
  }

  @Test func `a secret that would stand in a command line is refused, a plain one is told of`()
    throws
  {
    var asked = process("a", "x", [.ofClient("${input:key}", inputs: ["key"])])
    var question = Question("key")
    question.isSecret = true
    asked.questions = [question]
    let error = #expect(throws: LeftServer.self) {
      try ServerManifest(asked, answers: ["key": ["k"]])
    }
    #expect(error?.why.contains("for all to see") == true)
    let open = try ServerManifest(process("a", "x", ["--api-key", "k", "--verbose"]))
    #expect(
      open.notes == ["the value of '--api-key' stands in the command line, where 'ps' shows it"])
  }

  @Test func `answers are text, whatever they hold`() throws {
    var server = process("a", "x", [.ofClient("${input:t}", inputs: ["t"])])
    server.questions = [Question("t")]
    let manifest = try ServerManifest(server, answers: ["t": ["${env:HOME}"]])
    #expect(manifest.text.contains(#"args: ["$${env:HOME}"]"#))
    #expect(manifest.line == "x '${env:HOME}'")
  }
}
