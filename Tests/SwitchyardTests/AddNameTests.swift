import CommandTesting
import Harness
import TestSupport
import Testing

/// `switchyard add` where something of that name is there already.
@Suite struct AddNameTests {
  private let home: DemoHome

  init() throws { home = try DemoHome() }

  private func manifest(_ name: String) -> String {
    home.folder.read(".config/switchyard/manifests/\(name).yaml")
  }

  private func secret(_ name: String) -> String {
    home.folder.read(".config/switchyard/secrets/\(name)")
  }

  @Test func `the very same server is not added again, and that is said`() throws {
    let words = ["add", "echo", "--env", "MY_TOKEN=s3cret", "--yes", "--", "/bin/cat", "a b"]
    #expect(try CommandRun(words, environment: home.environment).code == 0)
    let again = try CommandRun(words, environment: home.environment)
    #expect(again.code == 0, "\(again.errors)")
    #expect(again.output.contains("echo\n  runs       /bin/cat 'a b'\n"))
    #expect(again.output.contains("  note       is there already, just so\n"))
    #expect(again.output.hasSuffix("Nothing was written: all of it is there.\n"))
    #expect(manifest("echo-2") == "")
    // With another secret it is another one.
    let other = try home.run(
      "add", "echo", "--env", "MY_TOKEN=other", "--yes", "--", "/bin/cat", "a b")
    #expect(other.output.contains("wrote \(home.configuration)/manifests/echo-2.yaml\n"))
    #expect(secret("echo-MY_TOKEN") == "s3cret\n" && secret("echo-2-MY_TOKEN") == "other\n")
    // And that one is there under its number from then on.
    let numbered = try home.run(
      "add", "echo", "--env", "MY_TOKEN=other", "--yes", "--", "/bin/cat", "a b")
    #expect(numbered.output.hasPrefix("echo-2\n"), "\(numbered.output)")
    #expect(numbered.output.contains("  note       is there already, just so\n"))
    #expect(manifest("echo-3") == "")
  }

  @Test func `a name that is taken is told, with the name that was chosen and what can be done`()
    throws
  {
    let run = try home.run("add", "demo", "--yes", "--", "/bin/cat")
    #expect(run.code == 0, "\(run.errors)")
    #expect(
      run.output == """
        demo-2
          runs       /bin/cat
          note       there is another service 'demo', so that this one is 'demo-2'; --name gives it another name, --replace puts it in the place of that one
        wrote \(home.configuration)/manifests/demo-2.yaml

        """)
    #expect(manifest("demo").contains("For tests."))
    let named = try home.run("add", "demo", "--name", "mine", "--yes", "--", "/bin/cat")
    #expect(named.output.hasPrefix("mine\n") && !named.output.contains("note"), "\(named.output)")
    #expect(manifest("mine").hasPrefix("service: mine\n"))
  }

  @Test func `what cannot be a name is told`() throws {
    let run = try home.run("add", "my server", "--", "/bin/cat")
    #expect(
      run.output.contains(
        "  note       'my server' cannot be the name of a service; 'my_server' can"))
  }

  @Test func `--replace puts a server and its secrets in the place of the one that is there`()
    throws
  {
    let first = ["--env", "A_KEY=1", "--env", "B_KEY=2", "--yes", "--", "/bin/cat"]
    #expect(try CommandRun(["add", "echo"] + first, environment: home.environment).code == 0)
    let words = ["add", "echo", "--replace", "--env", "A_KEY=3", "--", "/bin/cat", "new"]
    let refused = try CommandRun(words, environment: home.environment, input: "n\n")
    #expect(refused.code == 1 && secret("echo-A_KEY") == "1\n")
    let agreed = try CommandRun(words, environment: home.environment, input: "y\n")
    #expect(agreed.code == 0, "\(agreed.errors)")
    #expect(
      agreed.output.contains("  note       takes the place of the service 'echo' that is there\n"))
    #expect(agreed.output.contains("  note       'secrets/echo-B_KEY' is not needed any more\n"))
    #expect(agreed.output.hasSuffix("replaced \(home.configuration)/manifests/echo.yaml\n"))
    #expect(manifest("echo").contains("\"new\"") && secret("echo-A_KEY") == "3\n")
    #expect(manifest("echo-2") == "")
    #expect(try home.run("check").output.hasSuffix("2 of 2 services ready\n"))
    #expect(!home.folder.holds(".config/switchyard/manifests/echo.yaml.new"))
  }

  @Test func `two servers of one file never replace each other`() throws {
    try home.folder.write(
      #"{"mcpServers": {"a b": {"command": "/bin/cat"}, "a_b": {"command": "/bin/ls"}}}"#,
      to: "mcp.json")
    let run = try home.run("add", home.folder.path + "/mcp.json", "--replace", "--yes")
    #expect(run.code == 0, "\(run.errors)")
    #expect(manifest("a_b").contains("/bin/cat") && manifest("a_b-2").contains("/bin/ls"))
    let again = try home.run("add", home.folder.path + "/mcp.json")
    #expect(again.output.hasSuffix("Nothing was written: all of it is there.\n"), "\(again.output)")
    let named = try home.run("add", home.folder.path + "/mcp.json", "--name", "x", "--yes")
    #expect(named.code == 2 && named.errors.contains("--name is for one server"))
    let one = try home.run("add", "a b", home.folder.path + "/mcp.json", "--name", "x", "--yes")
    #expect(one.code == 0 && manifest("x").contains("/bin/cat"), "\(one.errors)")
  }
}
