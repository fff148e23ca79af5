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
    // The same name again is another service.
    let again = try CommandRun(words + [], environment: home.environment, input: "y\n")
    #expect(again.output.contains("manifests/echo-2.yaml"), "\(again.errors)")
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
       "far": {"type": "http", "url": "https://example.com"}}}
      """, to: "mcp.json")
    let file = home.folder.path + "/mcp.json"
    let run = try home.run("add", "two", "far", "--from", file, "--yes")
    #expect(run.code == 1)
    #expect(run.errors.contains("'far' is left out: it is at the URL https://example.com"))
    #expect(try home.run("check").output.hasSuffix("2 of 2 services ready\n"))
    let missing = try home.run("add", "three", "--from", file, "--yes")
    #expect(missing.code == 1 && missing.errors.contains("has no server 'three'"))
    try home.folder.write("{\"a\": 1}", to: "other.json")
    #expect(try home.run("add", "--from", home.folder.path + "/other.json").code == 1)
  }
}
