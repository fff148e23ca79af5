import CommandTesting
import Glibc
import Harness
import TestSupport
import Testing

/// `switchyard add`.
@Suite struct AddTests {
  @Test func `a command line becomes a manifest, after it was shown and agreed to`() throws {
    let home = try DemoHome()
    let words = ["add", "echo", "--env", "MY_TOKEN=s3cret", "--", "/bin/cat", "a b"]
    let unheard = try CommandRun(words, environment: home.environment)
    #expect(unheard.code == 1 && unheard.errors.contains("nobody answered; --yes does not ask"))
    let refused = try CommandRun(words, environment: home.environment, input: "n\n")
    #expect(refused.code == 1)
    #expect(refused.output.contains("runs       /bin/cat 'a b'\n  variables  MY_TOKEN\n"))
    #expect(!refused.output.contains("s3cret"))
    #expect(home.folder.read(".config/switchyard/manifests/echo.yaml") == "")
    let agreed = try CommandRun(words, environment: home.environment, input: "y\n")
    #expect(agreed.code == 0, "\(agreed.errors)")
    let manifest = home.folder.read(".config/switchyard/manifests/echo.yaml")
    #expect(manifest.contains(#"MY_TOKEN: "${secret:echo-MY_TOKEN}""#))
    #expect(home.folder.read(".config/switchyard/secrets/echo-MY_TOKEN") == "s3cret\n")
    var status = stat()
    #expect(stat(home.configuration + "/secrets/echo-MY_TOKEN", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    #expect(try home.run("check").output.hasSuffix("2 of 2 services ready\n"))
  }

  @Test func `a client's twenty servers become manifests that are all right`() throws {
    let home = try DemoHome()
    let entries = (0..<20).map { number in
      "\"server \(number)\": {\"command\": \"/bin/cat\", \"env\": {\"API_KEY\": \"k\(number)\"}}"
    }
    try home.folder.write(
      "{\"mcpServers\": {\(entries.joined(separator: ", "))}}", to: "client.json")
    let run = try home.run("add", "--from", home.folder.path + "/client.json", "--yes")
    #expect(run.code == 0, "\(run.errors)")
    #expect(try home.run("check").output.hasSuffix("21 of 21 services ready\n"))
    #expect(home.folder.read(".config/switchyard/secrets/server_7-API_KEY") == "k7\n")
  }

  @Test func `some of a file, and what cannot be taken over`() throws {
    let home = try DemoHome()
    try home.folder.write(
      """
      {"servers": {"one": {"command": "/bin/cat"}, "two": {"command": "/bin/cat"},
       "far": {"type": "http", "url": "https://example.com/mcp"}, "odd": {"type": "ws"}}}
      """, to: "mcp.json")
    let file = home.folder.path + "/mcp.json"
    let run = try home.run("add", "two", "far", "odd", file, "--yes")
    #expect(run.code == 1)
    #expect(run.errors.contains("'odd' is left out: it has neither a command nor a URL"))
    #expect(run.output.contains("far\n  reaches    https://example.com/mcp\n"))
    #expect(run.output.hasSuffix("If it wants a login: switchyard login far\n"))
    #expect(try home.run("check").output.hasSuffix("3 of 3 services ready\n"))
    // What is there to the letter is not added again.
    let again = try home.run("add", "two", "far", "--from", file)
    #expect(again.code == 0 && again.output.contains("is there already, just so"))
    #expect(!again.output.contains("wrote"))
    let missing = try home.run("add", "three", "--from", file, "--yes")
    #expect(missing.code == 1 && missing.errors.contains("has no server 'three'"))
    try home.folder.write("{\"a\": 1}", to: "other.json")
    #expect(try home.run("add", home.folder.path + "/other.json").code == 1)
    #expect(try home.run("add", home.folder.path + "/nothing.json").code == 1)
  }

  @Test func `a URL becomes a manifest, its token a secret`() throws {
    let home = try DemoHome()
    let run = try home.run(
      "add", "https://mcp.hub.example/mcp", "--header", "X-Team=core", "--header", "X-Key=k3y",
      "--bearer", "-", "--transport", "sse", "--yes", input: "t0ken\n")
    #expect(run.code == 0, "\(run.errors)")
    #expect(!run.output.contains("t0ken") && !run.output.contains("k3y"))
    #expect(run.output.contains("  headers    X-Team X-Key Authorization\n"))
    #expect(!run.output.contains("login"))
    #expect(
      home.folder.read(".config/switchyard/manifests/hub.yaml") == """
        service: hub
        http:
          url: "https://mcp.hub.example/mcp"
          headers:
            "X-Team": "core"
            "X-Key": "${secret:hub-X-Key}"
          auth: {bearer: "${secret:hub-bearer}"}
          protocol: sse

        """)
    #expect(home.folder.read(".config/switchyard/secrets/hub-bearer") == "t0ken\n")
    #expect(try home.run("check").output.hasSuffix("2 of 2 services ready\n"))
  }

  @Test(arguments: [
    ("https://mcp.linear.app/mcp", "linear"), ("https://www.example.co.uk", "example"),
    ("http://localhost:8080/x", "localhost"), ("http://127.0.0.1:8080/x", "server"),
    ("https://me@api.hub.example:8443?x=1", "hub"), ("http://[::1]/mcp", "server"),
  ]) func `a URL without a name gets one`(url: String, name: String) throws {
    let home = try DemoHome()
    let run = try home.run("add", url)
    #expect(run.output.hasPrefix(name + "\n  reaches "), "\(run.output)")
    #expect(home.folder.read(".config/switchyard/manifests/\(name).yaml") == "")
  }

  @Test func `a manifest that would not be served is told before it is written`() throws {
    let home = try DemoHome()
    let odd = try home.run("add", "odd", "https://h.example/mcp#part")
    #expect(odd.code == 1)
    #expect(odd.output.contains("  problem    'http.url'"), "\(odd.output)")
    let missing = try home.run("add", "gone", "--", "no-such-command-here")
    #expect(missing.output.contains("  warning    the command 'no-such-command-here' is not in"))
    #expect(!home.folder.read(".config/switchyard/manifests/gone.yaml").contains("gone"))
  }

  @Test(arguments: [
    ["add"], ["add", "a"], ["add", "a", "b", "https://h.example"], ["add", "a", "--env", "A=b"],
    ["add", "https://h.example", "--env", "A=b"], ["add", "https://h.example", "--header", "x"],
    ["add", "https://h.example", "--bearer", ""], ["add", "a", "--header", "A=b", "--", "x"],
    ["add", "https://h.example", "--set", "A=b"], ["add", "x.json", "--env", "A=b"],
  ]) func `words that mean nothing are refused`(words: [String]) throws {
    let home = try DemoHome()
    let run = try CommandRun(words, environment: home.environment, input: "y\n")
    #expect(run.code == 2, "\(run.errors)")
  }

  @Test func `what a registry's server asks for is given with --set`() throws {
    let home = try DemoHome()
    try home.folder.write(
      """
      {"name": "io.x/notes", "packages": [{"registryType": "npm", "identifier": "notes",
       "packageArguments": [{"type": "positional", "valueHint": "folder", "isRequired": true}],
       "environmentVariables": [{"name": "KEY", "isSecret": true, "isRequired": true},
                                {"name": "MODE", "choices": ["a", "b"], "default": "a"}]}]}
      """, to: "server.json")
    let file = home.folder.path + "/server.json"
    let missing = try home.run("add", file, "--yes")
    #expect(missing.code == 1)
    #expect(missing.errors.contains("it wants 'folder': give it with --set 'folder=VALUE'"))
    let wrong = try home.run("add", file, "--yes", "--set", "folder=/x", "--set", "MODE=c")
    #expect(wrong.code == 1 && wrong.errors.contains("'MODE' must be one of a, b"))
    let run = try home.run("add", file, "--yes", "--set", "folder=/x y", "--set", "KEY=k")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output.contains("  runs       npx -y notes '/x y'\n"))
    #expect(home.folder.read(".config/switchyard/secrets/notes-KEY") == "k\n")
    #expect(home.folder.read(".config/switchyard/manifests/notes.yaml").contains("MODE: \"a\""))
  }

  @Test func `what is relative is looked for where the person is, or in the project`() throws {
    let home = try DemoHome()
    try home.folder.write("#!/bin/sh\n", to: "work/run", mode: 0o700)
    let here = try CommandRun(
      ["add", "mine", "--", "./run", "--in=."], environment: home.environment,
      directory: home.folder.path + "/work")
    let place = home.folder.path + "/work"
    #expect(
      here.output.hasPrefix("mine\n  runs       \(place)/run --in=.\n  in         \(place)\nWrite"),
      "\(here.output)")
    try home.folder.write(
      """
      {"servers": {
        "a": {"command": "./run", "args": ["${workspaceFolder}/x"]},
        "b": {"command": "cat", "cwd": "gone"}}}
      """, to: "work/.vscode/mcp.json")
    let file = place + "/.vscode/mcp.json"
    let project = try home.run("add", file, "--yes")
    #expect(
      project.output.hasPrefix("a\n  runs       \(place)/run \(place)/x\n  in         \(place)\n"))
    #expect(
      project.output.contains("  in         \(place)/gone\n  warning    the folder '\(place)/gone'")
    )
    // A person's own configuration does not say where its client runs.
    try home.folder.write(
      #"{"mcpServers": {"c": {"command": "./run", "disabled": true}}}"#, to: ".cursor/mcp.json")
    let own = try home.run("add", home.folder.path + "/.cursor/mcp.json", "--yes")
    #expect(
      own.output.contains(
        "  note       './run' is relative to where the client ran it, which the file does not tell")
    )
    #expect(
      own.output.contains("  note       it is off there and will be here ('enabled: false')\n"))
  }
}
